"""CSV files as others write them: compressed, in other encodings, with other delimiters and quotes."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pytest

from din_core.domain import StoreError
from din_core.store import ingest, open_store
from din_core.store.ingestion.find_tables import find_tables
from din_core.store.ingestion.table_files import ReadingOptions
from tests.store.input_tables import database, valid_tables, write

ROWS = [{"item_id": "1", "title": "白色咖啡杯"}, {"item_id": "2", "title": "咖啡机; weiß"}]


def text_of(delimiter: str = ",") -> str:
    return "\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in [ROWS[0], *(r.values() for r in ROWS)])


def rows_of(folder: Path, encoding: str | None = None) -> list[dict[str, str]]:
    table = find_tables(folder, required=False, options=ReadingOptions(encoding))["items"]
    return [row for batch in table.batches() for row in batch.to_pylist()]


def problem(folder: Path, encoding: str | None = None) -> str:
    with pytest.raises(StoreError) as caught:
        find_tables(folder, required=False, options=ReadingOptions(encoding))
    return str(caught.value)


@pytest.mark.parametrize(
    "name", ["items.csv", "ITEMS.CSV", "Items.tsv", "items.csv.gz", "items.csv.zst", "items.tsv.GZ"]
)
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_a_csv_is_read_whatever_its_name_and_delimiter(tmp_path: Path, name: str, delimiter: str) -> None:
    written = text_of(delimiter).encode()
    if name.lower().endswith(".gz"):
        written = gzip.compress(written[:40]) + gzip.compress(written[40:])
    elif name.endswith(".zst"):
        written = pa.compress(written, "zstd", asbytes=True)
    (tmp_path / name).write_bytes(written)
    assert rows_of(tmp_path) == ROWS


def test_a_compressed_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    (tmp_path / "items.csv.gz").write_bytes(gzip.compress(text_of().encode())[:-20])
    assert "items.csv.gz cannot be unpacked" in problem(tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_mark_at_the_beginning_tells_the_encoding(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "items.csv").write_bytes(text_of().encode(encoding))
    assert rows_of(tmp_path) == ROWS


@pytest.mark.parametrize(
    ("title", "encoding", "likely"),
    [
        ("白色咖啡杯", "gbk", "gb18030"),
        ("Café crème, déjà vu", "latin-1", "latin-1"),
        ("5 € cup", "cp1252", "cp1252"),
        ("cup", "utf-16-le", "utf-16-le"),
        ("cup", "utf-16-be", "utf-16-be"),
    ],
)
def test_an_encoding_is_not_guessed_but_named(tmp_path: Path, title: str, encoding: str, likely: str) -> None:
    (tmp_path / "items.csv").write_bytes(f'item_id,title\n1,"{title}"\n2,x\n'.encode(encoding))
    said = problem(tmp_path)
    assert f"it looks like {likely}, in which it reads" in said and f"say so by --encoding {likely}" in said
    assert title[:4] in said or likely.startswith("utf-16")
    assert rows_of(tmp_path, likely)[0] == {"item_id": "1", "title": title}


def test_an_encoding_is_for_files_that_are_not_in_utf8(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text(text_of(), encoding="utf-8")
    assert rows_of(tmp_path, "gbk") == ROWS


def test_a_wrong_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_bytes(b"item_id,title\n1,Caf\xe9\n")
    assert "items.csv is neither UTF-8 nor gbk (byte 0xE9 in line 2)" in problem(tmp_path, "gbk")
    assert 'there is no encoding "klingon"' in problem(tmp_path, "klingon")
    assert "there is no encoding" in problem(tmp_path, "gbk\0")


def test_a_quote_that_is_never_closed_is_refused_with_its_row(tmp_path: Path) -> None:
    rows = [f"u1,a,{n},x" for n in range(200)]
    folder = write(tmp_path / "in", valid_tables(), "csv")
    (folder / "behaviors.csv").write_text(
        "\n".join(["user_id,item_id,timestamp,note", "u1,a,1,", 'u1,a,2,"oops', *rows])
    )
    with pytest.raises(StoreError, match=r'behaviors\.csv row 2 has a cell whose quote \("\) is not closed'):
        ingest(folder, database(tmp_path))
    assert not (tmp_path / "store.db").exists()


def test_a_quote_that_is_open_in_the_header_is_refused_as_that(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text('item_id,"title\na,b\n')
    assert 'items.csv has a column name whose quote (") is not closed' in problem(tmp_path)


def test_quotes_as_spark_writes_them_are_read_and_told(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", valid_tables(), "csv")
    (folder / "items.csv").write_text('item_id,title,path\na,"5\\" pipe, \\"new\\"",C:\\x\nb,B,\nc,C,\n')
    report = ingest(folder, database(tmp_path))
    item = open_store(database(tmp_path)).item("a")
    assert (item.title, item.fields["path"]) == ('5" pipe, "new"', "C:\\x")
    assert report.notes[:1] == ["items.csv is read with backslashes before quotes within cells, as Spark writes"]


def test_what_is_unusual_about_a_file_is_told(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", valid_tables(), "csv")
    (folder / "items.csv").write_text("item_id\ttitle\na\tA\nb\tB\nc\tC\n", encoding="utf-16")
    report = ingest(folder, database(tmp_path))
    assert report.notes[:2] == [
        'items.csv is read with "\\t" between its cells',
        "items.csv is read as utf-16",
    ]


@pytest.mark.parametrize("before", ["", "0,x\n"])
def test_a_long_cell_is_taken_alike_in_the_first_and_in_later_rows(tmp_path: Path, before: str) -> None:
    (tmp_path / "items.csv").write_text(f"item_id,title\n{before}1,{'y' * 140_000}\n")
    assert rows_of(tmp_path)[-1] == {"item_id": "1", "title": "y" * 140_000}


def test_a_row_longer_than_a_block_is_told_as_that(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text(f"item_id,title\n1,{'y' * 20_000_000}\n")
    with pytest.raises(
        StoreError, match=r"items\.csv has a row of more than 8,388,608 bytes; shorten its longest cell"
    ):
        rows_of(tmp_path)


@pytest.mark.parametrize("length", [140_000, 3_000_000])
def test_a_long_first_row_is_told_as_that(tmp_path: Path, length: int) -> None:
    (tmp_path / "items.csv").write_text(f"{'y' * length},item_id\n1,2\n")
    assert "items.csv has a first row of more than 131,072 characters" in problem(tmp_path)
