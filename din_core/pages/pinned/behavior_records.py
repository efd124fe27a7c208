"""The behaviors of two pinned scenarios as one table: their weights and effects in each."""

from __future__ import annotations

from dataclasses import dataclass

from din_core.domain import Item
from din_core.pages.language.translate import t
from din_core.pages.widgets.record_table.columns import RecordColumn, decimal_column, item_columns, number_column
from din_core.pages.widgets.record_table.record_table import Records
from din_core.sharing.frozen_results import FrozenResults
from din_core.sharing.values import iso


@dataclass
class ItemSums:
    """All behaviors of one item in a scenario."""

    item: Item
    repeats: int = 0
    weight: float = 0.0
    """Σ weight × repeats."""
    effect: float = 0.0
    """Σ of the single behaviors' effects, in logits."""


def behavior_records(first: FrozenResults, second: FrozenResults) -> Records:
    """A row an item of either history, the largest difference of effects first."""
    sums = sums_by_item(first), sums_by_item(second)
    items = {item_id: one.item for found in sums for item_id, one in found.items()}

    def change(item_id: str) -> float:
        effects = [found[item_id].effect if item_id in found else 0.0 for found in sums]
        return effects[1] - effects[0]

    order = sorted(items, key=lambda item_id: (-abs(change(item_id)), item_id))
    columns = item_columns(t("Behavior"), [items[item_id] for item_id in order], name="behavior")
    for name, label, found in zip(("first", "second"), (t("First"), t("Second")), sums, strict=True):
        columns += value_columns(name, label, [found.get(item_id) for item_id in order])
    difference = t("Difference of effects")
    columns.append(decimal_column("effect_difference", difference, [change(item_id) for item_id in order]))
    about = {**about_one("first", first), **about_one("second", second)}
    file = ("pinned", first.user.user_id, second.user.user_id)
    return Records(t("Behavior by behavior"), columns, len(order), about=about, file=file)


def sums_by_item(results: FrozenResults) -> dict[str, ItemSums]:
    """By item id."""
    found: dict[str, ItemSums] = {}
    for behavior, weight, effect in zip(results.behaviors, results.weights, results.effects, strict=True):
        one = found.setdefault(behavior.item.item_id, ItemSums(behavior.item))
        one.repeats += behavior.count
        one.weight += weight
        one.effect += effect
    return found


def value_columns(name: str, label: str, found: list[ItemSums | None]) -> list[RecordColumn]:
    """Of one of the two scenarios; nothing for an item that its history lacks."""
    return [
        number_column(
            f"{name}_repeats",
            t("{label}: repeats", label=label),
            [None if one is None else one.repeats for one in found],
            shown=False,
        ),
        decimal_column(
            f"{name}_weight",
            t("{label}: weight × repeats", label=label),
            [None if one is None else one.weight for one in found],
        ),
        decimal_column(
            f"{name}_effect", t("{label}: effect", label=label), [None if one is None else one.effect for one in found]
        ),
    ]


def about_one(name: str, results: FrozenResults) -> dict[str, str]:
    """What files say of one of the two."""
    return {
        f"{name}_user": results.user.user_id,
        f"{name}_candidate_id": results.candidate.item_id,
        f"{name}_as_of": iso(results.as_of),
        f"{name}_model": results.models[0].link,
        f"{name}_edits": "; ".join(results.edits),
    }
