"""What the charts of the store show, as tables of records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from din_core.figures.store_facts import BarsInfo
from din_core.pages.language.translate import t
from din_core.pages.widgets.record_table.columns import RecordColumn, date_column, number_column, percent_column
from din_core.pages.widgets.record_table.record_table import Records
from din_core.store import WeekFacts

About = Mapping[str, str | None]
"""What files say of all rows."""


def week_records(weeks: Sequence[WeekFacts], splits: Mapping[str, str], about: About) -> Records:
    """One row a week and split; `splits` are what the page calls them."""
    names = [week.split for week in weeks]
    columns = [
        date_column("week_from", t("Week from"), [week.monday for week in weeks]),
        RecordColumn("split", t("Split"), names, [splits[name] for name in names]),
        number_column("impressions", t("Impressions"), [week.impressions for week in weeks]),
        number_column("positives", t("Positives"), [week.positives for week in weeks], shown=False),
        percent_column("positive", t("Positive"), [week.positives / week.impressions for week in weeks]),
    ]
    return Records(t("Impressions by week and split"), columns, len(weeks), about=about, file=("weeks",))


def bar_records(info: BarsInfo, about: About) -> Records:
    """One row a bar of users by their behaviors."""
    ends = [[int(end.replace(",", "")) for end in place.split("–")] for place in info.places]
    columns = [
        RecordColumn("behaviors_from", t("Behaviors"), [end[0] for end in ends], info.places),
        number_column("behaviors_to", t("Behaviors at most"), [end[-1] for end in ends], shown=False),
        number_column("users", t("Users"), info.counts[t("users")]),
    ]
    return Records(t("Users by behaviors"), columns, len(ends), about=about, file=("users", "behaviors"))
