"""All questions, in the order in which they are worth reading."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from din_core.checks import fields, histories, rows, sampling
from din_core.checks.finding import Finding
from din_core.store import BulkTables

QUESTIONS: tuple[Callable[[BulkTables], Iterator[Finding]], ...] = (
    rows.sizes,
    rows.duplicates,
    histories.lengths,
    histories.days,
    histories.repeats,
    sampling.popularity,
    sampling.coverage,
    fields.unfit,
)


def check_tables(tables: BulkTables) -> tuple[Finding, ...]:
    """What each question finds; a question that the data has no answer to finds nothing."""
    return tuple(finding for ask in QUESTIONS for finding in ask(tables))
