"""Impressions of a sample that show what each figure is a mean of: where it is least, middling and most.

The page *Trust* links to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trainer.evaluation.faithfulness.impression_measures import TOP, ImpressionMeasures

Key = tuple[str, str, int, int]
"""user_id, item_id, timestamp and `Impression.nth`."""
KEPT = 24
"""Impressions of each third: a store that holds a part of the users alone, such as the demo's sixth, lacks most."""
LEAST_BEHAVIORS = 2 * TOP
"""A figure of fewer behaviors says little, and is often at an end of its range."""


def examples(
    keys: Sequence[Key], rows: Sequence[ImpressionMeasures], moved: Sequence[float | None]
) -> dict[str, list[dict[str, Any]]]:
    """By figure, of N impressions with their `keys` (N,), `rows` (N,) and the attention that could move (N,)."""
    values: dict[str, Sequence[float | None]] = {
        "tau": [row.figures["tau"] for row in rows],
        "same_sign": [row.figures["same_sign"] for row in rows],
        "covered": [_of_best(row) for row in rows],
        "moved": moved,
    }
    return {name: told(keys, rows, found) for name, found in values.items()}


def told(
    keys: Sequence[Key], rows: Sequence[ImpressionMeasures], values: Sequence[float | None]
) -> list[dict[str, Any]]:
    """The impressions of the KEPT least, middling and largest of `values` (N,), rising; None is left out."""
    known = [(value, n) for n, value in enumerate(values) if value is not None and rows[n].behaviors >= LEAST_BEHAVIORS]
    known.sort()
    most, middle = len(known), max(0, (len(known) - KEPT) // 2)
    places = {*range(KEPT), *range(middle, middle + KEPT), *range(most - KEPT, most)} & set(range(most))
    names = ("user_id", "item_id", "timestamp", "nth")
    return [
        {**dict(zip(names, keys[n], strict=True)), "value": value}
        for value, n in map(known.__getitem__, sorted(places))
    ]


def _of_best(row: ImpressionMeasures) -> float | None:
    """What the largest weights cover, of what the largest effects do."""
    covered, best = row.figures["covered"], row.figures["best_covered"]
    return covered / best if covered is not None and best else None
