"""The points of the map and the neighbours of an item, as tables of records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from din_core.domain import Candidate, Item
from din_core.figures.item_space import SpaceInfo
from din_core.pages.inspect import page as inspect_page
from din_core.pages.item_space.space_inputs import SpaceInputs
from din_core.pages.language.labels import field_label, fixed
from din_core.pages.language.number_texts import CATEGORY
from din_core.pages.language.translate import t
from din_core.pages.widgets.rare_items import rare_columns
from din_core.pages.widgets.record_table.columns import RecordColumn, item_columns, number_column, percent_column
from din_core.pages.widgets.record_table.record_table import Records, row_link, rows_wanted, table_choice
from din_core.sharing.page_choices import SpaceChoice
from din_core.sharing.values import iso

SHOWN = 100
"""Rows of a table before somebody asks for more."""
POINTS_TABLE, NEIGHBOURS_TABLE = "item_map_table", "neighbours_table"


def point_columns(inputs: SpaceInputs, info: SpaceInfo, items: Sequence[Item]) -> list[RecordColumn]:
    """The chart's points as rows, in the order drawn."""
    columns = [
        *known_columns(inputs, items, info.category),
        number_column("sharing_items", t("Items that share it"), info.count.tolist()),
        times_column(info.repeats),
        number_column("x", "x", info.points[:, 0].tolist(), three_decimals),
        number_column("y", "y", info.points[:, 1].tolist(), three_decimals),
    ]
    if info.probability is not None:
        columns.append(percent_column("probability", t("Predicted probability"), map(float, info.probability)))
    return columns


def known_columns(inputs: SpaceInputs, items: Sequence[Item], categories: Sequence[str | None]) -> list[RecordColumn]:
    """The items, whether the model on screen knows them, and their categories."""
    return [
        *item_columns(t("Item"), items),
        *rare_columns(inputs.app, [inputs.model], items),
        RecordColumn("category", field_label(inputs.category or CATEGORY), [name or None for name in categories]),
    ]


def times_column(times: Iterable[int]) -> RecordColumn:
    """How often the history holds each embedding."""
    return number_column("in_history", t("In history"), map(int, times), lambda n: f"{n:,}×" if n else "–")


def three_decimals(value: float) -> str:
    """`−0.125`."""
    return fixed(value, 3)


def space_records(
    inputs: SpaceInputs, title: str, columns: Sequence[RecordColumn], items: Sequence[Item], key: str
) -> Records:
    """The first of these rows; each leads to its item as the candidate on *Inspect*."""
    scenario, there = inputs.scenario, inspect_page.page()
    rows = rows_wanted(table_choice(key, SpaceChoice), SHOWN)
    shown = (scenario.with_candidates([Candidate(item.item_id)], scenario.context) for item in items[:rows])
    model = inputs.app.models[inputs.model]
    return Records(
        title,
        [column.first(rows) for column in columns],
        len(items),
        links=[row_link(there, one) for one in shown],
        marks=[str(inputs.facts.place_of.get(item.item_id, "")) for item in items[:rows]],
        about=about_space(inputs),
        file=("items", inputs.focus if key == NEIGHBOURS_TABLE else "map", model.link),
    )


def about_space(inputs: SpaceInputs) -> dict[str, str]:
    """Whose history the items are in, as of when, and whose embeddings these are."""
    model = inputs.app.models[inputs.model]
    return {
        "user": inputs.scenario.user_id,
        "as_of": iso(inputs.scenario.as_of),
        "model": model.name,
        "fingerprint": model.fingerprint,
    }


def neighbour_columns(
    inputs: SpaceInputs, item: Item, items: Sequence[Item], found: NDArray[np.int64], cosine: NDArray[np.floating]
) -> list[RecordColumn]:
    """Those of `item`, nearest first; one that bears its name has its id."""
    facts, places = inputs.facts, found.tolist()
    known, *others = known_columns(inputs, items, [facts.category[place] for place in places])
    return [
        replace(known, names_beside=[item.label]),
        number_column("cosine", t("Similarity (cosine)"), map(float, cosine), three_decimals),
        *others,
        number_column("sharing_items", t("Items that share it"), [int(facts.space.count[place]) for place in places]),
        times_column(inputs.repeats.get(place, 0) for place in places),
    ]
