"""Arrays by name as bytes: the safetensors format, in which nothing is ever pickled. No torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from din_core.domain.results import Floats
from din_core.model.batches.batch_arrays import BatchArrays, MultiRows, Rows, SetRows

AnyArray = NDArray[Any]
OPERATION = "operation"
"""The parameter of the query that names what is asked beside scores."""
BATCH, ADDED = "batch", "added"
"""Of an operation's arrays: the bytes of a batch of one history and one candidate, and how many of its behaviors, the
last ones, are not there but may be."""
MOST_NUMBERS = 2**22
"""Of the changed histories of one request: rows times behaviors, or players."""
MOST_ROWS, MOST_PAIRS = 2**13, 2**22
"""Items of one request, and items times behaviors: what a core scores within a second."""
MOST_POINTS = 2**10
"""Of one request: points of a line, or choices of inputs."""
MOST_ADDED = 2**12
"""Behaviors of a history beyond those that a model reads."""


def array_bytes(arrays: Mapping[str, AnyArray]) -> bytes:
    """All of them as one file of the safetensors format."""
    return save({name: np.ascontiguousarray(array) for name, array in arrays.items()})


def read_arrays(content: bytes) -> dict[str, AnyArray]:
    """What `array_bytes` made; ValueError, in a sentence, for anything else."""
    try:
        return load(content)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"it is not in the safetensors format ({error})") from error


def finite(arrays: Mapping[str, AnyArray], name: str, shape: tuple[int, ...], kind: type = np.float64) -> Floats:
    """The array of that name; ValueError where it is not of this shape and kind, or holds what is no number."""
    found = arrays.get(name)
    if found is None or found.shape != shape or found.dtype != kind or not np.isfinite(found).all():
        precision = "single" if kind is np.float32 else "double"
        raise ValueError(f"{name} is not {shape} finite numbers of {precision} precision")
    return found


def wire_arrays(batch: BatchArrays) -> dict[str, AnyArray]:
    """All that a network reads, by name."""
    arrays = {
        "behavior": batch.behavior,
        "count": batch.count,
        "age": batch.age,
        "behavior_offsets": batch.behavior_offsets,
        "candidate": batch.candidate,
        "candidate_offsets": batch.candidate_offsets,
        "context": batch.context,
    }
    if batch.behavior_type is not None:
        arrays["behavior_type"] = batch.behavior_type
    return arrays | _several("profile", batch.profile) | _several("sets", batch.sets)


def item_arrays(rows: Rows, sets: SetRows) -> dict[str, AnyArray]:
    """Items (n, F) by their rows, and those of the sets that they hold the indices of."""
    own, kept = rows.copy() if sets else rows, list(sets)
    for field, values in enumerate(sets):
        if values is not None:
            used, place = np.unique(np.append(0, rows[:, field]), return_inverse=True)  # set 0 first
            own[:, field], kept[field] = place[1:], values.chosen(used)
    return {"rows": own} | _several("sets", kept)


def _several(name: str, fields: Iterable[MultiRows | None]) -> dict[str, AnyArray]:
    found: dict[str, AnyArray] = {}
    for place, own in enumerate(fields):
        if own is not None:
            found |= {f"{name}.{place}.rows": own.rows, f"{name}.{place}.offsets": own.offsets}
    return found


def text_array(names: tuple[str, ...]) -> AnyArray:
    """Names as bytes, one a line."""
    return np.frombuffer("\n".join(names).encode(), np.uint8)


def read_text(array: AnyArray) -> tuple[str, ...]:
    """What `text_array` made; ValueError for anything else."""
    return tuple(bytes(array.astype(np.uint8)).decode().split("\n"))
