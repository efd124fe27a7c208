"""A small file that unpacks to more than any memory is read in small parts, or refused in one sentence."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from din_core.domain import StoreError
from din_core.store import check_tables, ingest, preview_tables
from din_core.store.ingestion.find_tables import find_tables
from din_core.store.ingestion.table_files import ReadingOptions, TableFile
from din_core.store.ingestion.table_import import PREVIEW_LENGTH, PREVIEW_ROWS
from din_core.store.ingestion.unpacking.bounds import Bounds
from tests.store.input_tables import database, valid_tables, write

ROWS = 20_000
TITLE = "x" * 20_000
"""One text of this length for every row: 400 MB."""
PACKED = "din_core.store.ingestion.unpacking"


@pytest.fixture
def bomb(tmp_path: Path) -> Path:
    """A folder whose items have one long title in all rows, and tags that all are of one row."""
    folder = write(tmp_path / "bomb", valid_tables())
    titles = pa.DictionaryArray.from_arrays(pa.array([0] * ROWS, pa.int32()), pa.array([TITLE]))
    ids = ["a", "b", "c", *(f"i{n}" for n in range(ROWS - 3))]
    tags = [["tag"] * ROWS, *([["tag"]] * (ROWS - 1))]
    table = pa.table({"item_id": ids, "title": titles, "tags": tags})
    pq.write_table(table, folder / "items.parquet", store_schema=False)
    return folder


def items_of(folder: Path, bounds: Bounds | None = None) -> TableFile:
    return find_tables(folder, options=ReadingOptions(bounds=bounds or Bounds()))["items"]


def test_a_text_that_stands_once_in_a_file_and_in_every_row_comes_in_small_batches(
    bomb: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (bomb / "items.parquet").stat().st_size < 200_000
    monkeypatch.setattr(f"{PACKED}.parquet_batches.BATCH_BYTES", 1_000_000)
    rows = 0
    for batch in items_of(bomb).batches():
        assert batch.nbytes < 2_000_000 and batch.schema.field("title").type == pa.string()
        rows += batch.num_rows
    assert rows == ROWS


def test_rows_and_texts_are_those_that_were_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = pa.table(
        {
            "item_id": [f"i{n % 7}{n}" for n in range(1000)],
            "title": pa.array([None if n % 3 else f"t{n % 5}" for n in range(1000)]).dictionary_encode(),
            "tags": [None if n % 2 else ["a", None, f"b{n % 4}"] for n in range(1000)],
            "price": [n / 7 for n in range(1000)],
        }
    )
    pq.write_table(table, tmp_path / "items.parquet", row_group_size=300)
    file = TableFile("items", tmp_path / "items.parquet", tuple(table.column_names), 1000)
    for most_bytes in (1 << 26, 100):
        monkeypatch.setattr(f"{PACKED}.parquet_batches.BATCH_BYTES", most_bytes)
        found = pa.Table.from_batches(list(file.batches()))
        assert found.to_pylist() == table.to_pylist()
    monkeypatch.setattr(f"{PACKED}.parquet_batches.LONG_GROUP", 100)
    assert pa.Table.from_batches(list(file.batches(70))).to_pylist() == table.to_pylist()


def test_a_row_with_a_long_list_makes_batches_shorter(bomb: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{PACKED}.parquet_batches.BATCH_VALUES", 1000)
    assert max(batch.num_rows for batch in items_of(bomb).batches()) <= 500


@pytest.mark.parametrize(
    ("bounds", "why"),
    [
        (Bounds(bytes=50_000_000), "items.parquet unpacks to more than 50,000,000 bytes, the limit of an import here"),
        (Bounds(rows=ROWS - 1), "items.parquet has more than 19,999 rows, the limit of an import here"),
    ],
)
def test_more_than_the_bounds_is_refused_with_the_way_out(bomb: Path, bounds: Bounds, why: str) -> None:
    with pytest.raises(StoreError, match=f"{why}; load it by `python -m trainer ingest TABLES --store URL`"):
        check_tables(bomb, options=ReadingOptions(bounds=bounds))


def test_rows_of_a_csv_are_bounded_as_they_are_read(tmp_path: Path) -> None:
    folder = write(tmp_path, valid_tables(), "csv")
    assert check_tables(folder, options=ReadingOptions(bounds=Bounds(rows=5, bytes=10_000))).counts["items"].loaded == 3
    for bounds in (Bounds(rows=2), Bounds(bytes=20)):
        with pytest.raises(StoreError, match="the limit of an import here"):
            check_tables(folder, options=ReadingOptions(bounds=bounds))


@pytest.mark.parametrize("end", [".gz", ".zst"])
def test_a_packed_csv_that_is_hundreds_of_times_its_size_is_refused_by_ingest_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setattr(f"{PACKED}.bounds.FREE_BYTES", 1 << 16)
    folder = write(tmp_path / "tables", valid_tables(), "csv")
    text = (folder / "items.csv").read_bytes() + b"d,,\n" * 1_000_000
    packed = gzip.compress(text) if end == ".gz" else pa.compress(text, "zstd", asbytes=True)
    (folder / "items.csv").unlink()
    (folder / f"items.csv{end}").write_bytes(packed)
    assert len(text) > 300 * len(packed)
    for read in (lambda: ingest(folder, database(tmp_path)), lambda: check_tables(folder)):
        with pytest.raises(StoreError, match=f"items.csv{end} unpacks to more than 200 times its size"):
            read()


def test_an_honest_packed_csv_is_read(tmp_path: Path) -> None:
    folder = write(tmp_path, valid_tables(), "csv")
    for name in ("items", "behaviors"):
        file = folder / f"{name}.csv"
        (folder / f"{name}.csv.gz").write_bytes(gzip.compress(file.read_bytes()))
        file.unlink()
    report = check_tables(folder, options=ReadingOptions(bounds=Bounds(rows=100, bytes=100_000)))
    assert report.counts["behaviors"].loaded == 4 and not report.rejects


def test_a_preview_reads_a_few_rows_and_shows_the_beginning_of_long_texts(bomb: Path) -> None:
    assert next(items_of(bomb).batches(PREVIEW_ROWS)).num_rows == PREVIEW_ROWS
    head = preview_tables(bomb)[0].head
    assert len(head) == PREVIEW_ROWS and head["title"][0] == "x" * PREVIEW_LENGTH + "…"


def test_a_preview_does_not_read_a_csv_to_its_end(tmp_path: Path) -> None:
    folder = write(tmp_path, valid_tables(), "csv")
    with (folder / "items.csv").open("ab") as file:
        file.write(b"d,plain,x\n" * 300_000 + b'e,"never closed,x\n')
    assert preview_tables(folder)[0].rows is None
    with pytest.raises(StoreError, match=r"items\.csv row 300004 has a cell whose quote"):
        check_tables(folder)


def test_values_of_fixed_width_are_no_wider_than_a_line(tmp_path: Path) -> None:
    folder = write(tmp_path, valid_tables())
    table = pq.read_table(folder / "items.parquet").append_column("wide", pa.array([b"x" * 2000] * 3, pa.binary(2000)))
    pq.write_table(table, folder / "items.parquet")
    with pytest.raises(StoreError, match="a column wide whose values have 2,000 bytes each, the limit is 1,000"):
        find_tables(folder)
