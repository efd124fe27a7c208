"""Rows to columns: probability, what is not known of a row, and of each behavior its weight and its effect.

Dimensions: R rows, C candidates of one user at one time, T behaviors as the model sees them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from din_core.domain import DinLensError, FoldedBehavior, History, Item, Scores
from din_core.explain import leave_one_out
from din_core.scoring import Scorer, rescorer_for
from din_core.scoring.scorer import Request
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
                raise DinLensError(f"{name} is {value:,}, but must be from 1 to {MOST_BEHAVIORS:,}; give another value")


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
            for column, place in enumerate(group.places):
                unknown = [] if group.knows_user else [f"user {rows.user_id[place]}"]
                if items[rows.item_id[place]] is None:
                    unknown.append(f"item {rows.item_id[place]}")
                found[place] = self._row(seen, unknown, rows.context[place], group.request.history, scores, column)
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

    def _row(
        self,
        seen: int,
        unknown: list[str],
        context: Mapping[str, str | None],
        history: History,
        scores: Scores,
        column: int,
    ) -> _Scored:
        item = scores.candidates[column]
        effects = partial(self._effects, history, item, context)
        return _Scored(
            float(scores.probability[column]),
            float(scores.logit[column]),
            seen,
            (*unknown, *self.unknown.names(history.user, item, context)),
            behavior_columns(scores.behaviors, scores.weight[column], effects, self.options),
        )

    def _effects(self, history: History, item: Item, context: Mapping[str, str | None]) -> tuple[Any, Any]:
        """(T,) in logits and in probability."""
        found = leave_one_out(rescorer_for(self.scorer, history, item, context))
        return found.values, found.probability


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
    behaviors: Mapping[str, Sequence[Any]] | None = None


def behavior_columns(
    behaviors: Sequence[FoldedBehavior], weight: NDArray[Any], effects: Any, options: ScoreOptions
) -> dict[str, Sequence[Any]] | None:
    """Of one row: ids, counts, newest times, and weights (T,) and effects as asked; None where neither is.

    `effects` computes (T,) in logits and in probability.
    """
    if not (options.weights or options.effects):
        return None
    values: dict[str, Any] = {"weight": weight.astype(np.float64)} if options.weights else {}
    if options.effects:
        logit, probability = effects()
        values |= {"effect": logit, "effect_probability": probability}
    kept = np.arange(len(behaviors))
    if options.behaviors is not None:
        counts = np.array([behavior.count for behavior in behaviors], np.float64)
        size = np.abs(values["effect"] if options.effects else values["weight"] * counts)
        kept = np.argsort(-size, kind="stable")[: options.behaviors]
    chosen = [behaviors[place] for place in kept.tolist()]
    return {
        "item_id": [behavior.item.item_id for behavior in chosen],
        "timestamp": [behavior.last_timestamp for behavior in chosen],
        "count": [behavior.count for behavior in chosen],
        **{name: np.asarray(column, np.float64)[kept].tolist() for name, column in values.items()},
    }


_KINDS = {"item_id": pa.string(), "timestamp": pa.int64(), "count": pa.int64()}


def _lists(rows: Sequence[Mapping[str, Sequence[Any]] | None]) -> pa.Array:
    """(R) lists of structs."""
    given = [row for row in rows if row is not None]
    offsets = pa.array(accumulate((len(row["item_id"]) for row in given), initial=0), pa.int32())
    columns = {
        name: pa.array([value for row in given for value in row[name]], _KINDS.get(name, pa.float64()))
        for name in given[0]
    }
    return pa.ListArray.from_arrays(offsets, pa.StructArray.from_arrays(list(columns.values()), list(columns)))
