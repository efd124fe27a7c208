"""Which files an ingest accepts, and how it says what is wrong with them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from din_core.domain import StoreError
from din_core.store.ingestion.csv_format import CsvFormat
from din_core.store.ingestion.find_tables import find_tables
from din_core.store.ingestion.table_files import TableFile
from tests.store.input_tables import valid_tables, write


def problem(folder: Path, required: bool = True) -> str:
    with pytest.raises(StoreError) as caught:
        find_tables(folder, required)
    return str(caught.value)


def test_all_that_is_wrong_with_the_files_is_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, valid_tables())
    write(tmp_path, {"items": {"item_id": ["a"]}}, "csv")
    (tmp_path / "users.parquet").unlink()
    (tmp_path / "behaviors.parquet").write_bytes(b"")
    write(tmp_path, {"impressions": {"user_id": ["u1"], "clicked": [1], "timestamp": [1]}})
    assert problem(tmp_path) == (
        f"the tables in {tmp_path} cannot be read: both items.csv and items.parquet are there: keep one; "
        "users.parquet or users.csv is missing; behaviors.parquet is an empty file; "
        "impressions.parquet lacks item_id, label (its columns: user_id, clicked, timestamp)"
    )


def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    assert "nowhere is not a folder" in problem(tmp_path / "nowhere")


def test_absent_tables_may_be_absent_but_not_all(tmp_path: Path) -> None:
    assert "none of items, users, behaviors, impressions is there" in problem(tmp_path, required=False)
    write(tmp_path, {"users": {"user_id": ["u1"]}})
    assert list(find_tables(tmp_path, required=False)) == ["users"]


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_a_table_without_rows_is_refused(tmp_path: Path, kind: str) -> None:
    tables = valid_tables()
    tables["impressions"] = {name: [] for name in tables["impressions"]}
    assert f"impressions.{kind} holds no rows" in problem(write(tmp_path, tables, kind))


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    write(tmp_path, valid_tables())
    (tmp_path / "items.parquet").write_bytes(b"PAR1 this is not")
    assert "items.parquet is not a Parquet file" in problem(tmp_path)
    (tmp_path / "items.parquet").unlink()
    (tmp_path / "items.csv").write_bytes("item_id,title\n1,Caf\xe9\n".encode("latin-1"))
    assert "items.csv is not in UTF-8 (byte 0xE9 in line 2); it looks like latin-1" in problem(tmp_path)


def test_damage_further_on_is_named_when_it_is_reached(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_bytes(b"item_id,title\n" + b"1,Apple\n" * 100_000 + b"2,Caf\xe9\n")
    table = TableFile("items", path, ("item_id", "title"), None, CsvFormat())
    with pytest.raises(StoreError, match=r"items\.csv cannot be read to its end"):
        list(table.batches())


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("items", [[0.5], [1.5], []]),
        ("items", [[["x"]], [], []]),
        ("items", [{"x": 1}, None, None]),
        ("items", [timedelta(1), None, None]),
        ("users", [[["x"]], []]),
        ("impressions", [["x"]] * 5),
    ],
)
def test_columns_that_hold_no_single_values_are_refused(tmp_path: Path, table: str, values: list[object]) -> None:
    tables = valid_tables()
    tables[table]["odd"] = values
    assert f"{table}.parquet has a column odd of type" in problem(write(tmp_path, tables))


def test_a_repeated_column_is_refused(tmp_path: Path) -> None:
    write(tmp_path, valid_tables(), "csv")
    (tmp_path / "items.csv").write_text("item_id,shop,shop\na,1,2\n")
    assert "items.csv has more than one column shop" in problem(tmp_path)


def test_an_index_that_pandas_wrote_is_no_field(tmp_path: Path) -> None:
    frame = pd.DataFrame({"item_id": ["a", "b"], "shop": ["s", "t"]}, index=[5, 3])
    frame.to_parquet(tmp_path / "items.parquet")
    assert find_tables(tmp_path, required=False)["items"].fields == ("shop",)
    (tmp_path / "items.parquet").unlink()
    frame.to_csv(tmp_path / "items.csv")
    table = find_tables(tmp_path, required=False)["items"]
    assert table.fields == ("shop",)
    assert next(table.batches()).column("item_id").to_pylist() == ["a", "b"]


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_bytes('\ufeff"item_id",title\n1,"Café, ""fresh""\nand hot"\n'.encode())
    table = find_tables(tmp_path, required=False)["items"]
    assert next(table.batches()).to_pylist() == [{"item_id": "1", "title": 'Café, "fresh"\nand hot'}]


def test_a_file_in_another_form_is_named(tmp_path: Path) -> None:
    (write(tmp_path, valid_tables()) / "items.parquet").rename(tmp_path / "items.xlsx")
    assert "items.parquet or items.csv is missing, and items.xlsx is not read" in problem(tmp_path)


def test_a_folder_of_parquet_files_is_one_table(tmp_path: Path) -> None:
    folder = write(tmp_path, valid_tables())
    (folder / "users.parquet").rename(folder / "first")
    (folder / "users.parquet").mkdir()
    (folder / "first").rename(folder / "users.parquet" / "part-0.snappy.parquet")
    more = pd.DataFrame({"hobbies": [None], "user_id": ["u3"], "age": ["60+"]})
    more.to_parquet(folder / "users.parquet" / "part-1.parquet")
    (folder / "users.parquet" / "_SUCCESS").touch()
    table = find_tables(folder)["users"]
    assert table.rows == 3
    rows = [row for batch in table.batches() for row in batch.to_pylist()]
    assert [row["user_id"] for row in rows] == ["u1", "u2", "u3"]
    assert rows[2]["age"] == "60+"


def test_parts_that_differ_or_lie_in_folders_are_refused(tmp_path: Path) -> None:
    parts = tmp_path / "items.parquet"
    parts.mkdir()
    assert "items.parquet is a folder without Parquet files" in problem(tmp_path, required=False)
    pd.DataFrame({"item_id": ["a"]}).to_parquet(parts / "1.parquet")
    pd.DataFrame({"item_id": ["b"], "shop": ["s"]}).to_parquet(parts / "2.parquet")
    assert f"{Path('items.parquet') / '2.parquet'} has other columns than the first part" in problem(tmp_path, False)
    (parts / "shop=s").mkdir()
    assert "items.parquet holds a folder shop=s" in problem(tmp_path, required=False)


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary(), pa.binary(2), pa.string_view(), pa.large_string()])
def test_ids_may_be_bytes_or_texts_of_any_layout(tmp_path: Path, kind: pa.DataType) -> None:
    column = pa.array(["é"]).cast(pa.binary()).cast(kind) if pa.types.is_fixed_size_binary(kind) else pa.array(["é"])
    pq.write_table(pa.table({"item_id": column.cast(kind)}), tmp_path / "items.parquet")
    (batch,) = find_tables(tmp_path, required=False)["items"].batches()
    assert batch.column("item_id").equals(pa.array(["é"]))


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"item_id": [b"\xff\xfe"]}), tmp_path / "items.parquet")
    with pytest.raises(StoreError, match=r"items\.parquet has bytes in its column item_id that are no text in UTF-8"):
        list(find_tables(tmp_path, required=False)["items"].batches())


@given(broken=st.lists(st.booleans(), min_size=1, max_size=60), block=st.sampled_from([32, 100, 1 << 20]))
def test_rows_keep_their_number_when_broken_ones_stand_between(
    tmp_path_factory: pytest.TempPathFactory, broken: list[bool], block: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "users.csv"
    lines = [f"u{n},1,2" if is_broken else f"u{n},1" for n, is_broken in enumerate(broken, start=1)]
    path.write_text("\n".join(["user_id,age", *lines]) + "\n")
    table = TableFile("users", path, ("user_id", "age"), None, CsvFormat())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("din_core.store.ingestion.table_files._BLOCK_BYTES", block)
        ids = [own_id for batch in table.batches() for own_id in batch.column("user_id").to_pylist()]
    assert [f"u{table.row_number(nth)}" for nth in range(len(ids))] == ids
    assert [row for row, _ in table.broken_rows] == [n for n, bad in enumerate(broken, start=1) if bad]
