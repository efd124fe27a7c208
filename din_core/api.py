"""The same as `python -m trainer score`, from Python: load, score, explain, figure. API.md shows it.

Dimensions: R rows of a table, C candidates, T behaviors as the model sees them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from din_core.domain import DinLensError, Explanation, FoldedBehavior, History, Item, Scores, StoreError
from din_core.explain import leave_one_out
from din_core.figures import activation_info, plot_activation, timeline_info
from din_core.figures.bars.behavior_bars import behavior_bars_info, plot_behavior_bars
from din_core.model.checkpoint import load_checkpoint
from din_core.model.external.writing import save_module, save_served
from din_core.scoring import Scorer, rescorer_for
from din_core.scoring.devices import open_device
from din_core.store import BehaviorStore, open_store
from din_core.tables import ScoreOptions, score_table
from din_core.tables.row_files import RowFile, RowsInMemory, open_rows

__all__ = ["LoadedModel", "Moment", "Reason", "load", "save_module", "save_served", "seconds_of"]

Moment = int | str | datetime | pd.Timestamp
"""Seconds since 1970-01-01 UTC, or a time: ISO 8601 or a datetime, without a zone of UTC."""


def load(checkpoint: str | Path, store: str | Path, device: str = "cpu") -> LoadedModel:
    """A checkpoint's folder, and the store that its histories come from.

    `store` is a URL, or the path of an SQLite file. CheckpointError or StoreError, in one sentence, where either cannot
    be used.
    """
    url = str(store)
    scorer = Scorer(load_checkpoint(Path(checkpoint)), open_device(device))
    return LoadedModel(scorer, open_store(url if "://" in url else f"sqlite:///{url}"))


@dataclass(frozen=True)
class LoadedModel:
    """A checkpoint and a store. Close it, or use it in a `with`, when done; threads may share it."""

    scorer: Scorer
    store: BehaviorStore

    def __enter__(self) -> LoadedModel:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the store's connections."""
        self.store.close()

    def score(
        self,
        rows: pd.DataFrame | str | Path,
        *,
        weights: bool = False,
        effects: bool = False,
        behaviors: int | None = None,
        top_k: int | None = None,
    ) -> pd.DataFrame:
        """(R) rows with `user_id`, `item_id`, `timestamp` and fields of the context → the same rows scored.

        `rows` are a DataFrame, or a file as `python -m trainer score` reads it; no label is needed. Each row gets
        `probability`, `logit`, `history` (how many behaviors the model saw) and `unknown` (a list of what the model
        does not know of it); with `weights` or `effects` also `behaviors`, a list of dicts, one for each of T
        behaviors, or for the `behaviors` with the largest effects or else weights. `top_k` keeps the best rows of each
        user and time, of the whole catalogue where there is no `item_id`, and adds their `rank`.

        RejectedRows names the rows without a user, an item or a time; StoreError a missing column.
        """
        options = ScoreOptions(weights, effects, behaviors, top_k)
        tables, _ = score_table(_row_file(rows), self.scorer, self.store, options)
        found: pd.DataFrame = pd.concat([table.to_pandas() for table in tables], ignore_index=True)
        return found

    def explain(
        self, user_id: str, item_id: str, at: Moment, context: Mapping[str, str | None] | None = None
    ) -> Reason:
        """Why the model gives an item its probability for a user at a time.

        The history holds the behaviors strictly earlier than `at`. UnknownUser and UnknownItem name what the store does
        not hold; values of the context that the model does not know are scored as unknown.
        """
        history = self.store.history(user_id, seconds_of(at))
        return Reason(self.scorer, history, self.store.item(item_id), dict(context or {}))

    def scores(
        self,
        user_id: str,
        item_ids: Sequence[str],
        at: Moment,
        context: Mapping[str, str | None] | None = None,
    ) -> Scores:
        """C candidates of one user at one time in one pass: `probability` (C,), `logit` (C,), `weight` (C, T)."""
        history = self.store.history(user_id, seconds_of(at))
        return self.scorer.score(history, self.store.items(item_ids), dict(context or {}))


@dataclass(frozen=True)
class Reason:
    """One probability and what each of T behaviors does to it. What is asked for is computed then, and kept."""

    scorer: Scorer
    history: History
    item: Item
    context: Mapping[str, str | None]

    @cached_property
    def scores(self) -> Scores:
        """Of the one candidate: `weight` is (1, T)."""
        return self.scorer.score(self.history, [self.item], self.context)

    @cached_property
    def effects(self) -> Explanation:
        """Leave-one-out: `values` (T,), logit with a behavior less logit without it; `probability` (T,) the same."""
        return leave_one_out(rescorer_for(self.scorer, self.history, self.item, self.context))

    @property
    def probability(self) -> float:
        """As the app shows it: calibrated where the checkpoint is."""
        return float(self.scores.probability[0])

    @property
    def behaviors(self) -> tuple[FoldedBehavior, ...]:
        """(T) oldest first: an item once with its count, or each behavior where order or time matters to the model."""
        return self.scores.behaviors

    @cached_property
    def frame(self) -> pd.DataFrame:
        """(T) rows: `item_id`, `title`, `timestamp` of the newest, `count`, `weight` of one occurrence, `effect` in
        logits and `effect_probability` of all of them."""
        return pd.DataFrame(
            {
                "item_id": [behavior.item.item_id for behavior in self.behaviors],
                "title": [behavior.item.label for behavior in self.behaviors],
                "timestamp": [behavior.last_timestamp for behavior in self.behaviors],
                "count": [behavior.count for behavior in self.behaviors],
                "weight": self.scores.weight[0],
                "effect": self.effects.values,
                "effect_probability": self.effects.probability,
            }
        )

    def figure(self, most: int = 15, dark: bool = False) -> Any:
        """A Plotly figure of the `most` behaviors with the largest effects: effect and weight of each, side by side."""
        return plot_behavior_bars(behavior_bars_info(self.scores, self.effects, most), dark)

    def timeline(self) -> Any:
        """A Plotly figure of all activation weights over time, coloured by category."""
        return plot_activation(activation_info(self.scores, timeline_info(self.history, self.behaviors)))


def seconds_of(at: Moment) -> int:
    """Whole seconds since 1970, rounded down; DinLensError for what is no time."""
    if isinstance(at, int):
        return at
    try:
        moment = pd.Timestamp(at)
        moment = moment.tz_localize("UTC") if moment.tzinfo is None else moment
        return int(moment.timestamp() // 1)
    except (ValueError, TypeError, OverflowError):
        raise DinLensError(
            "{at} is no time; give seconds since 1970 or a time such as 2026-03-05T09:30:00Z", at=repr(at)
        ) from None


def _row_file(rows: pd.DataFrame | str | Path) -> RowFile:
    if not isinstance(rows, pd.DataFrame):
        return open_rows(Path(rows), ("user_id", "timestamp"))
    try:
        table: Any = pa.Table.from_pandas(rows, preserve_index=False)
    except (pa.ArrowException, TypeError) as error:
        raise StoreError("the rows cannot be read ({error}); give one value a cell", error=str(error)) from None
    return RowsInMemory([batch for batch in table.to_batches() if len(batch)])
