"""Somebody's tables into a new file: checked by the ingest's own checks, all or nothing, never over what is there."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from din_core.domain import RejectedRows, StoreError
from din_core.store import check_tables, import_tables, ingest, new_store, open_store, preview_tables
from din_core.store.ingestion.table_import import folder_below, optional_columns, required_columns
from tests.store.input_tables import Tables, database, valid_tables, write


@pytest.fixture
def bad() -> Tables:
    """One impression of an unknown user, one without a label."""
    tables = valid_tables()
    tables["impressions"]["user_id"][1] = "nobody"
    tables["impressions"]["label"][3] = None
    return tables


def test_a_preview_shows_the_first_rows_and_what_the_columns_are(tmp_path: Path) -> None:
    found = {p.name: p for p in preview_tables(write(tmp_path, valid_tables(), "csv"))}
    assert list(found) == ["items", "users", "behaviors", "impressions"]
    assert (found["items"].file, found["items"].rows, found["items"].fields) == ("items.csv", None, ("category",))
    assert list(found["impressions"].head["user_id"]) == ["u1", "u1", "u2", "u2", "u1"]
    parquet = preview_tables(write(tmp_path / "p", valid_tables()))
    assert [p.rows for p in parquet] == [3, 2, 4, 5]
    assert required_columns("behaviors") == ("user_id", "item_id", "timestamp")
    assert optional_columns("items") == ("title", "price", "image_url", "vector")


def test_a_preview_shows_times_that_no_calendar_holds_as_numbers(tmp_path: Path) -> None:
    folder = write(tmp_path, valid_tables())
    table = pq.read_table(folder / "items.parquet")
    for name, kind, far in (("far", pa.timestamp("us"), 2**62), ("day", pa.date32(), 2**31 - 1)):
        table = table.append_column(name, pa.array([far, 0, None], kind))
    pq.write_table(table, folder / "items.parquet")
    head = preview_tables(folder)[0].head
    assert tuple(head.loc[0, ["far", "day"]]) == (str(2**62), str(2**31 - 1))


def test_missing_files_are_told(tmp_path: Path) -> None:
    (write(tmp_path, valid_tables()) / "users.parquet").unlink()
    for look in (preview_tables, check_tables):
        with pytest.raises(StoreError, match=r"users\.parquet or users\.csv is missing"):
            look(tmp_path)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_check_finds_what_an_ingest_refuses_and_loads_nothing(tmp_path: Path, bad: Tables, kind: str) -> None:
    folder = write(tmp_path / "bad", bad, kind)
    report = check_tables(folder)
    with pytest.raises(RejectedRows) as refused:
        ingest(folder, database(tmp_path))
    assert tuple(report.rejects) == refused.value.rejects
    assert [(r.table, r.count) for r in report.rejects] == [("impressions", 1), ("impressions", 1)]
    counts = report.counts["impressions"]
    assert (counts.read, counts.loaded, counts.rejected) == (5, 3, 2)
    assert [path.name for path in tmp_path.iterdir()] == ["bad"]


def test_what_is_imported_is_what_an_ingest_loads(tmp_path: Path) -> None:
    folder = write(tmp_path / "tables", valid_tables())
    target = new_store(tmp_path, "shop/stores", "my-shop 1.db")
    report = import_tables(folder, target)
    assert report.url == f"sqlite:///{tmp_path / 'shop' / 'stores' / 'my-shop 1.db'}"
    store = open_store(report.url)
    try:
        assert (store.summary().n_behaviors, store.summary().n_impressions) == (4, 5)
    finally:
        store.close()
    assert [path.name for path in target.parent.iterdir()] == ["my-shop 1.db"]


def test_rejected_rows_leave_no_file_unless_they_are_left_out(tmp_path: Path, bad: Tables) -> None:
    folder, target = write(tmp_path / "bad", bad), tmp_path / "new" / "own.db"
    with pytest.raises(RejectedRows):
        import_tables(folder, target)
    assert list(target.parent.iterdir()) == []
    report = import_tables(folder, target, skip_rejects=True)
    assert report.counts["impressions"].loaded == 3
    assert target.is_file()


def test_an_import_that_is_broken_off_leaves_no_file(tmp_path: Path) -> None:
    folder, target = write(tmp_path / "tables", valid_tables()), tmp_path / "new" / "own.db"

    def stop(step: str, done: int, total: int | None) -> None:
        if step == "loading behaviors":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_tables(folder, target, progress=stop)
    assert list(target.parent.iterdir()) == []


def test_what_is_there_is_never_written_over(tmp_path: Path) -> None:
    folder, target = write(tmp_path / "tables", valid_tables()), tmp_path / "own.db"
    target.write_text("precious", "utf-8")
    with pytest.raises(StoreError, match="is there already and is not written over"):
        new_store(tmp_path, "", "own.db")
    with pytest.raises(StoreError, match="is there already and is not written over"):
        import_tables(folder, target)
    assert target.read_text("utf-8") == "precious"


@pytest.mark.parametrize(
    "name", ["", "own", "../own.db", ".own.db", "a/b.db", "own.db\n", "own.sqlite", "/own.db", "咖" * 80 + ".db"]
)
def test_names_that_are_no_file_of_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreError, match="is no name for a new store"):
        new_store(tmp_path, "", name)


@pytest.mark.parametrize("folder", ["..", "/", "a/../..", "link"])
def test_folders_outside_are_refused(tmp_path: Path, folder: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(tmp_path)
    with pytest.raises(StoreError, match="lies outside of"):
        folder_below(root, folder)
    with pytest.raises(StoreError, match="lies outside of"):
        new_store(root, folder, "own.db")
    assert folder_below(root, str(root / "inside")) == (root / "inside").resolve()


@pytest.mark.parametrize("folder", ["a/" * 200, "a" * 201, "咖" * 100, "a\0b"])
def test_names_that_no_disk_takes_are_refused(tmp_path: Path, folder: str) -> None:
    with pytest.raises(StoreError, match="is no name of a folder: it has at most 300 characters"):
        folder_below(tmp_path, folder)
