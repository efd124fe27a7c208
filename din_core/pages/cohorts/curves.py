"""Curves of a cohort over bins, each with its table and what its files say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from din_core.domain.cohort import Mean
from din_core.figures.cohort import Bin, BinsInfo, BinsLabels, bins_info, plot_bins
from din_core.pages.cases.about_slice import About
from din_core.pages.language.translate import t
from din_core.pages.widgets.charts import ExportCaption, show_chart
from din_core.pages.widgets.frame import is_dark
from din_core.pages.widgets.record_table.columns import (
    RecordColumn,
    decimal_column,
    number_column,
    percent_column,
    plain_table,
)
from din_core.pages.widgets.record_table.record_table import Records, show_folded
from din_core.sharing.page_choices import CohortChoice


@dataclass(frozen=True, slots=True)
class Files:
    """What saved charts and tables say of themselves."""

    caption: ExportCaption
    about: About


@lru_cache(maxsize=64)
def drawn(plot: Callable[..., Any], *what: Any) -> Any:
    """The chart of an info; another visitor's choice does not draw it anew."""
    return plot(*what)


@dataclass(frozen=True, slots=True)
class Counted:
    """What the numbers of a bin's mean count."""

    name: str = "behaviors"
    """In files."""
    head: str = ""
    """Above its column; empty for behaviors"""
    hover: str = ""
    """With {count} and {users}; empty for behaviors"""
    series: tuple[str, str] = ("behaviors_of", "")
    """What tells lines of several series apart: in files, and above its column; empty for behaviors"""


def show_curve(
    key: str,
    means: Mapping[str, Mean],
    names: tuple[str, ...],
    x: str,
    y: str,
    files: Files,
    percent: bool = False,
    counted: Counted = Counted(),
) -> None:
    """One chart, and the same as a table."""
    info = bins_info(means, names)
    labels = BinsLabels(
        x=x,
        y=y,
        interval=t("95 %: {low} to {high}"),
        no_interval=t("no interval"),
        of=counted.hover or t("{count} behaviors, {users} users"),
    )
    title = t("{y} by {x}", y=y, x=x).capitalize()
    if len(means) > 1:
        title = t("{title}: {series}", title=title, series=t(", ").join(means))
    records = replace(bin_records(info, key, title, x, percent, counted), about=files.about)
    show_chart(
        f"cohort_{key}",
        drawn(plot_bins, info, is_dark(), labels, percent),
        title=title,
        caption=files.caption,
        table=plain_table(records.columns),
        alt=t("{y} by {x}; the table below holds the numbers.", y=y, x=x),
        about=records.about,
    )
    show_folded(t("The same as a table"), f"{key}_table", records, CohortChoice)


def bin_records(info: BinsInfo, key: str, title: str, x: str, percent: bool, counted: Counted) -> Records:
    """One row a bin of each series: its mean."""
    found = [(name, one) for name, bins in info.series for one in bins]
    series = [RecordColumn(counted.series[0], counted.series[1] or t("Behaviors of"), [name for name, _ in found])]
    columns = [
        RecordColumn("bin", x, [one.name for _, one in found]),
        *(series if len(info.series) > 1 else []),
        *mean_columns([one for _, one in found], percent, counted),
    ]
    return Records(title, columns, len(found), file=("cohort", key))


def mean_columns(found: Sequence[Bin], percent: bool = False, counted: Counted = Counted()) -> list[RecordColumn]:
    """Means with their intervals, and of how many behaviors and users they are."""
    column = percent_column if percent else decimal_column
    return [
        column("mean", t("Mean"), [one.value for one in found]),
        column("low", t("95 % from"), [one.low for one in found]),
        column("high", t("to"), [one.high for one in found]),
        number_column(counted.name, counted.head or t("Behaviors"), [one.count for one in found]),
        number_column("users", t("Users"), [one.users for one in found]),
    ]
