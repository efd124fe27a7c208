"""How many rows there are, and how many of them twice."""

from __future__ import annotations

from collections.abc import Iterator

from din_core.checks.events import repeated_rows, stretches
from din_core.checks.finding import Finding, Verdict
from din_core.domain.translatable import Translatable
from din_core.domain.written import percent
from din_core.store import BulkTables

FEW = 1_000
"""Impressions of a split below which its measures say little: an AUC's interval is then wider than ± .02."""
MANY_TWICE = 0.01
"""Share of rows that stand twice from which on counts and weights are moved by it."""


def sizes(tables: BulkTables) -> Iterator[Finding]:
    """Rows of each table, and splits too small to measure on."""
    counts = len(tables.items), len(tables.users), len(tables.behavior_user), len(tables.impression_user)
    names = ("items", "users", "behaviors", "impressions")
    text = Translatable(
        "{items} items, {users} users, {behaviors} behaviors, {impressions} impressions",
        **{name: f"{count:,}" for name, count in zip(names, counts, strict=True)},
    )
    few = [name for name in ("valid", "test") if 0 < (tables.impression_split == name).sum() < FEW]
    advice = Translatable(
        "fewer than {few} impressions in {splits}: read their measures with their intervals, or give them more",
        few=f"{FEW:,}",
        splits=", ".join(few),
    )
    yield Finding("sizes", "note" if few else "fine", text, advice if few else None)


def duplicates(tables: BulkTables) -> Iterator[Finding]:
    """Behaviors that stand twice, whole; impressions may (each is a row of its own), and are only counted."""
    behaviors = tables.behavior_user, tables.behavior_item, tables.behavior_time
    shown = tables.impression_user, tables.impression_item, tables.impression_time
    twice, again = (
        sum(repeated_rows(*(column[rows] for column in columns)) for rows in stretches(columns[0]))
        for columns in (behaviors, shown)
    )
    text = Translatable(
        "behaviors that repeat another's user, item and time: {twice} ({share}); impressions: {again}",
        twice=f"{twice:,}",
        share=percent(twice / max(1, len(behaviors[0]))),
        again=f"{again:,}",
    )
    verdict: Verdict = "note" if twice > MANY_TWICE * len(behaviors[0]) else "fine"
    advice = Translatable(
        "a behavior that is recorded twice counts twice in every sum over the history: remove the copies unless the "
        "user really did it twice at once"
    )
    yield Finding("duplicates", verdict, text, advice if verdict != "fine" else None)
