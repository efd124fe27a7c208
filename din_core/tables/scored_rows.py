"""Rows to columns: probability, what is not known of a row, and of each behavior its weight and its effect.

Dimensions: R rows, C candidates of one user at one time, T behaviors as the model sees them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, repeat
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from din_core.domain import DinLensError, Explanation, FoldedBehavior, Item, Scores
from din_core.explain import leave_one_out
from din_core.scoring import Scorer, rescorers_for
from din_core.scoring.request_encoder import Request
from din_core.store import BehaviorStore
from din_core.tables.checked_rows import Rows
from din_core.tables.histories import read_histories
from din_core.tables.unknown_values import UnknownValues

PAIRS = 1 << 17
"""Pairs of behavior and candidate that are scored at once: some tens of MB."""
PROBABILITY, LOGIT, HISTORY, UNKNOWN, RANK, BEHAVIORS = (
    "probability",
    "logit",
    "history",
    "unknown",
    "rank",
    "behaviors",
)
MOST_BEHAVIORS = 1_000_000


@dataclass(frozen=True, slots=True)
class ScoreOptions:
    """What is written of each row beside its probability."""

    weights: bool = False
    """Of each behavior: the weight that the model gives one occurrence of it."""
    effects: bool = False
    """Of each behavior: what the score loses without it (leave-one-out), in logits and in probability."""
    behaviors: int | None = None
    """So many behaviors a row at most, those with the largest effects first, or else weights; None for all, in the
    order of time."""
    top_k: int | None = None
    """Of each user and time, the k best rows alone, the best first; of the whole catalogue where rows name no item."""
    rows: int = 4096
    """Rows that are held at once."""

    def __post_init__(self) -> None:
        for name in ("behaviors", "top_k", "rows"):
            value = getattr(self, name)
            if value is not None and not 1 <= value <= MOST_BEHAVIORS:
                raise DinLensError(
                    "{name} is {value:,}, but must be from 1 to {most:,}; give another value",
                    name=name,
                    value=value,
                    most=MOST_BEHAVIORS,
                )


class RowScorer:
    """Scores rows as `Scorer.score` does: rows of one user at one time share their history."""

    def __init__(self, scorer: Scorer, store: BehaviorStore, options: ScoreOptions) -> None:
        self.scorer, self.store, self.options = scorer, store, options
        self.unknown = UnknownValues(scorer.checkpoint.vocabulary)

    def logits(self, rows: Rows) -> NDArray[np.float64]:
        """(R,)."""
        logit = np.empty(len(rows))
        for group, scores in self._scored(rows, self._items(rows)):
            logit[group.places] = scores.logit
        return logit

    def columns(self, rows: Rows) -> dict[str, pa.Array]:
        """The columns that are written beside those given, (R) each."""
        items = self._items(rows)
        found = [_Scored() for _ in range(len(rows))]
        for group, scores in self._scored(rows, items):
            seen = sum(behavior.count for behavior in scores.behaviors)
            for column, (place, behaviors) in enumerate(zip(group.places, self._behaviors(group, scores), strict=True)):
                unknown = [] if group.knows_user else [f"user {rows.user_id[place]}"]
                if items[rows.item_id[place]] is None:
                    unknown.append(f"item {rows.item_id[place]}")
                names = self.unknown.names(group.request.history.user, scores.candidates[column], rows.context[place])
                probability, logit = float(scores.probability[column]), float(scores.logit[column])
                found[place] = _Scored(probability, logit, seen, (*unknown, *names), behaviors)
        columns = {
            PROBABILITY: pa.array([row.probability for row in found], pa.float64()),
            LOGIT: pa.array([row.logit for row in found], pa.float64()),
            HISTORY: pa.array([row.history for row in found], pa.int64()),
            UNKNOWN: pa.array([row.unknown for row in found], pa.list_(pa.string())),
        }
        if self.options.weights or self.options.effects:
            columns[BEHAVIORS] = _lists([row.behaviors for row in found])
        return columns

    def _items(self, rows: Rows) -> dict[str, Item | None]:
        """By id; None for what the store does not hold."""
        wanted = dict.fromkeys(rows.item_id)
        return {**wanted, **self.store.known_items(list(wanted))}

    def _scored(self, rows: Rows, items: Mapping[str, Item | None]) -> Iterator[tuple[_Group, Scores]]:
        """The rows of each user and time, and their C scores."""
        places: dict[tuple[str, int], list[int]] = {}
        for place, key in enumerate(zip(rows.user_id, rows.timestamp.tolist(), strict=True)):
            places.setdefault(key, []).append(place)
        waiting: list[_Group] = []
        pairs = 0
        for key, history, knows_user in read_histories(self.store, list(places)):
            own = places[key]
            candidates = [items[rows.item_id[place]] or Item(rows.item_id[place]) for place in own]
            request = self.scorer.prepare(history, candidates, [rows.context[place] for place in own])
            waiting.append(_Group(own, knows_user, request))
            pairs += (1 + len(request.behaviors)) * len(own)
            if pairs > PAIRS:
                yield from self._together(waiting)
                waiting, pairs = [], 0
        if waiting:
            yield from self._together(waiting)

    def _together(self, groups: Sequence[_Group]) -> Iterator[tuple[_Group, Scores]]:
        yield from zip(groups, self.scorer.score_together([group.request for group in groups]), strict=True)

    def _behaviors(self, group: _Group, scores: Scores) -> Iterator[Mapping[str, pa.Array] | None]:
        """Of each of the C rows what is written of its behaviors; None where nothing is."""
        options = self.options
        if not (options.weights or options.effects):
            yield from [None] * len(group.places)
            return
        columns = BehaviorColumns(scores.behaviors, options)
        effects: Iterator[Explanation | None] = self._effects(group.request) if options.effects else repeat(None)
        for weight, effect in zip(scores.weight, effects, strict=False):
            yield columns.of(weight, effect)

    def _effects(self, request: Request) -> Iterator[Explanation]:
        """(C) each candidate's, so many candidates at once that memory is bounded."""
        step = max(1, PAIRS // (1 + len(request.behaviors)))
        for start in range(0, len(request.candidates), step):
            part = request.part(slice(start, start + step))
            for rescorer in rescorers_for(self.scorer, part.history, part.candidates, part.contexts):
                yield leave_one_out(rescorer)


@dataclass(frozen=True, slots=True)
class _Group:
    """The rows of one user at one time."""

    places: list[int]
    knows_user: bool
    """Whether the store does."""
    request: Request


@dataclass(frozen=True, slots=True)
class _Scored:
    """What is written of one row."""

    probability: float = 0.0
    logit: float = 0.0
    history: int = 0
    unknown: tuple[str, ...] = ()
    behaviors: Mapping[str, pa.Array] | None = None


class BehaviorColumns:
    """What is written of a history's behaviors, whatever the candidate: ids, newest times and counts."""

    def __init__(self, behaviors: Sequence[FoldedBehavior], options: ScoreOptions) -> None:
        self.options = options
        self.count = np.array([behavior.count for behavior in behaviors], np.int64)
        self.fixed = {
            "item_id": pa.array([behavior.item.item_id for behavior in behaviors], pa.string()),
            "timestamp": pa.array([behavior.last_timestamp for behavior in behaviors], pa.int64()),
            "count": pa.array(self.count),
        }

    def of(self, weight: NDArray[Any], effect: Explanation | None) -> dict[str, pa.Array]:
        """With weights (T,) and effects as the options ask: of all T behaviors, or of those with the largest."""
        values: dict[str, NDArray[Any]] = {"weight": weight} if self.options.weights else {}
        if effect is not None:
            assert effect.probability is not None
            values |= {"effect": effect.values, "effect_probability": effect.probability}
        columns = {**self.fixed, **{name: pa.array(own.astype(np.float64)) for name, own in values.items()}}
        if self.options.behaviors is None:
            return columns
        size = np.abs(weight * self.count if effect is None else effect.values)
        kept = pa.array(np.argsort(-size, kind="stable")[: self.options.behaviors])
        return {name: column.take(kept) for name, column in columns.items()}


def _lists(rows: Sequence[Mapping[str, pa.Array] | None]) -> pa.Array:
    """(R) lists of structs."""
    given = [row for row in rows if row is not None]
    offsets = pa.array(accumulate((len(row["item_id"]) for row in given), initial=0), pa.int32())
    columns = {name: pa.concat_arrays([row[name] for row in given]) for name in given[0]}
    return pa.ListArray.from_arrays(offsets, pa.StructArray.from_arrays(list(columns.values()), list(columns)))
