"""Rows that cannot be loaded: told by reason, file and row, and nothing half-loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from din_core.domain import RejectedRows
from din_core.store import TableCounts, ingest, open_store
from tests.store.input_tables import contents, database, loaded, rejects_of, valid_tables, write

BAD = [
    ("items", "item_id", ["a", "b", None], "item_id is missing", 3),
    ("items", "item_id", ["a", "b", "b"], "item_id stands in more than one row; the first is kept", 3),
    ("items", "price", ["1", "2", "cheap"], "price is not a number", 3),
    ("items", "price", [1.0, float("inf"), 2.0], "price is not a number", 2),
    ("users", "user_id", ["u1", " "], "user_id is missing", 2),
    ("users", "user_id", ["u1", "NaN"], "user_id is missing", 2),
    ("behaviors", "item_id", ["a", "b", "z", "a"], "item_id is not in items, or its row there is rejected", 3),
    ("behaviors", "user_id", ["u1", None, "u2", "u1"], "user_id is missing", 2),
    ("impressions", "user_id", ["u1", "u1", "u2", "u2", "u9"], "user_id is not in users", 5),
    ("behaviors", "timestamp", [1.0, None, 2.0, 3.0], "timestamp is missing", 2),
    ("behaviors", "timestamp", [1, 2, -3, 4], "timestamp is before 1970", 3),
    ("behaviors", "timestamp", [1, 1577836800000, 2, 3], "timestamp is beyond the year 2100", 2),
    ("behaviors", "timestamp", [1.0, float("inf"), 2.0, 3.0], "timestamp is no time", 2),
    ("behaviors", "timestamp", ["1", "9" * 30, "2", "3"], "timestamp is beyond the year 2100", 2),
    ("behaviors", "timestamp", ["1", "2", "now", "3"], "timestamp is no time", 3),
    ("behaviors", "timestamp", ["2020-01-01", "2020-13-01", "2", "3"], "timestamp is no time", 2),
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
    tables["items"]["price"] = ["x", "1", "2"]  # so the behaviors with item a have no item either
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


def test_skipping_every_row_is_refused(tmp_path: Path) -> None:
    tables = valid_tables()
    tables["items"]["item_id"] = tables["users"]["user_id"] = [None]
    tables["items"] = {"item_id": [None]}
    tables["users"] = {"user_id": [None]}
    with pytest.raises(RejectedRows):
        ingest(write(tmp_path / "in", tables), database(tmp_path), skip_rejects=True)
    assert not (tmp_path / "store.db").exists()
