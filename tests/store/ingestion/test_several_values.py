"""Items with several values of a field: what makes a field such, and what the store keeps of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from din_core.domain import Item, value_text, values_of
from din_core.store import ingest, open_store
from tests.store.input_tables import Tables, database, valid_tables, write

GENRES = {"a": ("Drama", "Comedy"), "b": ("Drama",), "c": None}


def tables_with(genres: list[object]) -> Tables:
    tables = valid_tables()
    tables["items"]["genres"] = genres
    return tables


@pytest.mark.parametrize(
    ("kind", "genres"),
    [
        ("csv", ["Drama| Comedy|Drama", "Drama", None]),
        ("parquet", ["Drama|Comedy||NULL", " Drama ", "NULL"]),
        ("parquet", [["Drama", "Comedy", "Drama"], ["Drama", None], []]),
    ],
)
def test_lists_and_bars_are_several_values_in_their_order_without_repeats(
    tmp_path: Path, kind: str, genres: list[object]
) -> None:
    report = ingest(write(tmp_path / "in", tables_with(genres), kind), database(tmp_path))
    store = open_store(database(tmp_path))
    assert {item.item_id: item.fields["genres"] for item in store.all_items()} == GENRES
    assert store.items(["b"])[0].fields["category"] == "bakery"
    assert store.bulk().items["genres"].tolist() == list(GENRES.values())
    note = 'items: values with "|" in them are read as several values of one item, in genres'
    assert (note in report.notes) == isinstance(genres[0], str)


def test_one_value_each_stays_one_value(tmp_path: Path) -> None:
    ingest(write(tmp_path / "in", tables_with(["Drama|", "|", "Comedy"])), database(tmp_path))
    found = open_store(database(tmp_path)).all_items()
    assert [item.fields["genres"] for item in found] == ["Drama|", "|", "Comedy"]


def test_each_value_is_found_counted_and_held(tmp_path: Path) -> None:
    ingest(write(tmp_path / "in", tables_with(["Drama|Comedy", "Drama", None])), database(tmp_path))
    store = open_store(database(tmp_path))
    assert [item.item_id for item in store.search_items("comedy").matches] == ["a"]
    assert [item.item_id for item in store.search_items("drama").matches] == ["a", "b"]
    assert store.corrected_item_text("comedi") == "comedy"
    assert store.held_values().item["genres"] == {"Drama": 2, "Comedy": 1}
    assert store.held_values().whole == {"genres": {"Drama|Comedy": 1, "Drama": 1}}
    facts = next(field for field in store.facts().fields if field.name == "genres")
    assert (facts.missing, facts.values, facts.frequent) == (1, 2, (("Drama", 2), ("Comedy", 1)))


def test_a_field_that_becomes_such_by_an_append_is_split_in_what_is_stored(tmp_path: Path) -> None:
    url = database(tmp_path)
    ingest(write(tmp_path / "in", tables_with(["Drama", "Comedy", None])), url)
    ingest(write(tmp_path / "more", {"items": {"item_id": ["d"], "genres": ["War|Drama"]}}), url, append=True)
    ingest(write(tmp_path / "last", {"items": {"item_id": ["b", "e"], "genres": ["War", "War"]}}), url, append=True)
    store = open_store(url)
    found = {item.item_id: item.fields["genres"] for item in store.all_items()}
    assert found == {"a": ("Drama",), "b": ("War",), "c": None, "d": ("War", "Drama"), "e": ("War",)}
    assert [item.item_id for item in store.search_items("drama").matches] == ["a", "d"]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_combinations_of_few_values_are_not_near_unique(tmp_path: Path, kind: str) -> None:
    tables = valid_tables()
    several = [f"v{n % 7}|w{n // 7}|x{n % 3}" for n in range(30)]  # each row is another
    tables["items"] = {"item_id": ["a", "b", "c", *map(str, range(27))], "tags": several}
    tables["users"] = {"user_id": ["u1", "u2", *map(str, range(28))], "hobbies": several}
    report = ingest(write(tmp_path / "in", tables, kind), database(tmp_path))
    assert not [note for note in report.notes if "models leave out" in note]


def test_a_field_is_written_with_commas_and_read_as_values() -> None:
    item = Item("m", fields={"genres": ("Drama", "War"), "year": "1999", "country": None})
    assert (item.values("genres"), item.text("genres")) == (("Drama", "War"), "Drama, War")
    assert (item.values("year"), item.text("year")) == (("1999",), "1999")
    assert (item.values("country"), item.text("country"), item.values("shop")) == ((), None, ())
    assert (values_of(()), value_text(())) == ((), None)
