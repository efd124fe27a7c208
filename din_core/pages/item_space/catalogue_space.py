"""What the Item space page knows of one model and one catalogue, whoever looks at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from din_core.domain import Item
from din_core.explain import ItemSpace, Plane, Separation, item_space, one_category, plane, separation

if TYPE_CHECKING:
    from din_core.scoring import Scorer


@dataclass(frozen=True, eq=False)
class CatalogueSpace:
    """U embeddings of C items."""

    items: tuple[Item, ...]
    """(C)"""
    place_of: dict[str, int]
    """The embedding of each item, by its id."""
    space: ItemSpace
    plane: Plane
    category: tuple[str | None, ...]
    """(U) None where it is missing, or the items that share the embedding differ"""
    separation: Separation | None

    def items_of(self, embedding: int) -> list[Item]:
        """The items that share an embedding, in the catalogue's order."""
        return [self.items[position] for position in self.space.holders(embedding)]

    def first_of(self, embedding: int) -> Item:
        """The first item of an embedding."""
        return self.items[self.space.first[embedding]]


def catalogue_space(scorer: Scorer, items: Sequence[Item], field: str | None, category: str | None) -> CatalogueSpace:
    """By all fields or one; `category` is the item field whose values are the categories."""
    space = item_space(scorer, items, field)
    categories = [item.first(category) if category else None for item in items]
    place_of = {item.item_id: int(place) for item, place in zip(items, space.place, strict=True)}
    return CatalogueSpace(
        tuple(items),
        place_of,
        space,
        plane(space.vectors),
        tuple(one_category(space, categories)),
        separation(space, categories),
    )
