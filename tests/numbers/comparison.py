"""How far two records of numbers lie apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from din_core.domain import DinLensError
from tests.numbers.recording import IMPRESSION, Record


@dataclass(frozen=True, slots=True)
class Difference:
    """One quantity of one checkpoint."""

    checkpoint: str
    quantity: str
    largest: float
    """Largest absolute difference: inf where a number stands against none or NaN; NaN against NaN is 0."""
    note: str
    """How many numbers were compared, or why they cannot be."""


def differences(before: Record, after: Record) -> list[Difference]:
    """One for each quantity of either record; DinLensError where they are of different impressions."""
    for name in IMPRESSION:
        if not np.array_equal(before[name], after[name]):
            raise DinLensError(
                "The records are of different impressions ({n:,} and {m:,}; {name} differs), so that their numbers "
                "cannot be compared; record both with one store, --impressions and --seed",
                n=len(before[name]),
                m=len(after[name]),
                name=name,
            )
    names = dict.fromkeys([*before, *after])
    return [_difference(name, before.get(name), after.get(name)) for name in names if name not in IMPRESSION]


def table(found: Sequence[Difference], tolerance: float) -> str:
    """One line a quantity, and a last one that says whether any moved."""
    head = f"{'checkpoint':16} {'quantity':12} {'largest difference':>18}"
    moved = [one for one in found if one.largest > tolerance]
    lines = [
        f"{one.checkpoint:16} {one.quantity:12} {one.largest:18.2e}  {one.note}{'  ← moved' * (one in moved)}"
        for one in found
    ]
    end = f"{len(moved)} of {len(found)} quantities moved by more than {tolerance:g}"
    return "\n".join([head, *lines, end])


def _difference(name: str, before: NDArray[Any] | None, after: NDArray[Any] | None) -> Difference:
    checkpoint, _, quantity = name.rpartition("/")
    if before is None or after is None:
        return Difference(checkpoint, quantity, np.inf, f"only {'after' if before is None else 'before'}")
    if before.shape != after.shape:
        return Difference(checkpoint, quantity, np.inf, f"shape {before.shape} before, {after.shape} after")
    return Difference(checkpoint, quantity, _largest(before, after), f"{before.size:,} numbers")


def _largest(before: NDArray[Any], after: NDArray[Any]) -> float:
    x, y = before.astype(np.float64), after.astype(np.float64)
    same = (x == y) | (np.isnan(x) & np.isnan(y))
    with np.errstate(invalid="ignore"):
        gap = np.where(same, 0.0, np.abs(x - y))
    return float(np.nan_to_num(gap, nan=np.inf, posinf=np.inf).max(initial=0.0))
