"""Which files an ingest accepts, and how it says what is wrong with them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from din_core.domain import StoreError
from din_core.store.ingestion.table_files import TableFile, find_tables
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
        f"the tables in {tmp_path} cannot be read: both items.parquet and items.csv are there: keep one; "
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
    tables["behaviors"] = {name: [] for name in tables["behaviors"]}
    assert f"behaviors.{kind} holds no rows" in problem(write(tmp_path, tables, kind))


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    write(tmp_path, valid_tables())
    (tmp_path / "items.parquet").write_bytes(b"PAR1 this is not")
    assert "items.parquet is not a Parquet file" in problem(tmp_path)
    (tmp_path / "items.parquet").unlink()
    (tmp_path / "items.csv").write_bytes("item_id,title\n1,Caf\xe9\n".encode("latin-1"))
    assert "items.csv is not a CSV file in UTF-8" in problem(tmp_path)


def test_damage_further_on_is_named_when_it_is_reached(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_bytes(b"item_id,title\n" + b"1,Apple\n" * 100_000 + b"2,Caf\xe9\n")
    table = TableFile("items", path, ("item_id", "title"), None)
    with pytest.raises(StoreError, match=r"items\.csv cannot be read to its end"):
        list(table.batches())


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("items", [["x"], ["y"], []]),
        ("items", [b"x", b"y", b"z"]),
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


@given(broken=st.lists(st.booleans(), min_size=1, max_size=60), block=st.sampled_from([32, 100, 1 << 20]))
def test_rows_keep_their_number_when_broken_ones_stand_between(
    tmp_path_factory: pytest.TempPathFactory, broken: list[bool], block: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "users.csv"
    lines = [f"u{n},1,2" if is_broken else f"u{n},1" for n, is_broken in enumerate(broken, start=1)]
    path.write_text("\n".join(["user_id,age", *lines]) + "\n")
    table = TableFile("users", path, ("user_id", "age"), None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("din_core.store.ingestion.table_files._BLOCK_BYTES", block)
        ids = [own_id for batch in table.batches() for own_id in batch.column("user_id").to_pylist()]
    assert [f"u{table.row_number(nth)}" for nth in range(len(ids))] == ids
    assert [row for row, _ in table.broken_rows] == [n for n, bad in enumerate(broken, start=1) if bad]
