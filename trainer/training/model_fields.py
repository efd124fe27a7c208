"""Which of a store's fields a model reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from din_core.domain import DinLensError
from din_core.model.config import BEHAVIOR_TYPE
from din_core.store import BulkTables

OPTIONS = {"items": "item-fields", "users": "user-fields", "impressions": "context-fields"}
"""By table, the option that names fields."""
_IDS = ("item_id", "user_id")


@dataclass(frozen=True)
class ModelFields:
    """Field names by what they are of; None for all of the store that are fit to be read."""

    items: tuple[str, ...] | None = None
    users: tuple[str, ...] | None = None
    impressions: tuple[str, ...] | None = None
    behaviors: tuple[str, ...] = ()
    """What the activation unit reads of behaviors themselves: their type, or nothing."""

    def chosen(self, bulk: BulkTables, unfit: Mapping[str, Sequence[str]]) -> ModelFields:
        """The names themselves: those given, else all but `unfit` ones. DinLensError when the store lacks one."""
        return ModelFields(
            _chosen("items", self.items, bulk.items.columns, unfit),
            _chosen("users", self.users, bulk.users.columns, unfit),
            _chosen("impressions", self.impressions, bulk.impression_context.columns, unfit),
            self._of_behaviors(bulk),
        )

    def _of_behaviors(self, bulk: BulkTables) -> tuple[str, ...]:
        if self.behaviors and not bulk.behavior_types:
            raise DinLensError(
                f"the store's behaviors have no {BEHAVIOR_TYPE}, so no model can read it; leave it out, or load "
                "behaviors with such a column"
            )
        return self.behaviors


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
