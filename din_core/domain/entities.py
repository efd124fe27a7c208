"""Who acts and what is acted upon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Item:
    """Something that can be a behavior's object or a candidate; both share fields and embeddings."""

    item_id: str
    title: str | None = None
    fields: Mapping[str, str | None] = field(default_factory=dict)
    """Categorical fields by name, such as `category` or `shop`; None where the value is missing."""
    price: float | None = None
    image_url: str | None = None

    @property
    def label(self) -> str:
        """What a person reads: the title, or the id where no title exists."""
        return self.title or self.item_id


@dataclass(frozen=True, slots=True)
class User:
    """A user with profile fields; a multi-valued field holds its values in a tuple."""

    user_id: str
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Profile values by field name; () where nothing is known."""
