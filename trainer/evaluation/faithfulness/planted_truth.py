"""Which behaviors caused a click, where that is known, and how well a ranking finds them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from din_core.domain import DinLensError, Scores
from din_core.domain.results import Floats
from din_core.explain import (
    activation_weights,
    counted_weights,
    gradient_times_input,
    integrated_gradients,
    leave_one_out,
    shapley,
)
from din_core.scoring import Rescorer

Key = tuple[str, str, int]
"""user_id, item_id, timestamp of an impression."""
Truth = Mapping[Key, frozenset[str]]
"""The item ids that caused each click; empty for a click without cause."""
COLUMNS = ("user_id", "item_id", "timestamp", "causes")
SHAPLEY_ROWS = 2**11
"""Coalitions: exact for up to 11 behaviors, beyond that 16 orders and their reverses."""

METHODS: Mapping[str, Callable[[Rescorer, Scores], Floats]] = {
    "activation weight": lambda rescorer, scores: activation_weights(scores).values,
    "weight × count": lambda rescorer, scores: counted_weights(scores).values,
    "|weight × count|": lambda rescorer, scores: abs(counted_weights(scores).values),
    "leave-one-out": lambda rescorer, scores: leave_one_out(rescorer).values,
    "Shapley value": lambda rescorer, scores: shapley(rescorer, row_budget=SHAPLEY_ROWS).values,
    "integrated gradients": lambda rescorer, scores: integrated_gradients(rescorer).values,
    "gradient × input": lambda rescorer, scores: gradient_times_input(rescorer).values,
    "random": lambda rescorer, scores: np.zeros(len(rescorer.behaviors)),
}
"""Name -> a ranking (T,) of behaviors, the likeliest cause first. All alike is a random order."""


def read_truth(path: Path) -> Truth:
    """The truth that `python -m trainer planted` writes; DinLensError for any other file."""
    try:
        frame = pd.read_parquet(path)
    except (pa.ArrowInvalid, FileNotFoundError) as error:
        reason = "is no file" if isinstance(error, FileNotFoundError) else "is no Parquet file"
        raise DinLensError(f"{path} {reason}; give the truth.parquet that `python -m trainer planted` wrote") from None
    missing = [name for name in COLUMNS if name not in frame]
    if missing:
        raise DinLensError(
            f"{path} has no column {missing[0]!r}; give the truth.parquet that `python -m trainer planted` wrote"
        )
    rows = zip(*(frame[name] for name in COLUMNS), strict=True)
    return {(user, item, int(at)): frozenset(causes) for user, item, at, causes in rows}


def precision_at_k(ranking: Floats, cause: NDArray[np.bool_]) -> float:
    """Share of causes among the k largest of `ranking` (T,), k the number of causes, ties in random order."""
    k = int(cause.sum())
    least = np.sort(ranking)[-k]
    above, tied = ranking > least, ranking == least
    places = k - int(above.sum())
    return float(cause[above].sum() + places * cause[tied].mean()) / k


def precision(rescorer: Rescorer, scores: Scores, causes: frozenset[str]) -> dict[str, float] | None:
    """precision@k of each of METHODS; None where there is nothing to find: no cause among the behaviors that the
    model sees, or nothing else.
    """
    cause = np.array([b.item.item_id in causes for b in rescorer.behaviors], dtype=bool)
    if not cause.any() or cause.all():
        return None
    return {name: precision_at_k(ranking(rescorer, scores), cause) for name, ranking in METHODS.items()}
