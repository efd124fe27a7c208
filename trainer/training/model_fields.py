"""Which of a store's fields a model reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, replace

from din_core.domain import DinLensError
from din_core.model.config import BEHAVIOR_TYPE
from din_core.model.vocabulary import PRICE
from din_core.store import BulkTables
from trainer.training.fields.numeric_fields import is_numeric

OPTIONS = {"items": "item-fields", "users": "user-fields", "impressions": "context-fields"}
"""By table, the option that names fields."""
_IDS = ("item_id", "user_id")


@dataclass(frozen=True)
class ModelFields:
    """Field names by what they are of; None for all of the store that are fit to be read."""

    items: tuple[str, ...] | None = None
    users: tuple[str, ...] | None = None
    impressions: tuple[str, ...] | None = None
    _: KW_ONLY
    behaviors: tuple[str, ...] = ()
    """What the activation unit reads of behaviors themselves: their type, or nothing."""
    numeric: tuple[str, ...] = ()
    """Of whichever table: read as numbers, whatever they look like."""
    categorical: tuple[str, ...] = ()
    """Read as categories."""

    def __post_init__(self) -> None:
        both = [name for name in self.numeric if name in self.categorical]
        if both:
            raise DinLensError(f"the field {both[0]!r} is in --numeric and in --categorical; name it in one of them")

    def chosen(self, bulk: BulkTables, unfit: Mapping[str, Sequence[str]]) -> ModelFields:
        """The names themselves: those given, else all but `unfit` ones. DinLensError when the store lacks one."""
        asked = {*self.numeric, *self.categorical}
        fit = {table: [name for name in names if name not in asked] for table, names in unfit.items()}
        found = replace(
            self,
            items=_chosen("items", self.items, item_columns(bulk), fit),
            users=_chosen("users", self.users, bulk.users.columns, fit),
            impressions=_chosen("impressions", self.impressions, bulk.impression_context.columns, fit),
            behaviors=self._of_behaviors(bulk),
        )
        read = {*(found.items or ()), *(found.users or ()), *(found.impressions or ())}
        for option in ("numeric", "categorical"):
            for name in getattr(self, option):
                if name not in read:
                    others = ", ".join(sorted(read)) or "none"
                    raise DinLensError(f"--{option} names {name!r}, but the fields that are read are {others}")
        return found

    def reads_number(self, table: str, name: str, values: Iterable[str | None]) -> bool:
        """Whether the field is read as a number; `values` are its different ones."""
        if name in self.categorical:
            return False
        return name in self.numeric or (table, name) == ("items", PRICE) or is_numeric(values)

    def _of_behaviors(self, bulk: BulkTables) -> tuple[str, ...]:
        if self.behaviors and not bulk.behavior_types:
            raise DinLensError(
                f"the store's behaviors have no {BEHAVIOR_TYPE}, so no model can read it; leave it out, or load "
                "behaviors with such a column"
            )
        return self.behaviors


def item_columns(bulk: BulkTables) -> tuple[str, ...]:
    """The item itself and its fields; the price is one where any item has one."""
    return (*bulk.items.columns, *([PRICE] if bulk.item_price is not None and PRICE not in bulk.items else []))


def _chosen(
    table: str, given: tuple[str, ...] | None, columns: Iterable[str], unfit: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    there = [name for name in columns if name not in _IDS]
    if given is None:
        return tuple(name for name in there if name not in unfit.get(table, ()))
    for name in given:
        if name not in there:
            kind, others = OPTIONS[table].removesuffix("-fields"), ", ".join(there) or "none"
            raise DinLensError(f"the store has no {kind} field {name!r}; it has {others}")
    return given


def describe_unfit(unfit: Mapping[str, Sequence[str]], chosen: ModelFields) -> list[str]:
    """A line a table whose fields are left out, with the option that reads them."""
    lines = []
    for table, names in unfit.items():
        left = [name for name in names if name not in (getattr(chosen, table) or ())]
        if left:
            reads = f"--{OPTIONS[table]} names what is read"
            lines.append(f"fields of {table} left out of the model: {', '.join(left)} ({reads})")
    return lines
