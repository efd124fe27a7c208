"""The checks every metric makes of its input."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from din_core.domain import DinLensError

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class MetricError(DinLensError, ValueError):
    """Labels, scores or users for which a metric has no value."""


def one_dimensional(name: str, values: ArrayLike) -> NDArray[Any]:
    """`values` as an array of shape (N,), N > 0; MetricError otherwise."""
    array = np.asarray(values)
    if array.ndim != 1 or not len(array):
        raise MetricError(f"{name} has shape {array.shape}; give one value a row, at least one row.")
    return array


def same_length(**arrays: NDArray[Any]) -> None:
    """MetricError unless all arrays have one length."""
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise MetricError(f"lengths differ ({listed} rows); give every array one value a row.")


def labels(values: ArrayLike) -> Bools:
    """Labels 0 and 1 as booleans, (N,); MetricError names the first other value."""
    array = one_dimensional("label", values)
    positive: Bools = np.asarray(array == 1, dtype=bool)
    wrong = np.flatnonzero(~positive & (array != 0))
    if len(wrong):
        raise MetricError(f"label is {array[wrong[0]]} in row {wrong[0]}; labels are 0 or 1.")
    return positive


def scores(name: str, values: ArrayLike) -> NDArray[Any]:
    """Numbers without NaN, (N,), in their own precision: rounding could make or break ties."""
    array = one_dimensional(name, values)
    if array.dtype.kind not in "biuf":
        raise MetricError(f"{name} has type {array.dtype}; give numbers.")
    if np.isnan(array).any():
        raise MetricError(f"{name} is NaN in row {np.isnan(array).argmax()}; give a number in every row.")
    return array


def probabilities(values: ArrayLike) -> Floats:
    """Numbers from 0 to 1, (N,), as float64."""
    array = scores("probability", values).astype(np.float64)
    wrong = np.flatnonzero((array < 0) | (array > 1))
    if len(wrong):
        value, row = array[wrong[0]], wrong[0]
        raise MetricError(f"probability is {value:g} in row {row}, outside 0 to 1; give no logits.")
    return array


def user_codes(values: ArrayLike) -> tuple[Ints, int]:
    """Users as codes 0 … U-1, (N,), and U.

    Ids may be integers or strings; MetricError where one is missing (None or NaN).
    """
    array = one_dimensional("user", values)
    if array.dtype.kind in "iu" and (span := int(array.max()) - int(array.min()) + 1) <= 4 * len(array):
        # Differences modulo 2⁶⁴ are exact whatever the width and sign of the ids.
        shifted = (array.astype(np.uint64) - array.min().astype(np.uint64)).astype(np.int64)
        present = np.zeros(span, dtype=bool)
        present[shifted] = True
        return (np.cumsum(present) - 1)[shifted], int(present.sum())  # no sort: ids lie close together
    if array.dtype == object:  # sorting millions of Python strings would take minutes
        seen: dict[object, int] = {}
        codes = np.fromiter((seen.setdefault(user, len(seen)) for user in array), np.int64, len(array))
        distinct = np.array(list(seen), dtype=object)
    else:
        distinct, inverse = np.unique(array, return_inverse=True)
        codes = inverse.astype(np.int64)
    missing = [code for code, user in enumerate(distinct.tolist()) if user is None or user != user]
    if missing:
        raise MetricError(f"user is missing in row {(codes == missing[0]).argmax()}; give one in every row.")
    return codes, len(distinct)
