"""Appending to a store that is filled, on every engine."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from din_core.domain import RejectedRows, StoreError
from din_core.store import TableCounts, create_store, ingest, open_store
from tests.store.input_tables import Tables, contents, database, loaded, valid_tables, write


def test_a_second_ingest_is_refused_unless_it_appends(url: str, tmp_path: Path) -> None:
    loaded(tmp_path, valid_tables(), url=url).close()
    before = contents(url)
    with pytest.raises(StoreError, match="already holds 4 behaviors of 2 users; add these tables with --append"):
        ingest(tmp_path / "parquet", url)
    assert contents(url) == before


def test_appending_adds_lines_and_updates_only_the_columns_that_a_file_has(url: str, tmp_path: Path) -> None:
    loaded(tmp_path, valid_tables(), url=url).close()
    more: Tables = {
        "items": {"item_id": ["b", "d"], "title": ["Rye · 1 lb", "Dates"], "shop": ["s9", None]},
        "behaviors": {"user_id": ["u2"], "item_id": ["d"], "timestamp": [600]},
    }
    report = ingest(write(tmp_path / "more", more), url, append=True)
    assert report.counts["items"] == TableCounts(read=2, loaded=1, updated=1)
    store = open_store(url)
    changed = store.item("b")
    assert (changed.title, dict(changed.fields)) == ("Rye · 1 lb", {"category": "bakery", "shop": "s9"})
    assert store.item("a").fields == {"category": "fruit", "shop": None}
    assert store.item("a").price == 1.5
    assert [i.item_id for i in store.search_items("rye bakery").matches] == ["b"]
    assert store.search_items("bread").total == 0
    assert [b.item.item_id for b in store.history("u2", 700).behaviors] == ["a", "d"]
    assert store.summary().n_impressions == 5


def test_appending_an_empty_cell_empties_the_stored_value(url: str, tmp_path: Path) -> None:
    loaded(tmp_path, valid_tables(), url=url).close()
    more: Tables = {"items": {"item_id": ["a"], "price": [None], "category": [None]}}
    ingest(write(tmp_path / "more", more, "csv"), url, append=True)
    item = open_store(url).item("a")
    assert (item.title, item.price, item.fields["category"]) == ("Apple", None, None)


def test_appended_users_keep_their_key_and_lists(url: str, tmp_path: Path) -> None:
    loaded(tmp_path, valid_tables(), url=url).close()
    more: Tables = {"users": {"user_id": ["u3", "u1"], "hobbies": ["go", "go|art"]}}
    ingest(write(tmp_path / "more", more), url, append=True)
    store = open_store(url)
    assert store.user("u1").fields == {"age": ("20-29",), "hobbies": ("go", "art")}
    assert len(store.history("u1", 2**40).behaviors) == 3
    assert [user.user_id for user in store.search_users("go").matches] == ["u1", "u3"]


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_tables_that_are_appended_twice_are_in_the_store_once(url: str, tmp_path: Path, kind: str) -> None:
    loaded(tmp_path, valid_tables(), kind, url=url).close()
    before = contents(url)
    report = ingest(tmp_path / kind, url, append=True)
    assert contents(url) == before
    assert report.counts["behaviors"] == TableCounts(read=4, loaded=0, repeated=4)
    assert report.counts["impressions"] == TableCounts(read=5, loaded=0, repeated=5)
    assert "impressions: rows that equal a stored one in every column are left out (rows: 5)" in report.notes


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        *(
            ("behaviors", name, value)
            for name, value in (("behavior_type", "sold"), ("quantity", 9), ("timestamp", 99))
        ),
        *(("impressions", name, value) for name, value in (("label", 1), ("store", "s9"), ("split", "valid"))),
    ],
)
def test_rows_that_differ_in_one_column_are_added(
    url: str, tmp_path: Path, table: str, column: str, value: object
) -> None:
    loaded(tmp_path, valid_tables(), url=url).close()
    tables = valid_tables()
    tables[table][column][0] = value
    report = ingest(write(tmp_path / "more", tables), url, append=True)
    assert report.counts[table].loaded == 1


def test_equal_rows_of_one_table_are_all_kept(url: str, tmp_path: Path) -> None:
    tables = valid_tables()
    tables["behaviors"] = {"user_id": ["u1"] * 3, "item_id": ["a"] * 3, "timestamp": [5] * 3}
    assert loaded(tmp_path, tables, url=url).summary().n_behaviors == 3


def test_a_store_that_is_replaced_holds_nothing_of_before_and_all_of_it_where_that_fails(
    url: str, tmp_path: Path
) -> None:
    tables = valid_tables()
    tables["items"]["title"][0] = "Quince"
    loaded(tmp_path, tables, url=url).close()
    before = contents(url)
    bad = valid_tables()
    bad["impressions"]["label"][0] = 7
    with pytest.raises(RejectedRows):
        ingest(write(tmp_path / "bad", bad), url, replace=True)
    assert contents(url) == before
    ingest(write(tmp_path / "good", valid_tables()), url, replace=True)
    fresh = database(tmp_path, "fresh.db")
    ingest(tmp_path / "good", fresh)
    assert contents(url) == contents(fresh)
    assert open_store(url).search_items("quince").total == 0


def test_an_append_is_seen_by_a_store_that_is_open(url: str, tmp_path: Path) -> None:
    store = loaded(tmp_path, valid_tables(), url=url)
    assert len(store.history("u2", 2**40).behaviors) == 1
    more: Tables = {"behaviors": {"user_id": ["u2"], "item_id": ["b"], "timestamp": [1]}}
    ingest(write(tmp_path / "more", more), url, append=True)
    assert [b.item.item_id for b in store.history("u2", 2**40).behaviors] == ["b", "a"]


def test_a_row_written_by_another_connection_is_seen_by_the_next_read(url: str, tmp_path: Path) -> None:
    store = loaded(tmp_path, valid_tables(), url=url)
    assert len(store.history("u2", 2**40).behaviors) == 1
    other = create_store(url)
    with other.writing() as connection:
        connection.execute(text("INSERT INTO behaviors (user_key, item_key, timestamp) VALUES (2, 3, 500)"))
    other.close()
    assert [b.item.item_id for b in store.history("u2", 2**40).behaviors] == ["a", "c"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_provenance_may_be_in_other_encodings(url: str, tmp_path: Path, encoding: str) -> None:
    folder = write(tmp_path / "in", valid_tables())
    (folder / "provenance.txt").write_bytes("Café data\n".encode(encoding))
    ingest(folder, url)
    assert open_store(url).summary().provenance == "Café data"


def test_provenance_is_kept_and_grows_by_what_is_appended(url: str, tmp_path: Path) -> None:
    folder = write(tmp_path / "in", valid_tables())
    (folder / "provenance.txt").write_text("From é.\n", encoding="utf-8")
    ingest(folder, url)
    ingest(folder, url, append=True)
    (folder / "provenance.txt").write_text("Then more.", encoding="utf-8")
    ingest(folder, url, append=True)
    assert open_store(url).summary().provenance == "From é.\n\nThen more."
