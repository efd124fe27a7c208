"""Columns that name a person or a row: told at an ingest, and left to whoever asks for them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from din_core.store import ingest, open_store
from din_core.store.ingestion.unfit_fields import why_unfit
from tests.store.input_tables import Tables, database, valid_tables, write

MANY = [f"value {n}" for n in range(30)]


@pytest.mark.parametrize(
    ("name", "values", "why"),
    [
        ("Unnamed: 0", ["0"], "the row numbers of another program"),
        ("contact", ["a@example.com", "b@example.org", None], "e-mail addresses"),
        ("note", MANY, "30 values in 30 rows"),
        ("weight", [n / 7 for n in range(30)], "30 values in 30 rows"),
        ("weight", [n / 7 for n in range(60)], None),
        ("card", [1000 + n for n in range(60)], "60 values in 60 rows"),
        ("tags", [[value] for value in MANY], "30 values in 30 rows"),
        ("age", ["20-29", "30-39"], None),
        ("handle", ["me@home", "@you"], None),
        ("shop", MANY[:24] * 2, None),
        ("few", MANY[:19], None),
        ("empty", [None, None], None),
        ("Unnamed", ["x"], None),
    ],
)
def test_a_field_is_unfit_by_its_name_or_its_values(name: str, values: list[object], why: str | None) -> None:
    assert why_unfit(name, pa.array(values)) == why


def personal() -> Tables:
    tables = valid_tables()
    tables["users"] |= {"Unnamed: 0": [0, 1], "email": ["a@example.com", "b@example.com"]}
    tables["behaviors"]["session"] = ["a@example.com"] * 4  # no model reads it
    return tables


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_unfit_fields_are_told_and_kept(tmp_path: Path, kind: str) -> None:
    report = ingest(write(tmp_path / "in", personal(), kind), database(tmp_path))
    assert [note for note in report.notes if "models leave out" in note] == [
        "users: models leave out the field Unnamed: 0 unless asked for it (the row numbers of another program)",
        "users: models leave out the field email unless asked for it (e-mail addresses)",
    ]
    store = open_store(database(tmp_path))
    assert store.summary().unfit_fields == {"users": ("Unnamed: 0", "email")}
    assert store.user("u1").fields["email"] == ("a@example.com",)


def test_an_append_settles_new_fields_alone(tmp_path: Path) -> None:
    ingest(write(tmp_path / "in", personal()), database(tmp_path))
    more: Tables = {"users": {"user_id": ["u3"], "age": ["c@example.com"], "email": ["x"], "mail": ["c@example.com"]}}
    report = ingest(write(tmp_path / "more", more), database(tmp_path), append=True)
    assert report.notes == ["users: models leave out the field mail unless asked for it (e-mail addresses)"]
    assert open_store(database(tmp_path)).summary().unfit_fields == {"users": ("Unnamed: 0", "email", "mail")}


def test_a_store_without_such_fields_says_so(tmp_path: Path) -> None:
    ingest(write(tmp_path / "in", valid_tables()), database(tmp_path))
    assert open_store(database(tmp_path)).summary().unfit_fields == {}
