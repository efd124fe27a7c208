"""Who acts and what is acted upon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

USER_ID = "user_id"
"""A profile field that is the user: read by models of other libraries."""
FieldValue = str | tuple[str, ...] | None
"""What an item has in one field: one value, or several in the order given; None where it is missing."""


def values_of(value: FieldValue) -> tuple[str, ...]:
    """The values of a field; () where it is missing."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else value


def value_text(value: FieldValue, between: str = ", ") -> str | None:
    """How a field is written; None where it is missing."""
    return between.join(values_of(value)) or None


@dataclass(frozen=True, slots=True)
class Item:
    """Something that can be a behavior's object or a candidate; both share fields and embeddings."""

    item_id: str
    title: str | None = None
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    """Categorical fields by name, such as `category` or `shop`; a tuple where the field may have several values, such
    as `genres`, and None where the value is missing."""
    price: float | None = None
    image_url: str | None = None

    @property
    def label(self) -> str:
        """What a person reads: the title, or the id where no title exists."""
        return self.title or self.item_id

    def values(self, name: str) -> tuple[str, ...]:
        """The values of one field, in the order given; () where none is known, and of a field that is not there."""
        return values_of(self.fields.get(name))

    def first(self, name: str) -> str | None:
        """The first value of one field: what an item is counted and coloured by where it can have one place only."""
        return next(iter(self.values(name)), None)

    def text(self, name: str) -> str | None:
        """One field as it is written: several values with commas between them; None where none is known."""
        return value_text(self.fields.get(name))


@dataclass(frozen=True, slots=True)
class User:
    """A user with profile fields; a multi-valued field holds its values in a tuple."""

    user_id: str
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Profile values by field name; () where nothing is known."""

    def values(self, name: str) -> tuple[str, ...]:
        """The values of one field; `user_id`, where it is no field, is the user. () for what is not known."""
        own = (self.user_id,) if name == USER_ID else ()
        return self.fields.get(name, own)
