"""Which field of the store each of a library's features is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from din_core.domain import DinLensError
from trainer.foreign_checkpoints.foreign_model import ForeignField, Room
from trainer.foreign_checkpoints.value_ids import PADDING, UNKNOWN, Ids

ROOMS: tuple[Room, ...] = ("item", "user", "context")
ITEM_NAMES, USER_NAMES = ("item_id", "item", "iid"), ("user_id", "user", "uid")
"""What is taken for the item and the user themselves where nothing else is said."""


@dataclass(frozen=True)
class FieldMapping:
    """What the user says of features, and the vocabulary."""

    given: Mapping[str, tuple[Room, str]]
    ids: Ids

    def place(self, feature: str, room: Room | None) -> tuple[Room, str]:
        """Where a feature belongs: what is said, else by the library's room for it, else by its name."""
        if feature in self.given:
            own, name = self.given[feature]
            if room == "item" and own != "item":
                raise DinLensError(
                    f"{feature} is mapped to {own}.{name}, but the library reads it of items; map it to item.NAME"
                )
            return own, name
        if feature in USER_NAMES and room != "item":
            return "user", "user_id"
        if room is None:
            raise DinLensError(
                f"nothing says whether the feature {feature} is of users or contexts; give "
                f"--field {feature}=user.{feature} or --field {feature}=context.{feature}"
            )
        return room, "item_id" if room == "item" and feature in ITEM_NAMES else feature

    def field(self, feature: str, room: Room | None, table: Tensor, several: bool = False) -> ForeignField:
        """The feature with its table and known values."""
        own, name = self.place(feature, room)
        if feature not in self.ids:
            raise DinLensError(f"the vocabulary has no values of the feature {feature}; add them to it")
        ids = {value: row for value, row in self.ids[feature].items() if value not in (PADDING, UNKNOWN)}
        unknown = self.ids[feature].get(UNKNOWN, 0)
        most = max([unknown, *ids.values()])
        if most >= len(table):
            raise DinLensError(
                f"the vocabulary gives a value of {feature} the id {most}, but its table has {len(table)} rows; name "
                "the vocabulary that the model was trained with"
            )
        if several and own != "user":
            raise DinLensError(f"{feature} has several values, which a user's field may have; map it to user.{name}")
        return ForeignField(feature, own, name, table, ids, unknown, several)


def parse_mapping(words: Sequence[str], ids: Ids) -> FieldMapping:
    """`FEATURE=ROOM.FIELD` each; DinLensError for other words, or where two features are one field."""
    given: dict[str, tuple[Room, str]] = {}
    for word in words:
        feature, _, target = word.partition("=")
        room, _, name = target.partition(".")
        found = next((own for own in ROOMS if own == room), None)
        if not feature or not name or found is None:
            raise DinLensError(f"--field {word} is not FEATURE=ROOM.FIELD with item, user or context as the room")
        given[feature] = (found, name)
    return FieldMapping(given, ids)


def check_places(fields: Sequence[ForeignField], mapping: FieldMapping) -> None:
    """DinLensError where two features are one field, or a mapped feature is none of the model's."""
    places: dict[tuple[Room, str], str] = {}
    for field in fields:
        before = places.setdefault((field.room, field.name), field.feature)
        if before != field.feature:
            raise DinLensError(
                f"{before} and {field.feature} are both mapped to {field.room}.{field.name}; give one another --field"
            )
    strange = sorted({*mapping.given} - {field.feature for field in fields})
    if strange:
        known = ", ".join(field.feature for field in fields)
        raise DinLensError(f"--field names the feature {strange[0]}, but the model has {known}; leave it out")
