"""From tables on disk into a store."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from din_core.domain import StoreError
from din_core.store import TableCounts, create_store, ingest, open_store
from din_core.store.splits.split_rule import SplitCuts
from tests.store.input_tables import contents, database, loaded, rejects_of, valid_tables, write


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_both_file_formats_load_the_same(url: str, tmp_path: Path, kind: str) -> None:
    store = loaded(tmp_path, valid_tables(), kind)
    assert store.item("a").fields == {"category": "fruit"}
    assert (store.item("a").price, store.item("b").price) == (1.5, None)
    assert (store.item("c").title, store.item("c").fields["category"]) == (None, None)
    assert store.user("u1").fields == {"age": ("20-29",), "hobbies": ("art", "chess")}
    assert store.user("u2").fields == {"age": (), "hobbies": ()}
    history = store.history("u1", 300)
    assert [(b.item.item_id, b.timestamp, b.behavior_type) for b in history.behaviors] == [
        ("a", 100, "buy"),
        ("b", 200, "view"),
    ]
    assert [i.context["store"] for i in store.impressions("u2")] == ["s2", None]
    assert store.summary().behavior_fields == ("quantity",)
    assert store.summary().provenance is None


def test_a_report_counts_the_rows_of_each_table(url: str, tmp_path: Path) -> None:
    report = ingest(write(tmp_path / "in", valid_tables()), url)
    assert report.counts == {
        "items": TableCounts(3, 3),
        "users": TableCounts(2, 2),
        "behaviors": TableCounts(4, 4),
        "impressions": TableCounts(5, 5),
    }
    assert report.rejects == []


def test_progress_is_told_by_step_and_ends_at_its_total(url: str, tmp_path: Path) -> None:
    reported: dict[str, tuple[int, int | None]] = {}
    ingest(
        write(tmp_path / "in", valid_tables(), "csv"),
        url,
        progress=lambda step, done, total: reported.update({step: (done, total)}),
    )
    assert reported["checking behaviors"] == (4, None)  # a CSV does not say how long it is
    assert reported["loading behaviors"] == (4, 4)
    assert reported["building indexes"][0] == reported["building indexes"][1]


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ([1, 2, 2**62 + 1], ["1", "2", str(2**62 + 1)]),
        ([1.0, 2.0, 30.0], ["1", "2", "30"]),
        (["007", " x ", "é"], ["007", "x", "é"]),
        (pd.Categorical(["p", "q", "r"]), ["p", "q", "r"]),
    ],
)
@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_ids_are_kept_as_text_exactly(
    url: str, tmp_path: Path, written: list[object], stored: list[str], kind: str
) -> None:
    tables = valid_tables()
    replaced = dict(zip("abc", written, strict=True))
    tables["items"]["item_id"] = written
    for name in ("behaviors", "impressions"):
        tables[name]["item_id"] = [replaced[i] for i in tables[name]["item_id"]]
    store = loaded(tmp_path, tables, kind, url=url)
    assert [item.item_id for item in store.search_items("").matches] == stored


def test_nuls_are_left_out_and_long_texts_are_kept(url: str, tmp_path: Path) -> None:
    tables = valid_tables()
    tables["items"] |= {"item_id": ["a\0", "b", "c"], "title": ["Ap\0ple", "y" * 20_000, None]}
    tables["users"]["age"] = ["2\0", "é" * 5000]
    tables["behaviors"]["behavior_type"] = ["b\0uy", "咖" * 500, None, "\0"]
    store = loaded(tmp_path, tables, url=url)
    assert (store.item("a").title, len(store.item("b").title or "")) == ("Apple", 20_000)
    assert store.user("u1").fields["age"] == ("2",)
    types = [behavior.behavior_type for behavior in store.history("u1", 2**40).behaviors]
    assert types == ["buy", "咖" * 500, None]
    assert [item.item_id for item in store.search_items("apple").matches] == ["a"]
    store.close()


@pytest.mark.parametrize("name", ["n" * 301, "a\0b"])
def test_a_column_whose_name_no_index_holds_is_refused(tmp_path: Path, name: str) -> None:
    tables = valid_tables()
    tables["items"][name] = ["1", "2", "3"]
    with pytest.raises(StoreError, match=r"items\.parquet has a column whose name holds a NUL or is longer than 300"):
        loaded(tmp_path, tables)


def test_ids_match_between_a_file_of_integers_and_one_of_text(tmp_path: Path) -> None:
    tables = valid_tables()
    tables["items"]["item_id"] = [1, 2, 3]
    for name in ("behaviors", "impressions"):
        tables[name]["item_id"] = [str("abc".index(i) + 1) for i in tables[name]["item_id"]]
    assert loaded(tmp_path, tables).summary().n_behaviors == 4


def test_lists_are_several_values_of_a_users_field(url: str, tmp_path: Path) -> None:
    tables = valid_tables()
    tables["users"]["hobbies"] = [["art", None, "go|chess"], []]
    store = loaded(tmp_path, tables, url=url)
    assert store.user("u1").fields["hobbies"] == ("art", "go|chess")
    assert store.user("u2").fields["hobbies"] == ()


def test_numbers_in_fields_become_text_without_a_tail(url: str, tmp_path: Path) -> None:
    tables = valid_tables()
    tables["items"]["shop"] = [17.0, None, 2.5]
    tables["items"]["organic"] = [True, False, True]
    tables["impressions"]["store"] = [367.0, 292.0, None, 1.0, 2.0]
    store = loaded(tmp_path, tables, url=url)
    assert [store.item(i).fields["shop"] for i in "abc"] == ["17", None, "2.5"]
    assert store.item("a").fields["organic"] == "true"
    assert [i.context["store"] for i in store.impressions("u2")] == ["1", None]


TIMES = pd.to_datetime(
    ["2020-01-01 00:00:00", "2020-01-01 00:00:01.9", "2021-06-30 12:00", "1970-01-01"], format="ISO8601"
)


SECONDS = [1577836800, 1577836801, 1625054400, 0]


@pytest.mark.parametrize(
    "written",
    [
        SECONDS,
        [float(s) + 0.5 for s in SECONDS],
        np.array(SECONDS, dtype=np.uint64),
        TIMES,
        TIMES.as_unit("ns"),
        TIMES.tz_localize("UTC").tz_convert("Asia/Kolkata"),
        [t.isoformat() for t in TIMES],
        [t.isoformat() + "+00:00" for t in TIMES],
        [f"{s}.0" for s in SECONDS],
        [str(SECONDS[0]), TIMES[1].isoformat(), "2021-06-30 14:00+02:00", "1970-01-01"],
    ],
    ids=["int", "float", "uint", "us", "ns", "zone", "iso", "iso-utc", "float-text", "mixed-text"],
)
@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_times_may_be_written_in_many_ways_and_are_rounded_down(
    url: str, tmp_path: Path, written: list[object], kind: str
) -> None:
    tables = valid_tables()
    tables["behaviors"] |= {"timestamp": written, "user_id": ["u1"] * 4, "behavior_type": list("pqrs")}
    history = loaded(tmp_path, tables, kind, url=url).history("u1", 2**40)
    assert {b.behavior_type: b.timestamp for b in history.behaviors} == dict(zip("pqrs", SECONDS, strict=True))


class Stopped(Exception):
    pass


@pytest.mark.parametrize("step", ["loading items", "loading impressions", "building indexes"])
@pytest.mark.parametrize("filled", [False, True])
def test_an_interrupted_ingest_loads_nothing(url: str, tmp_path: Path, step: str, filled: bool) -> None:
    if filled:
        loaded(tmp_path, valid_tables(), url=url).close()
    else:
        create_store(url).close()
    before = contents(url)

    def stop(at: str, done: int, total: int | None) -> None:
        if at == step and done:
            raise Stopped

    with pytest.raises(Stopped):
        ingest(write(tmp_path / "more", valid_tables()), url, append=True, progress=stop)
    assert contents(url) == before
    ingest(tmp_path / "more", url, append=True)
    assert open_store(url).summary().n_behaviors == 4


KILLED = """
import os, sys
from pathlib import Path
from din_core.store import ingest
ingest(Path(sys.argv[1]), sys.argv[2], progress=lambda step, done, total: step == "building indexes" and os._exit(9))
"""


def test_a_killed_ingest_leaves_a_target_that_the_next_one_fills(url: str, tmp_path: Path) -> None:
    tables = write(tmp_path / "in", valid_tables())
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tables), url], check=False)
    assert killed.returncode == 9
    with pytest.raises(StoreError, match="holds no behavior store"):
        open_store(url)
    ingest(tables, url)
    assert open_store(url).summary().n_behaviors == 4


def test_every_stored_reference_has_its_row(tmp_path: Path) -> None:
    """An ingest looks keys up itself instead of having SQLite check them."""
    loaded(tmp_path, valid_tables()).close()
    ingest(write(tmp_path / "more", valid_tables()), database(tmp_path), append=True)
    with sqlite3.connect(tmp_path / "store.db") as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_impressions_without_a_split_are_split_by_time(url: str, tmp_path: Path) -> None:
    tables = valid_tables()
    tables["impressions"] = {
        "user_id": ["u1"] * 10,
        "item_id": ["a"] * 10,
        "timestamp": [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
        "label": [1] * 10,
    }
    store = loaded(tmp_path, tables, url=url)
    assert [i.split for i in store.impressions("u1")] == ["test", "valid", *["train"] * 8]
    with pytest.raises(StoreError, match="lacks the column split"):
        ingest(tmp_path / "parquet", url, append=True)


@given(times=st.lists(st.integers(0, 50), min_size=1, max_size=200))
def test_a_split_by_time_never_parts_equal_times_nor_turns_back(times: list[int]) -> None:
    array = np.array(times)
    splits: list[int] = SplitCuts.of(array).codes(array).tolist()
    by_time: dict[int, set[int]] = {}
    for time, split in zip(times, splits, strict=True):
        by_time.setdefault(time, set()).add(split)
    assert all(len(found) == 1 for found in by_time.values())
    order = [found.pop() for _, found in sorted(by_time.items())]
    assert order == sorted(order)
    assert splits.count(0) <= 0.8 * len(times)
    assert splits.count(0) + splits.count(1) <= 0.9 * len(times)


def test_rows_beyond_one_batch_are_numbered_and_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("din_core.store.ingestion.unpacking.parquet_batches.BATCH_ROWS", 7)
    monkeypatch.setattr("din_core.store.ingestion.table_files._BLOCK_BYTES", 64)
    tables = valid_tables()
    tables["users"] = {"user_id": [f"u{n}" for n in range(50)]}
    tables["behaviors"] = {
        "user_id": [f"u{n % 50}" for n in range(100)],
        "item_id": ["a"] * 100,
        "timestamp": [*range(90), -1, *range(9)],
        "quantity": [n % 3 for n in range(100)],
    }
    for kind in ("parquet", "csv"):
        (reject,) = rejects_of(tmp_path / kind, tables, kind)
        assert reject.examples[0].row == 91
        report = ingest(tmp_path / kind / "bad", database(tmp_path, f"{kind}.db"), skip_rejects=True)
        assert report.counts["behaviors"] == TableCounts(read=100, loaded=99, rejected=1)
        bulk = open_store(database(tmp_path, f"{kind}.db")).bulk()
        assert np.bincount(bulk.behavior_user).tolist() == [2] * 40 + [1] + [2] * 9


def test_a_target_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_text("this is no database, but a letter of more than a hundred bytes " * 9)
    with pytest.raises(StoreError, match=r"store.db cannot be written \(file is not a database\)"):
        ingest(write(tmp_path / "in", valid_tables()), database(tmp_path))


def test_a_store_is_made_in_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    url = database(tmp_path, "a/b/store.db")
    ingest(write(tmp_path / "in", valid_tables()), url)
    assert open_store(url).summary().n_users == 2
