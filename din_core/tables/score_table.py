"""A table in, its scores out: some thousand rows at a time, so that memory does not grow with the table."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import chain
from typing import Any

import pyarrow as pa

from din_core.domain import RejectedRows, StoreError
from din_core.domain.translatable import Translatable
from din_core.scoring import Scorer
from din_core.store import BehaviorStore
from din_core.store.ingestion.rejects import Reject, describe_rejects
from din_core.tables.best_rows import BestGivenRows, Ranked, best_of_catalogue
from din_core.tables.checked_rows import RowChecks, Rows
from din_core.tables.row_files import RowFile
from din_core.tables.scored_rows import BEHAVIORS, HISTORY, LOGIT, PROBABILITY, RANK, UNKNOWN, RowScorer, ScoreOptions

OWN = (PROBABILITY, LOGIT, HISTORY, UNKNOWN, RANK, BEHAVIORS)
"""Columns that are written here."""


@dataclass
class ScoreReport:
    """What became of a table; whole once all its scores were read."""

    read: int = 0
    written: int = 0
    rejects: list[Reject] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What was done otherwise than may be expected, a sentence each."""
    unknown: Counter[str] = field(default_factory=Counter)
    """Rows by what is unknown of them: `user`, `item`, or the name of a field."""
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    """Of all threads; other work on the machine does not count."""

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {**asdict(self), "unknown": dict(self.unknown)}


@dataclass
class _Scoring:
    """One table under way."""

    file: RowFile
    scorer: Scorer
    store: BehaviorStore
    options: ScoreOptions
    timezone: str
    time_format: str | None
    skip_rejects: bool
    report: ScoreReport
    progress: Callable[[int], None]

    def tables(self) -> Iterator[pa.Table]:
        """Scored rows; RejectedRows at the end where some cannot be scored and are not to be skipped."""
        started, busy = time.monotonic(), time.process_time()
        parts = self.file.batches()
        first = next(parts, None)
        if first is None and not self.file.broken():
            raise StoreError("{file} holds no rows; give a table of rows to score", file=self.file.path.name)
        names = [] if first is None else first.schema.names
        checks = self._checks(names)
        if first is not None:
            yield from self._scored(checks, checks.rows(self.options.rows, chain([first], parts)))
        self._finish(checks, names)
        self.report.seconds = time.monotonic() - started
        self.report.cpu_seconds = time.process_time() - busy

    def _checks(self, names: list[str]) -> RowChecks:
        catalogue = self.options.top_k is not None and "item_id" not in names
        fields = tuple(self.scorer.checkpoint.vocabulary.context)
        zone = self.store.summary().rules.session_zone
        return RowChecks(self.file, fields, not catalogue, self.timezone, self.time_format, zone)

    def _scored(self, checks: RowChecks, parts: Iterator[Rows]) -> Iterator[pa.Table]:
        rows = RowScorer(self.scorer, self.store, self.options)
        for part, ranks in self._ranked(checks, rows, self._unless_rejected(checks, parts)):
            columns = rows.columns(part)
            self._count(columns[UNKNOWN])
            if ranks is not None:
                columns[RANK] = pa.array(ranks, pa.int64())
            self.report.written += len(part)
            self.report.read = checks.read
            self.progress(checks.read)
            yield _table(part.given, columns)

    def _ranked(self, checks: RowChecks, rows: RowScorer, parts: Iterator[Rows]) -> Iterable[tuple[Rows, Any]]:
        k, size = self.options.top_k, self.options.rows
        if k is None:
            return ((part, None) for part in parts)
        found: Iterator[Ranked]
        if checks.has_items:
            found = BestGivenRows(rows, k).ranked(parts, size)
        else:
            found = best_of_catalogue(self.scorer, self.store, parts, k, size)
        return found

    def _unless_rejected(self, checks: RowChecks, parts: Iterator[Rows]) -> Iterator[Rows]:
        """Rows to score: none after one that is rejected and not to be skipped, but the rest is still checked."""
        for part in parts:
            if self.skip_rejects or not checks.rejected:
                yield part

    def _finish(self, checks: RowChecks, names: list[str]) -> None:
        self.report.read = checks.read + sum(reject.count for reject in self.file.broken())
        self.report.rejects = checks.all_rejects()
        if self.report.rejects and not self.skip_rejects:
            raise RejectedRows(
                "{rejected:,} of {read:,} rows cannot be scored, so nothing was written; mend them, or leave them out "
                "with --skip-rejects\n{rows}",
                rejects=self.report.rejects,
                rejected=checks.rejected,
                read=self.report.read,
                rows=describe_rejects(self.report.rejects),
            )
        lacking = [
            Translatable("the table has no column {name}, which the model reads: it is scored as unknown", name=name)
            for name in checks.lacking
        ]
        hidden = [
            Translatable("the table's own column {name} is not kept, as its place is taken", name=name)
            for name in names
            if name in OWN
        ]
        self.report.notes += [*lacking, *hidden]

    def _count(self, unknown: pa.Array) -> None:
        for own in unknown.to_pylist():
            self.report.unknown.update({name.split("=", 1)[0].split(" ", 1)[0] for name in own})


def score_table(
    file: RowFile,
    scorer: Scorer,
    store: BehaviorStore,
    options: ScoreOptions | None = None,
    *,
    timezone: str = "UTC",
    time_format: str | None = None,
    skip_rejects: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> tuple[Iterator[pa.Table], ScoreReport]:
    """Scored rows, some thousand at a time, and a report that is whole once all of them were read.

    Rows name `user_id`, `item_id`, `timestamp` and may name fields of the context; all their columns are kept. Each
    gets `probability`, `logit`, `history` (behaviors that the model saw, repeats counted) and `unknown` (what the
    model does not know of it), and with `options` a `rank` and a list of its `behaviors`. Needs no label.

    Rows without a user, an item or a time raise RejectedRows with all reasons once the rest is checked, or are left
    out with `skip_rejects`.
    """
    report = ScoreReport()
    options = options or ScoreOptions()
    scoring = _Scoring(file, scorer, store, options, timezone, time_format, skip_rejects, report, progress)
    return scoring.tables(), report


def _table(given: pa.RecordBatch, columns: dict[str, pa.Array]) -> pa.Table:
    kept = [name for name in given.schema.names if name not in OWN]
    arrays = {**{name: given.column(name) for name in kept}, **columns}
    return pa.table({**{n: arrays[n] for n in kept}, **{n: arrays[n] for n in OWN if n in arrays}})
