"""Rows that cannot be loaded: told by reason, file and row, and nothing half-loaded."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from din_core.domain import RejectedRows
from din_core.store import TableCounts, ingest, open_store
from tests.store.input_tables import contents, database, loaded, rejects_of, valid_tables, write

BAD = [
    ("items", "item_id", ["a", "b", None], "item_id is missing", 3),
    ("items", "item_id", ["a", "b", "b"], "item_id stands in more than one row; the first is kept", 3),
    ("items", "item_id", ["a", "b", "N/A"], "item_id is missing", 3),
    ("items", "item_id", ["a", "b", "8.00012E+11"], "item_id is written with an exponent", 3),
    ("items", "item_id", ["a", "b", "é" * 501], "item_id is longer than 500 characters, the limit of an id", 3),
    ("items", "title", ["a", "y" * 131_073, None], "title is longer than 131,072 characters: shorten it", 2),
    ("users", "age", ["y" * 131_073, None], "age is longer than 131,072 characters: shorten it", 1),
    ("users", "user_id", ["u1", " "], "user_id is missing", 2),
    ("users", "user_id", ["u1", "NaN"], "user_id is missing", 2),
    ("behaviors", "item_id", ["a", "b", "z", "a"], "item_id is not in items, or its row there is rejected", 3),
    ("behaviors", "item_id", ["a", "b", "1e+11", "a"], "item_id is written with an exponent", 3),
    ("behaviors", "user_id", ["u1", "NULL", "u2", "u1"], "user_id is missing", 2),
    ("behaviors", "user_id", ["u1", None, "u2", "u1"], "user_id is missing", 2),
    ("impressions", "user_id", ["u1", "u1", "u2", "u2", "u9"], "user_id is not in users", 5),
    ("behaviors", "behavior_type", ["a", "é" * 501, "b", "c"], "behavior_type is longer than 500 characters", 2),
    ("behaviors", "timestamp", [1.0, None, 2.0, 3.0], "timestamp is missing", 2),
    ("behaviors", "timestamp", [1, 2, -3, 4], "timestamp is before 1970", 3),
    ("behaviors", "timestamp", [1, 1577836800000, 2, 3], "timestamp is beyond the year 2100", 2),
    ("behaviors", "timestamp", [1.0, float("inf"), 2.0, 3.0], "timestamp is no time", 2),
    ("behaviors", "timestamp", ["1", "9" * 30, "2", "3"], "timestamp is beyond the year 2100", 2),
    ("behaviors", "timestamp", ["1", "2", "now", "3"], "timestamp is no time", 3),
    ("behaviors", "timestamp", ["2020-01-01", "2020-13-01", "2", "3"], "timestamp is no time", 2),
    ("behaviors", "timestamp", [20260301, 20260302, 20260303, 20261301], "timestamp is no day such as 20260301", 4),
    ("behaviors", "timestamp", [1772323200, 20260301, 1772323201, 1772323202], "timestamp is a day such as 2026", 2),
    ("impressions", "label", [0, 1, 2, 0, 1], "label is neither 0 nor 1", 3),
    ("impressions", "label", [0, 1, 0.5, 0, 1], "label is neither 0 nor 1", 3),
    ("impressions", "label", [0, 1, None, 0, 1], "label is missing", 3),
    ("impressions", "split", ["train", "train", "holdout", "test", "test"], "split is none of train, valid, test", 3),
    ("impressions", "split", ["train", None, "test", "test", "test"], "split is missing", 2),
]  # fmt: skip


@pytest.mark.parametrize(("table", "column", "values", "reason", "row"), BAD)
@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_a_row_that_cannot_be_loaded_is_told_with_its_file_row_and_value(
    tmp_path: Path, table: str, column: str, values: list[object], reason: str, row: int, kind: str
) -> None:
    tables = valid_tables()
    tables[table][column] = values
    rejects = [reject for reject in rejects_of(tmp_path, tables, kind) if reject.table == table]
    assert [reject.count for reject in rejects] == [1]
    assert rejects[0].reason.startswith(reason)
    example = rejects[0].examples[0]
    assert (example.file, example.row) == (f"{table}.{kind}", row)


def test_ids_that_floats_cannot_hold_are_refused(tmp_path: Path) -> None:
    tables = valid_tables()
    tables["items"] |= {"item_id": [1.5, float(2**60), 3.0]}
    tables["behaviors"]["item_id"] = tables["impressions"]["item_id"] = []
    tables["behaviors"] = {"user_id": ["u1"], "item_id": [3], "timestamp": [1]}
    tables["impressions"] = {"user_id": ["u1"], "item_id": [3], "timestamp": [1], "label": [1]}
    (reject,) = rejects_of(tmp_path, tables)
    assert reject.reason.startswith("item_id is a number with decimals or beyond 2^53")
    assert [e.value for e in reject.examples] == ["1.5", str(float(2**60))]


def test_all_reasons_of_all_tables_come_at_once_with_at_most_five_examples(tmp_path: Path) -> None:
    tables = valid_tables()
    tables["items"]["item_id"][0] = "nan"  # so the behaviors with item a have no item either
    tables["impressions"] = {
        "user_id": ["u1"] * 40,
        "item_id": ["b"] * 40,
        "timestamp": [-1] * 30 + [1] * 10,
        "label": [1] * 40,
    }
    rejects = rejects_of(tmp_path, tables)
    assert [(reject.table, reject.count, len(reject.examples)) for reject in rejects] == [
        ("items", 1, 1),
        ("behaviors", 3, 3),
        ("impressions", 30, 5),
    ]


def test_a_row_with_two_faults_is_counted_once(tmp_path: Path) -> None:
    tables = valid_tables()
    tables["behaviors"]["item_id"][0], tables["behaviors"]["timestamp"][0] = "z", -1
    assert [reject.count for reject in rejects_of(tmp_path, tables)] == [1]


def test_the_message_of_a_rejection_reads_like_a_report(tmp_path: Path) -> None:
    tables = valid_tables()
    tables["impressions"]["label"][4] = 7
    with pytest.raises(RejectedRows) as caught:
        ingest(write(tmp_path / "in", tables), database(tmp_path))
    assert str(caught.value) == (
        "1 of 14 rows cannot be loaded, so nothing was; mend them, or leave them out with --skip-rejects\n"
        "  impressions: label is neither 0 nor 1 (1 row)\n"
        '    impressions.parquet row 5: "7"'
    )


def test_hours_written_as_numbers_are_refused_as_a_whole(tmp_path: Path) -> None:
    tables = valid_tables()
    tables["behaviors"]["timestamp"] = [2026030109, 2026030110, 2026030111, 2026030123]
    (reject,) = rejects_of(tmp_path, tables, "csv")
    assert (reject.count, reject.reason[:45]) == (4, "timestamp is a day and hour such as 202603010")


@pytest.mark.parametrize("written", ["0012", "12", "12.0"])
def test_ids_that_differ_in_leading_zeros_are_told_apart_from_unknown_ones(tmp_path: Path, written: str) -> None:
    tables = valid_tables()
    tables["items"]["item_id"] = ["a", "b", "012"]
    tables["behaviors"]["item_id"][2] = written
    tables["impressions"]["item_id"] = ["a"] * 5
    (reject,) = rejects_of(tmp_path, tables, "csv")
    assert reject.reason == "item_id is in items only with other leading zeros: write it alike in all tables"
    assert reject.examples[0].value == written


def test_a_time_that_no_calendar_holds_is_told_by_its_number(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", valid_tables())
    far = pa.array([1, 2, 3, 2**62], pa.timestamp("us"))
    table = pq.read_table(folder / "behaviors.parquet")
    pq.write_table(table.set_column(2, "timestamp", far), folder / "behaviors.parquet")
    with pytest.raises(RejectedRows, match=f'"{2**62}"'):
        ingest(folder, database(tmp_path))


def test_a_rejected_ingest_makes_no_store(tmp_path: Path) -> None:
    tables = valid_tables()
    tables["impressions"]["label"][4] = 7
    rejects_of(tmp_path, tables)
    assert not (tmp_path / "store.db").exists()


def test_a_rejected_append_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    loaded(tmp_path, valid_tables()).close()
    before = contents(database(tmp_path))
    tables = valid_tables()
    tables["impressions"]["label"][4] = 7
    with pytest.raises(RejectedRows):
        ingest(write(tmp_path / "more", tables), database(tmp_path), append=True)
    assert contents(database(tmp_path)) == before


def test_skipping_rejects_loads_the_other_rows_and_reports_both(tmp_path: Path) -> None:
    tables = valid_tables()
    tables["items"]["item_id"] = ["a", "b", "b"]
    report = ingest(write(tmp_path / "in", tables), database(tmp_path), skip_rejects=True)
    assert report.counts["items"] == TableCounts(read=3, loaded=2, rejected=1)
    assert report.counts["impressions"] == TableCounts(read=5, loaded=3, rejected=2)
    assert [reject.count for reject in report.rejects] == [1, 2]
    store = open_store(database(tmp_path))
    assert store.item("b").title == "Bread · 1 lb"
    assert store.summary().n_impressions == 3


def test_impressions_without_a_split_may_all_be_skipped(tmp_path: Path) -> None:
    tables = valid_tables()
    del tables["impressions"]["split"]
    tables["impressions"]["label"] = [7] * 5
    report = ingest(write(tmp_path / "in", tables), database(tmp_path), skip_rejects=True)
    assert report.counts["impressions"] == TableCounts(read=5, loaded=0, rejected=5)


def test_skipping_every_row_is_refused(tmp_path: Path) -> None:
    tables = valid_tables()
    tables["items"]["item_id"] = tables["users"]["user_id"] = [None]
    tables["items"] = {"item_id": [None]}
    tables["users"] = {"user_id": [None]}
    with pytest.raises(RejectedRows):
        ingest(write(tmp_path / "in", tables), database(tmp_path), skip_rejects=True)
    assert not (tmp_path / "store.db").exists()
