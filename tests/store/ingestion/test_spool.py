"""Behaviors and impressions that are too many for memory: kept on disk, sorted in parts, gone on with."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from din_core.domain import RejectedRows, StoreError
from din_core.store import ingest, open_store
from din_core.store.ingestion.spool.line_spool import LINE, LineSpool
from din_core.store.ingestion.spool.sorting import sorted_parts
from din_core.store.ingestion.spool.spool_folder import SpoolFolder
from tests.store.input_tables import Tables, contents, database, valid_tables, write

KEPT = ".store.db.ingest"


def many_rows(seed: int = 0) -> Tables:
    """Rows of 40 users in no order, with ties in time."""
    tables, draw = valid_tables(), np.random.default_rng(seed)
    users = [f"u{n}" for n in range(40)]
    tables["users"] = {"user_id": users}
    for name, n in (("behaviors", 600), ("impressions", 200)):
        tables[name] = {
            "user_id": [users[u] for u in draw.integers(0, 40, n)],
            "item_id": ["abc"[i] for i in draw.integers(0, 3, n)],
            "timestamp": draw.integers(0, 20, n).tolist(),
        }
    tables["behaviors"] |= {"behavior_type": ["buy", None, "view"] * 200, "quantity": [n % 4 for n in range(600)]}
    tables["impressions"] |= {"label": [0, 1] * 100, "store": ["s1", None] * 100}
    return tables


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LineSpool, "part_rows", 50)
    monkeypatch.setattr("din_core.store.ingestion.unpacking.parquet_batches.BATCH_ROWS", 30)


def in_memory(tmp_path: Path, tables: Tables) -> list[str]:
    """What a store of these tables holds that were never on disk."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LineSpool, "part_rows", 1 << 22)
        ingest(write(tmp_path / "in", tables), database(tmp_path, "memory.db"))
    return contents(database(tmp_path, "memory.db"))


@pytest.mark.usefixtures("small_parts")
def test_rows_that_went_over_disk_are_stored_as_others_and_leave_nothing_there(tmp_path: Path) -> None:
    expected = in_memory(tmp_path, many_rows())
    ingest(tmp_path / "in", database(tmp_path))
    assert {path.name for path in tmp_path.iterdir() if "memory" not in path.name} == {"in", "store.db"}
    assert contents(database(tmp_path)) == expected


def test_rows_are_stored_by_user_and_time_and_those_of_one_time_as_they_came(tmp_path: Path) -> None:
    tables = valid_tables()
    tables["behaviors"] = {
        "user_id": ["u2", "u1", "u2", "u1", "u1"],
        "item_id": ["a", "a", "b", "c", "b"],
        "timestamp": [5, 9, 3, 9, 1],
    }
    ingest(write(tmp_path / "in", tables), database(tmp_path))
    store = open_store(database(tmp_path))
    with store.engine.connect() as connection:
        keys = connection.exec_driver_sql("SELECT user_key, timestamp, item_key FROM behaviors ORDER BY behavior_key")
        assert [tuple(row) for row in keys] == [(1, 1, 2), (1, 9, 1), (1, 9, 3), (2, 3, 2), (2, 5, 1)]


def test_each_users_rows_come_in_one_sorted_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LineSpool, "part_rows", 40)
    draw = np.random.default_rng(1)
    folder = SpoolFolder(tmp_path / "store.db")
    spool = LineSpool("behaviors", folder.path)
    rows = {"user": draw.integers(0, 9, 300), "item": np.arange(300), "time": draw.integers(0, 4, 300)}
    for start in range(0, 300, 25):
        spool.add({name: column[start : start + 25] for name, column in rows.items()})
    assert (spool.on_disk, spool.in_order) == (True, False)
    parts = [*sorted_parts(spool, 9, folder.path())]
    found = np.concatenate(parts)
    assert found.dtype == LINE
    assert len(parts) > 3
    assert found["item"].tolist() == np.lexsort((rows["time"], rows["user"])).tolist()
    users = [set(part["user"].tolist()) for part in parts]
    assert sum(map(len, users)) == len(set[int]().union(*users))
    folder.remove()
    assert not (tmp_path / KEPT).exists()


KILLED = """
import os, sys
from pathlib import Path
from din_core.store import ingest
from din_core.store.ingestion.spool.line_spool import LineSpool
LineSpool.part_rows = 50
step = sys.argv[3]
ingest(Path(sys.argv[1]), sys.argv[2], progress=lambda at, done, total: at == step and done and os._exit(9))
"""


def killed(tables: Path, url: str, step: str) -> None:
    """An ingest that ends without a word in the middle of a step."""
    done = subprocess.run([sys.executable, "-c", KILLED, str(tables), url, step], check=False)
    assert done.returncode == 9


def steps_of(tables: Path, url: str) -> set[str]:
    """The steps of an ingest."""
    steps = set[str]()
    ingest(tables, url, progress=lambda step, done, total: steps.add(step))
    return steps


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("step", ["loading items", "loading behaviors", "building indexes"])
def test_an_ingest_that_was_killed_while_loading_goes_on_with_what_it_checked(tmp_path: Path, step: str) -> None:
    expected = in_memory(tmp_path, many_rows())
    killed(tmp_path / "in", database(tmp_path), step)
    steps = steps_of(tmp_path / "in", database(tmp_path))
    assert not {own for own in steps if own.startswith("checking")}
    assert contents(database(tmp_path)) == expected
    assert not (tmp_path / KEPT).exists()


@pytest.mark.usefixtures("small_parts")
def test_one_that_was_killed_while_checking_or_whose_tables_changed_starts_over(tmp_path: Path) -> None:
    write(tmp_path / "in", many_rows())
    killed(tmp_path / "in", database(tmp_path), "checking behaviors")
    assert "checking behaviors" in steps_of(tmp_path / "in", database(tmp_path))
    killed(tmp_path / "in", database(tmp_path, "other.db"), "loading behaviors")
    expected = in_memory(tmp_path, many_rows(seed=1))
    assert "checking behaviors" in steps_of(tmp_path / "in", database(tmp_path, "other.db"))
    assert contents(database(tmp_path, "other.db")) == expected


@pytest.mark.usefixtures("small_parts")
def test_counts_rejects_and_notes_are_those_of_the_check_that_was_gone_on_with(tmp_path: Path) -> None:
    tables = many_rows()
    tables["behaviors"]["item_id"][7] = "nothing"
    write(tmp_path / "in", tables)
    whole = ingest(tmp_path / "in", database(tmp_path, "whole.db"), skip_rejects=True)
    once = KILLED.replace("progress=", "skip_rejects=True, progress=")
    arguments = [str(tmp_path / "in"), database(tmp_path), "loading behaviors"]
    assert subprocess.run([sys.executable, "-c", once, *arguments], check=False).returncode == 9
    again = ingest(tmp_path / "in", database(tmp_path), skip_rejects=True)
    assert (again.counts, again.rejects, again.notes) == (whole.counts, whole.rejects, whole.notes)
    assert again.rejects[0].count == 1


@pytest.mark.usefixtures("small_parts")
def test_rejected_rows_leave_nothing_behind(tmp_path: Path) -> None:
    tables = many_rows()
    tables["impressions"]["label"][150] = 7
    with pytest.raises(RejectedRows, match="1 of"):
        ingest(write(tmp_path / "in", tables), database(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


@pytest.mark.usefixtures("small_parts")
def test_a_second_ingest_into_the_same_store_at_one_time_is_refused(tmp_path: Path) -> None:
    running = SpoolFolder(tmp_path / "store.db")
    running.path()
    with pytest.raises(StoreError, match="another ingest is running there; wait for its end"):
        ingest(write(tmp_path / "in", many_rows()), database(tmp_path))
    running.remove()
    assert ingest(tmp_path / "in", database(tmp_path)).counts["behaviors"].loaded == 600


def test_batches_that_are_looked_at_together_are_read_as_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = many_rows()
    tables["behaviors"]["item_id"][500] = "nothing"
    for kind in ("parquet", "csv"):
        write(tmp_path / kind, tables, kind)
        monkeypatch.setattr("din_core.store.ingestion.unpacking.parquet_batches.BATCH_ROWS", 30)
        monkeypatch.setattr("din_core.store.ingestion.table_files._BLOCK_BYTES", 400)
        monkeypatch.setattr("din_core.store.ingestion.validation._IDS_A_BATCH", 1 << 16)
        apart = ingest(tmp_path / kind, database(tmp_path, f"{kind}-apart.db"), skip_rejects=True)
        monkeypatch.setattr("din_core.store.ingestion.validation._IDS_A_BATCH", 10)
        joined = ingest(tmp_path / kind, database(tmp_path, f"{kind}-joined.db"), skip_rejects=True)
        assert (joined.counts, joined.rejects, joined.notes) == (apart.counts, apart.rejects, apart.notes)
        assert [example.row for example in joined.rejects[0].examples] == [501]
        assert contents(joined.url) == contents(apart.url)
