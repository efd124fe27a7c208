"""Columns of a table of records: what is shown of a value, and what files hold of it."""

from __future__ import annotations

from din_core.domain import Item
from din_core.pages.session.visitor import as_visitor
from din_core.pages.widgets.record_table.columns import (
    RecordColumn,
    date_column,
    decimal_column,
    item_columns,
    number_column,
    percent_column,
    plain_table,
)
from din_core.pages.widgets.record_table.record_table import arrangement, shown_names
from din_core.sharing.table_choice import MOST_ROWS, TableChoice


def test_percentages_are_shown_and_shares_are_held() -> None:
    column = percent_column("probability", "DIN", [0.25, None])
    assert (column.values, column.texts, column.kind) == ([0.25, None], ["25.0\N{NO-BREAK SPACE}%", "–"], "number")


def test_whole_numbers_are_grouped_on_the_page_alone() -> None:
    column = number_column("rank", "Rank", [1, 52206])
    assert (column.values, column.texts) == ([1, 52206], ["1", "52,206"])


def test_days_are_shown_and_times_of_utc_are_held() -> None:
    with as_visitor("en"):
        column = date_column("shown_at", "Shown", [1511136000])
    assert (column.values, column.texts) == (["2017-11-20T00:00:00Z"], ["20 Nov 2017"])


def test_numbers_of_a_column_have_the_same_decimals() -> None:
    column = decimal_column("mean", "Mean", [0.2125, -0.01, None])
    assert column.texts == ["0.2125", "−0.0100", "–"]
    assert decimal_column("mean", "Mean", [1234.5, 0.01]).texts == ["1,234", "0"]
    assert decimal_column("mean", "Mean", [None, 0.0]).texts == ["–", "0.000"]


def test_what_is_saved_of_a_chart_are_values_under_names_that_no_language_changes() -> None:
    with as_visitor("zh"):
        columns = [percent_column("share", "Share", [0.25, None]), date_column("last", "Last", [1511136000, None])]
    saved = plain_table([*columns, RecordColumn("item_id", "Item: id", ["m1", "m2"], shown=False)])
    assert list(saved) == ["share", "last", "item_id"]
    assert saved.iloc[0].tolist() == [0.25, "2017-11-20T00:00:00Z", "m1"]
    assert saved.iloc[1].isna().tolist() == [True, True, False]


def test_the_first_rows_keep_their_texts_and_ids() -> None:
    column = RecordColumn("item", "Item", ["a", "b", "c"], ["A", "B", "C"], ids=["1", "2", "3"]).first(2)
    assert (column.values, column.texts, column.ids) == (["a", "b"], ["A", "B"], ["1", "2"])


def test_an_items_id_has_a_column_of_its_own_that_is_there_when_it_is_chosen() -> None:
    with as_visitor("en"):
        title, own = item_columns("Item", [Item("m1", "Milk"), Item("m2", "Milk")], notes=["", "no. 2"])
    assert (title.values, title.ids, title.shown) == (["Milk", "Milk · no. 2"], ["m1", "m2"], True)
    assert (own.name, own.values, own.shown) == ("item_id", ["m1", "m2"], False)


def test_what_the_browser_says_of_a_table_becomes_its_choice() -> None:
    said = {"sort": "-rank", "find": "", "columns": ["rank"], "rows": 0}
    assert arrangement(said) == {"sort": "-rank", "find": None, "columns": ("rank",)}
    assert arrangement({**said, "rows": 10**9})["rows"] == MOST_ROWS


def test_chosen_columns_that_the_table_lacks_are_left_out() -> None:
    columns = [RecordColumn("rank", "Rank", [1]), RecordColumn("item", "Item", ["Milk"])]
    assert shown_names(TableChoice(columns=("gone", "item")), columns) == ["item"]
