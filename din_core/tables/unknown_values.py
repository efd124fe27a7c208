"""What a model does not know of a row that it scores: it reads the unknown value's embedding in its place."""

from __future__ import annotations

from collections.abc import Mapping

from din_core.domain import Item, User
from din_core.model.vocabulary import ITEM_ID, VectorItems, Vocabulary, item_value

KEPT = 1 << 16
"""Items and users of which it is kept what is not known."""


class UnknownValues:
    """Names items and values; a value that is missing in the store or the table is none of them."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._of_item: dict[int, tuple[Item, tuple[str, ...]]] = {}
        self._of_user: dict[int, tuple[User, tuple[str, ...]]] = {}

    def names(self, user: User, item: Item, context: Mapping[str, str | None]) -> tuple[str, ...]:
        """Such as `item_id=42`, `category=Tents`, `age=65+`, `display=Top`."""
        users, items = self._of_user, self._of_item
        if id(user) not in users:
            self._make_room(users)
            users[id(user)] = user, self._user(user)
        if id(item) not in items:
            self._make_room(items)
            items[id(item)] = item, self._item(item)
        return (*users[id(user)][1], *items[id(item)][1], *self._context(context))

    @staticmethod
    def _make_room(kept: dict[int, tuple[Item, tuple[str, ...]]] | dict[int, tuple[User, tuple[str, ...]]]) -> None:
        if len(kept) >= KEPT:
            kept.clear()

    def _user(self, user: User) -> tuple[str, ...]:
        return tuple(
            f"{name}={value}"
            for name, own in self.vocabulary.user.items()
            for value in user.fields.get(name, ())
            if not own.row(value)
        )

    def _item(self, item: Item) -> tuple[str, ...]:
        found = [] if self.vocabulary.knows(item) else [f"item_id={item.item_id}"]
        for name, own in self.vocabulary.item.items():
            if name == ITEM_ID or isinstance(own, VectorItems):
                continue
            values = item.values(name) if name in self.vocabulary.several else (item_value(item, name, own),)
            found += [f"{name}={value}" for value in values if value is not None and not own.row(value)]
        return tuple(found)

    def _context(self, context: Mapping[str, str | None]) -> tuple[str, ...]:
        fields = self.vocabulary.context
        return tuple(
            f"{name}={value}"
            for name, value in context.items()
            if value is not None and name in fields and not fields[name].row(value)
        )
