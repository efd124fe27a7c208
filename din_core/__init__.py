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
    from din_core.api import LoadedModel, Reason, load

__version__ = "0.1.0"
__all__ = ["LoadedModel", "Reason", "__version__", "load"]


def __getattr__(name: str) -> Any:
    """`load`, `LoadedModel` and `Reason` once they are asked for."""
    if name in ("load", "LoadedModel", "Reason"):
        from din_core import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
