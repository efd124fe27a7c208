"""The heat map turned over, as a table of records: a row for each of its columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from din_core.figures import HeatmapInfo
from din_core.pages.compare.compare_records import about_models, about_scenario
from din_core.pages.compare.rows import CompareInputs
from din_core.pages.inspect import page as inspect_page
from din_core.pages.language.translate import t
from din_core.pages.session import visitor
from din_core.pages.widgets.record_table.columns import RecordColumn, date_column, decimal_column, number_column
from din_core.pages.widgets.record_table.record_table import Records, row_link
from din_core.sharing.values import iso

SUMS = 2
"""Rows at the end: all columns that are not shown, and Σw."""


def heatmap_records(now: CompareInputs, info: HeatmapInfo, rows: Sequence[str], kind: str | None) -> Records:
    """A row for each item or category, then the rest and Σw; an item's leads to its behaviors on *Inspect*.

    `rows` are what files call the map's rows, `kind` is the only type of the behaviors, None for all.
    """
    return Records(
        t("Who switches on what"),
        [*known_columns(info), *weight_columns(info), *repeat_columns(info)],
        len(info.columns) + SUMS,
        links=behavior_links(now, info, kind) if info.fold == "item" else [],
        about={**about_rows(now, kind), **{f"of_row_{place}": row for place, row in enumerate(rows, 1)}},
        file=("heatmap", now.scenario.user_id, iso(now.scenario.as_of)[:10]),
        sums=SUMS,
    )


def about_rows(now: CompareInputs, kind: str | None) -> dict[str, str]:
    """What all of the map's rows have in common: the model, but between models the candidate; and the only type."""
    by = now.comparison.by
    models = about_scenario(now) if by == "models" else about_models(now, now.names[:1])
    one = {} if by == "candidates" else {"candidate_id": now.scenario.candidate_ids[0]}
    return {**models, "rows_are": by, **one, **({} if kind is None else {"behavior_type": kind})}


def behavior_links(now: CompareInputs, info: HeatmapInfo, kind: str | None) -> list[str]:
    """To *Inspect* with each item's behaviors singled out."""
    there = inspect_page.page()
    view = replace(visitor.session().view, fold="behavior", part=None, type=kind, only=())
    found = [row_link(there, now.scenario, replace(view, behavior=column.key)) for column in info.columns]
    return [*found, *[""] * SUMS]


def known_columns(info: HeatmapInfo) -> list[RecordColumn]:
    """What the weights are of."""
    names = [*(column.name for column in info.columns), t("the rest: {n}", n=info.rest_columns), "Σw"]
    last = date_column("last", t("Last"), [*(column.last for column in info.columns), *[None] * SUMS])
    if info.fold == "category":
        return [RecordColumn("category", t("Category"), names), last]
    ids, categories = (
        [*(getattr(column, part) for column in info.columns), *[None] * SUMS] for part in ("key", "category")
    )
    return [
        RecordColumn("item", t("Item"), names),
        RecordColumn("item_id", t("{label}: id", label=t("Item")), ids, shown=False),
        RecordColumn("category", t("Category"), categories),
        last,
    ]


def weight_columns(info: HeatmapInfo) -> list[RecordColumn]:
    """Σ weight × repeats of each of the map's rows; nothing where it sees no such behavior."""
    columns = []
    for place, name in enumerate(info.rows):
        cells = [None if np.isnan(cell) else float(cell) for cell in info.total[place]]
        sums = [float(info.rest[place]), float(info.intensity[place])]
        columns.append(decimal_column(f"row_{place + 1}", name, [*cells, *sums]))
    return columns


def repeat_columns(info: HeatmapInfo) -> list[RecordColumn]:
    """Behaviors, repeats counted: in one column where all of the map's rows see the same ones."""
    lines = [
        [*map(int, own), int(rest), int(own.sum() + rest)]
        for own, rest in zip(info.lines, info.rest_lines, strict=True)
    ]
    if all(own == lines[0] for own in lines):
        return [number_column("repeats", t("Repeats"), lines[0])]
    heads = [t("Repeats · {row}", row=row) for row in info.rows]
    return [number_column(f"repeats_{place}", *one) for place, one in enumerate(zip(heads, lines, strict=True), 1)]
