"""DIN Lens: the attention microscope for Deep Interest Network models.

    import din_core
    model = din_core.load("checkpoints/din", "sqlite:///shop.db")
    scores = model.score(rows)                       # a table of users, items and times
    reason = model.explain("u1", "tent-1", "2026-03-05")
    reason.figure()

Importing it is light: torch and the rest are read by the first `load`. See API.md.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from din_core.api import LoadedModel, Reason, load, save_module, save_served

__version__ = "0.1.0"
__all__ = ["LoadedModel", "Reason", "__version__", "load", "save_module", "save_served"]


def __getattr__(name: str) -> Any:
    """What `__all__` names, once it is asked for."""
    if name in __all__:
        from din_core import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
