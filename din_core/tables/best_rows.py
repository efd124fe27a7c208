"""The k best rows of each user and time: of those given, or of the whole catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from din_core.scoring import Catalogue, Scorer
from din_core.store import BehaviorStore
from din_core.tables.checked_rows import ITEM, USER, Rows
from din_core.tables.histories import read_histories
from din_core.tables.scored_rows import RowScorer

Ranked = tuple[Rows, list[int]]
"""Rows and the rank of each, 1 the best of its user and time."""


@dataclass
class BestGivenRows:
    """Scores all rows once, and keeps the k best of each user and time: memory grows with these, not with the table."""

    scorer: RowScorer
    k: int
    _kept: dict[tuple[str, int], list[tuple[float, int, Rows]]] = field(default_factory=dict)
    _seen: int = 0

    def ranked(self, parts: Iterable[Rows], size: int) -> Iterator[Ranked]:
        """About `size` rows at once; users and times in the order in which they first came, equal scores in that of
        the table."""
        for rows in parts:
            self._add(rows)
        waiting: list[Rows] = []
        ranks: list[int] = []
        for best in self._kept.values():
            waiting += [rows for _, _, rows in best]
            ranks += range(1, 1 + len(best))
            if len(waiting) >= size:
                yield _joined(waiting), ranks
                waiting, ranks = [], []
        if waiting:
            yield _joined(waiting), ranks

    def _add(self, rows: Rows) -> None:
        logits = self.scorer.logits(rows)
        found: dict[tuple[str, int], list[tuple[float, int, int]]] = {}
        keys = zip(rows.user_id, rows.timestamp.tolist(), strict=True)
        for place, (key, logit) in enumerate(zip(keys, logits.tolist(), strict=True)):
            found.setdefault(key, []).append((-logit, self._seen + place, place))
        self._seen += len(rows)
        for key, own in found.items():
            new = [(worse, order, _one(rows, place)) for worse, order, place in sorted(own)[: self.k]]
            self._kept[key] = sorted(self._kept.get(key, []) + new, key=lambda row: row[:2])[: self.k]


def best_of_catalogue(
    scorer: Scorer, store: BehaviorStore, parts: Iterable[Rows], k: int, size: int
) -> Iterator[Ranked]:
    """The k best items for each row, which names none; equal scores in the order of ingest."""
    catalogue = Catalogue(scorer, store.all_items())
    ids = [item.item_id for item in catalogue.items]
    for rows in parts:
        keys = list(zip(rows.user_id, rows.timestamp.tolist(), strict=True))
        histories = {key: history for key, history, _ in read_histories(store, list(dict.fromkeys(keys)))}
        waiting: list[Rows] = []
        for place, key in enumerate(keys):
            scoring = catalogue.scoring(histories[key], rows.context[place])
            scoring.finish()
            best = scoring.top(k)[0].tolist()
            waiting.append(_with_items(rows, place, [ids[position] for position in best]))
            if sum(map(len, waiting)) >= size:
                yield _joined(waiting), _ranks(waiting)
                waiting = []
        if waiting:
            yield _joined(waiting), _ranks(waiting)


def _ranks(parts: Sequence[Rows]) -> list[int]:
    return [rank for rows in parts for rank in range(1, 1 + len(rows))]


def _one(rows: Rows, place: int) -> Rows:
    """One row by itself, which keeps no other in memory."""
    return _with_items(rows, place, None)


def _with_items(rows: Rows, place: int, item_ids: list[str] | None) -> Rows:
    """A row once for each of these items; None for its own."""
    n = 1 if item_ids is None else len(item_ids)
    given = rows.given.take(pa.array([place] * n, pa.int64()))
    if item_ids is not None:
        given = given.add_column(given.schema.get_field_index(USER) + 1, ITEM, pa.array(item_ids, pa.string()))
    return replace(
        rows,
        given=given,
        user_id=[rows.user_id[place]] * n,
        item_id=[rows.item_id[place]] if item_ids is None else item_ids,
        timestamp=np.repeat(rows.timestamp[place], n),
        context=[rows.context[place]] * n,
    )


def _joined(parts: Sequence[Rows]) -> Rows:
    given = pa.Table.from_batches([rows.given for rows in parts]).combine_chunks()
    return Rows(
        given.to_batches()[0] if len(given) else parts[0].given,
        [user for rows in parts for user in rows.user_id],
        [item for rows in parts for item in rows.item_id],
        np.concatenate([rows.timestamp for rows in parts]),
        [context for rows in parts for context in rows.context],
    )
