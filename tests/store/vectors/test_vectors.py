"""Pretrained vectors of items: from tables into the store and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from din_core.domain import RejectedRows, StoreError
from din_core.store import BehaviorStore, VectorFacts, ingest, open_store
from din_core.store.vectors.vector_column import length_of, vectors
from tests.store.input_tables import Tables, contents, database, loaded, rejects_of, valid_tables, write

VECTORS = [[0.5, -1.0, 2.25], None, [3.0, 0.0, 0.1]]


def with_vectors(values: list[Any]) -> Tables:
    tables = valid_tables()
    tables["items"]["vector"] = values
    return tables


def read(store: BehaviorStore) -> dict[str, list[float]]:
    found = store.item_vectors()
    assert found is not None
    return dict(zip(found.item_ids, found.values.tolist(), strict=True))


def test_vectors_are_kept_in_single_precision_and_read_in_bulk(tmp_path: Path) -> None:
    store = loaded(tmp_path, with_vectors(VECTORS))
    assert store.summary().vectors == VectorFacts(items=2, length=3)
    assert read(store) == {"a": [0.5, -1.0, 2.25], "c": [3.0, 0.0, float(np.float32(0.1))]}
    assert store.summary().item_fields == ("category",)
    assert "vector" not in store.item("a").fields


def test_csv_and_parquet_give_the_same_store(tmp_path: Path) -> None:
    texts = [None if v is None else json.dumps(v) for v in VECTORS]
    loaded(tmp_path / "1", with_vectors(VECTORS)).close()
    loaded(tmp_path / "2", with_vectors(texts), "csv").close()
    assert contents(database(tmp_path / "1")) == contents(database(tmp_path / "2"))


@pytest.mark.parametrize(
    "column",
    [
        pa.array(VECTORS, pa.list_(pa.float32())),
        pa.array(VECTORS, pa.large_list(pa.float64())),
        pa.array(VECTORS, pa.list_(pa.float32(), 3)),
        pa.array(["[0.5, -1, 2.25]", "", "[3e0,0,.1]"]),
        pa.array(["[ .5 -1. 2.25 ]", "[]", " [3 0 0.1]"]),
    ],
)
def test_every_form_of_a_vector_is_read(column: pa.Array) -> None:
    checked = vectors(column, None)
    assert not any(rows.any() for _, rows in checked.faults)
    assert [None if v is None else np.frombuffer(v, "<f4").tolist() for v in checked.values] == [
        [0.5, -1.0, 2.25],
        None,
        [3.0, 0.0, float(np.float32(0.1))],
    ]
    assert length_of(checked.values) == 3


def test_lists_of_whole_numbers_are_vectors(tmp_path: Path) -> None:
    assert read(loaded(tmp_path, with_vectors([[1, 2], [3, 4], None]))) == {"a": [1.0, 2.0], "b": [3.0, 4.0]}


@pytest.mark.parametrize(
    ("values", "reason", "example"),
    [
        (
            [[1.0, 2.0], [1.0], None],
            "vector has other than 2 numbers, the length of the first: all must be of",
            "[1.0]",
        ),
        (
            [[1.0, float("nan")], [1.0, 2.0], None],
            "vector holds a number that is NaN, infinite or beyond",
            "[1.0, None]",
        ),
        (
            [[1.0, None], [1.0, 2.0], None],
            "vector holds a number that is NaN, infinite or beyond single",
            "[1.0, None]",
        ),
        (
            [[1e39, 1.0], [1.0, 2.0], None],
            "vector holds a number that is NaN, infinite or beyond single",
            "[1e+39, 1.0]",
        ),
        (["0.1", "[1, 2]", None], "vector is no list of numbers", "0.1"),
        (["[1, x]", "[1, 2]", None], "vector is no list of numbers", "[1, x]"),
        (["[[1], 2]", "[1, 2]", None], "vector is no list of numbers", "[[1], 2]"),
        ([True, False, None], "vector is no list of numbers", "True"),
        ([["a"], ["b"], None], "vector is no list of numbers", "['a']"),
    ],
)
def test_what_is_no_vector_is_refused_with_its_rows(
    tmp_path: Path, values: list[Any], reason: str, example: str
) -> None:
    reject = next(r for r in rejects_of(tmp_path, with_vectors(values)) if r.table == "items")
    assert reject.reason.startswith(reason)
    assert reject.examples[0].value == example


def test_the_length_holds_over_batches_and_appends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("din_core.store.ingestion.unpacking.parquet_batches.BATCH_ROWS", 1)
    with pytest.raises(RejectedRows, match=r"vector has other than 2 numbers"):
        loaded(tmp_path, with_vectors([[1.0, 2.0], None, [1.0]]))
    loaded(tmp_path, with_vectors([[1.0, 2.0], None, None])).close()
    more: Tables = {"items": {"item_id": ["d"], "vector": [[1.0]]}}
    with pytest.raises(RejectedRows, match=r"vector has other than 2 numbers"):
        ingest(write(tmp_path / "more", more), database(tmp_path), append=True)


def test_an_append_changes_adds_and_takes_away_vectors(tmp_path: Path) -> None:
    loaded(tmp_path, with_vectors([[1.0], [2.0], [3.0]])).close()
    more: Tables = {"items": {"item_id": ["a", "c", "d"], "vector": [[9.0], None, [4.0]]}}
    ingest(write(tmp_path / "more", more), database(tmp_path), append=True)
    assert read(open_store(database(tmp_path))) == {"a": [9.0], "b": [2.0], "d": [4.0]}
    untouched: Tables = {"items": {"item_id": ["a"], "title": ["Pear"]}}
    ingest(write(tmp_path / "title", untouched), database(tmp_path), append=True)
    assert read(open_store(database(tmp_path)))["a"] == [9.0]


def test_a_replaced_store_may_have_vectors_of_another_length(tmp_path: Path) -> None:
    loaded(tmp_path, with_vectors([[1.0], None, None])).close()
    ingest(write(tmp_path / "new", with_vectors([[1.0, 2.0], None, None])), database(tmp_path), replace=True)
    assert open_store(database(tmp_path)).summary().vectors == VectorFacts(1, 2)


def test_lists_of_decimals_stay_refused_elsewhere(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", valid_tables())
    frame = pd.read_parquet(folder / "items.parquet").assign(tags=[[0.5], [], [1.5]])
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), folder / "items.parquet")
    with pytest.raises(StoreError, match="column tags of type list"):
        ingest(folder, database(tmp_path))
