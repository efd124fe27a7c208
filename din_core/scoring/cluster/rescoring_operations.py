"""What a process of a cluster rescores of its checkpoint, and the limits of what it may be asked.

Dimensions: T behaviors, S changed histories, P players.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping

import numpy as np

from din_core.model.network import InterestNetwork
from din_core.scoring.cluster.arrays import (
    ADDED,
    BATCH,
    MOST_ADDED,
    MOST_NUMBERS,
    MOST_POINTS,
    AnyArray,
    finite,
    text_array,
)
from din_core.scoring.cluster.batch_payload import read_batch
from din_core.scoring.rescoring.rescorer import CountRescorer
from din_core.scoring.rescoring.rescorer_choice import count_rescorers

KEPT_RESCORERS = 32
"""Histories of which what a rescorer needs stays: some hundred kB each."""
Arrays = dict[str, AnyArray]


class KeptRescorers:
    """Of one checkpoint. Safe to share between threads."""

    def __init__(self, network: InterestNetwork, accelerated: InterestNetwork) -> None:
        """`accelerated` is the same network by compiled kernels."""
        self.network, self.accelerated = network, accelerated
        self._rescorers: OrderedDict[bytes, CountRescorer] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, arrays: Mapping[str, AnyArray]) -> CountRescorer:
        """That of the batch, kept until others have taken its place; ValueError for what is none."""
        batch, added = (
            typed_array(arrays, BATCH, 1, "uint8").tobytes(),
            int(typed_array(arrays, ADDED, 1, "int64").sum()),
        )
        key = hashlib.sha256(batch).digest() + added.to_bytes(8, "big", signed=True)
        with self._lock:
            found = self._rescorers.pop(key, None)
        found = found or self._make(batch, added)
        with self._lock:
            self._rescorers[key] = found
            while len(self._rescorers) > KEPT_RESCORERS:
                self._rescorers.popitem(last=False)
        return found

    def _make(self, content: bytes, added: int) -> CountRescorer:
        batch, most = read_batch(content, self.network.config), self.network.config.max_history + MOST_ADDED
        if batch.groups != 1 or len(batch.candidate) != 1:
            raise ValueError(f"it holds {batch.groups} histories and {len(batch.candidate)} candidates; give 1 of each")
        t = len(batch.behavior)
        if not 0 <= added <= t <= most:
            raise ValueError(f"{added} of {t} behaviors are additions, but must be 0 to all of at most {most}")
        count = batch.count.double().numpy().copy()
        count[t - added :] = 0
        return next(count_rescorers(self.network, lambda: self.accelerated, batch, count))


def _opening(rescorer: CountRescorer, _: Mapping[str, AnyArray]) -> Arrays:
    logits = rescorer.leave_one_out_logits()
    return {
        "without": logits.without,
        "full": np.array([logits.full]),
        "empty": np.array([logits.empty]),
        "row_budget": np.array([float(rescorer.row_budget)]),
        "paths": text_array(rescorer.paths),
    }


def _logits(rescorer: CountRescorer, arrays: Mapping[str, AnyArray]) -> Arrays:
    kept, t = _counts(arrays), len(rescorer.count)
    players = typed_array(arrays, "players", 2, "float64") if "players" in arrays else None
    if players is not None:
        finite({"players": players}, "players", (kept.shape[1], t))
    elif kept.shape[1] != t:
        raise ValueError(f"kept is of {kept.shape[1]} behaviors, and the history has {t}")
    if len(kept) > rescorer.row_budget or kept.size > MOST_NUMBERS:
        raise ValueError(
            f"kept is {kept.shape}, but at most {rescorer.row_budget:,} changed histories and {MOST_NUMBERS:,} numbers"
            " may be asked at once"
        )
    return {"logit": rescorer.logits(kept, players)}


def _counts(arrays: Mapping[str, AnyArray]) -> AnyArray:
    """(S, T) or (S, P) as bytes or in double precision."""
    found = typed_array(arrays, "kept", 2, "uint8", "float64").astype(np.float64)
    return finite({"kept": found}, "kept", found.shape)


def _inputs(rescorer: CountRescorer, arrays: Mapping[str, AnyArray]) -> Arrays:
    chosen, paths = typed_array(arrays, "chosen", 2, "uint8"), rescorer.paths
    if chosen.shape[1] != len(paths) or len(chosen) > MOST_POINTS:
        raise ValueError(f"chosen is {chosen.shape}, but must be of {len(paths)} inputs and at most {MOST_POINTS} rows")
    return {"logit": rescorer.logits_with_inputs([dict(zip(paths, row, strict=True)) for row in chosen.astype(bool)])}


def _line(rescorer: CountRescorer, arrays: Mapping[str, AnyArray]) -> Arrays:
    at = typed_array(arrays, "at", 1, "float64")
    if len(at) > MOST_POINTS:
        raise ValueError(f"at holds {len(at):,} points, but at most {MOST_POINTS:,} may be asked at once")
    logit, slope = rescorer.line(finite(arrays, "at", at.shape))
    return {"logit": logit, "slope": slope}


def _path(rescorer: CountRescorer, _: Mapping[str, AnyArray]) -> Arrays:
    attention, states = rescorer.path()
    return {"attention": attention, "states": states}


RESCORING: Mapping[str, Callable[[CountRescorer, Mapping[str, AnyArray]], Arrays]] = {
    "opening": _opening,
    "logits": _logits,
    "inputs": _inputs,
    "line": _line,
    "path": _path,
}


def typed_array(arrays: Mapping[str, AnyArray], name: str, dimensions: int, *kinds: str) -> AnyArray:
    """The array of that name; ValueError where it is not of one of these kinds, or has other dimensions."""
    found = arrays.get(name)
    if found is None or found.ndim != dimensions or found.dtype.name not in kinds:
        raise ValueError(f"it holds no array {name} of {' or '.join(kinds)} with {dimensions} dimensions")
    return found
