"""One embedded field of a model, as `config.json` holds it."""

from __future__ import annotations

from dataclasses import dataclass

from din_core.domain import CheckpointError
from din_core.domain.translatable import Translatable
from din_core.model.config_limits import is_flag, is_whole


@dataclass(frozen=True, slots=True)
class FieldConfig:
    """One embedded field."""

    name: str
    rows: int
    """Embedding rows; row 0 stands for every unknown or missing value."""
    width: int
    """Embedding width of this field; the widths of all item fields add up to D."""
    several: bool = False
    """Of an item field: an item may have several values, whose mean embedding is read. Users' fields always may."""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise CheckpointError("a field is named {name!r}, but must have a text as its name", name=self.name)
        if not is_flag(self.several):
            raise CheckpointError(
                "the field {field} has {value!r} as its {name}, but must have {limit}; give another value",
                field=self.name,
                value=self.several,
                name="several",
                limit=Translatable("true or false"),
            )
        for name in ("rows", "width"):
            if not is_whole(getattr(self, name)):
                raise CheckpointError(
                    "the field {field} has {value!r} as its {name}, but must have {limit}; give another value",
                    field=self.name,
                    value=getattr(self, name),
                    name=name,
                    limit=Translatable("a whole number of 1 or more"),
                )
