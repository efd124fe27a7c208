"""Field values to embedding rows. Row 0 stands for every value that training did not see often enough."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from din_core.domain import Item

UNKNOWN_ROW = 0


@dataclass(frozen=True)
class FieldVocabulary:
    """One field's known values; `values[i]` has row `i + 1`."""

    values: tuple[str, ...]
    _row: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_row", {value: row for row, value in enumerate(self.values, start=1)})

    @property
    def rows(self) -> int:
        """Embedding rows needed: the known values and the unknown one."""
        return len(self.values) + 1

    def row(self, value: str | None) -> int:
        """The row of `value`; 0 when it is missing or unknown."""
        return UNKNOWN_ROW if value is None else self._row.get(value, UNKNOWN_ROW)

    def rows_of(self, values: Iterable[str | None]) -> list[int]:
        """`row` of each value."""
        get = self._row.get
        return [UNKNOWN_ROW if value is None else get(value, UNKNOWN_ROW) for value in values]


@dataclass(frozen=True)
class Vocabulary:
    """The vocabularies of all fields, by field name. The item itself is the item field `item_id`."""

    item: Mapping[str, FieldVocabulary]
    user: Mapping[str, FieldVocabulary]
    context: Mapping[str, FieldVocabulary]
    behavior: Mapping[str, FieldVocabulary] = field(default_factory=dict)
    """Of behaviors themselves: their type, where the model reads it"""

    def knows(self, item: Item) -> bool:
        """Whether the item has an embedding row of its own: in training it was neither rare nor absent."""
        return self.item["item_id"].row(item.item_id) != UNKNOWN_ROW

    def to_dict(self) -> dict[str, dict[str, Sequence[str]]]:
        """JSON-ready form, the inverse of `from_dict`."""
        groups = {"item": self.item, "user": self.user, "context": self.context}
        groups |= {"behavior": self.behavior} if self.behavior else {}
        return {group: {name: v.values for name, v in fields.items()} for group, fields in groups.items()}

    @classmethod
    def from_dict(cls, raw: Mapping[str, Mapping[str, Sequence[str]]]) -> Vocabulary:
        """Rebuild from `to_dict`; KeyError when a group is missing, but for that of behaviors."""
        item, user, context, behavior = (
            {name: FieldVocabulary(tuple(values)) for name, values in held.items()}
            for held in (raw["item"], raw["user"], raw["context"], raw.get("behavior", {}))
        )
        return cls(item, user, context, behavior)
