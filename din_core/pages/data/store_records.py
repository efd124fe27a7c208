"""What the charts of the store show, as tables of records."""

from __future__ import annotations

from collections.abc import Sequence

from din_core.figures.store_facts import BarsInfo
from din_core.pages.language.translate import t
from din_core.pages.widgets.record_table.columns import RecordColumn, date_column, number_column, percent_column
from din_core.pages.widgets.record_table.record_table import Records

Week = tuple[int, str, int, int]
"""Its Monday in seconds since 1970, the split as the page calls it, impressions and positives."""


def week_records(weeks: Sequence[Week]) -> Records:
    """One row a week and split."""
    columns = [
        date_column("week_from", t("Week from"), [monday for monday, *_ in weeks]),
        RecordColumn("split", t("Split"), [split for _, split, *_ in weeks]),
        number_column("impressions", t("Impressions"), [shown for *_, shown, _ in weeks]),
        number_column("positives", t("Positives"), [positive for *_, positive in weeks], shown=False),
        percent_column("positive", t("Positive"), [positive / shown for *_, shown, positive in weeks]),
    ]
    return Records(t("Impressions by week and split"), columns, len(weeks), file=("weeks",))


def bar_records(info: BarsInfo) -> Records:
    """One row a bar of users by their behaviors."""
    ends = [[int(end.replace(",", "")) for end in place.split("–")] for place in info.places]
    columns = [
        RecordColumn("behaviors_from", t("Behaviors"), [end[0] for end in ends], info.places),
        number_column("behaviors_to", t("Behaviors at most"), [end[-1] for end in ends], shown=False),
        number_column("users", t("Users"), info.counts[t("users")]),
    ]
    return Records(t("Users by behaviors"), columns, len(ends), file=("users", "behaviors"))
