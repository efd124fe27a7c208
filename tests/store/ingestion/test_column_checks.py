"""Columns on their way into the store, against plain Python."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from din_core.store.ingestion.column_checks import ids, texts, timestamps
from din_core.store.ingestion.field_encoding import category_json, display_json, json_objects, value_lists
from din_core.store.schema import MAX_TIMESTAMP

WORDS = st.text(max_size=8).map(str.strip).filter(lambda word: word.lower() != "nan")
EPOCH = datetime(1970, 1, 1)


@given(numbers=st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
def test_integer_ids_keep_every_digit(numbers: list[int]) -> None:
    for written in (pa.array(numbers, pa.int64()), pa.array([str(n) for n in numbers])):
        checked = ids("item_id", written)
        assert checked.values.to_pylist() == [str(n) for n in numbers]
        assert not any(rows.any() for _, rows in checked.faults)


@given(numbers=st.lists(st.floats() | st.integers(-(2**60), 2**60).map(float) | st.none(), min_size=1))
def test_ids_read_from_floats_are_whole_numbers_or_refused(numbers: list[float | None]) -> None:
    checked = ids("item_id", pa.array(numbers, pa.float64()))
    refused = [any(rows[n] for _, rows in checked.faults) for n in range(len(numbers))]
    for number, value, bad in zip(numbers, checked.values.to_pylist(), refused, strict=True):
        fits = number is not None and abs(number) < 2**53 and number.is_integer()
        assert bad is not fits
        assert not fits or value == str(int(number or 0))


@given(
    moments=st.lists(st.timedeltas(timedelta(0), timedelta(days=47_000)).map(lambda since: EPOCH + since), min_size=1)
)
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns", "text", "text in UTC"])
def test_times_are_rounded_down_to_the_second(moments: list[datetime], unit: str) -> None:
    if unit.startswith("text"):
        zone = UTC if unit.endswith("UTC") else None
        written = pa.array([moment.replace(tzinfo=zone).isoformat() for moment in moments])
    else:
        written = pa.array(moments, pa.timestamp("us")).cast(pa.timestamp(unit), safe=False)
    checked = timestamps(written)
    seconds = [(moment - EPOCH) // timedelta(seconds=1) for moment in moments]
    assert checked.values.tolist() == seconds
    assert [any(rows[n] for _, rows in checked.faults) for n in range(len(moments))] == [
        second >= MAX_TIMESTAMP for second in seconds
    ]


def test_dates_and_decimals_are_times_too() -> None:
    dates = pa.array([1, 400], pa.int32()).cast(pa.date32())
    assert timestamps(dates).values.tolist() == [86400, 34560000]
    assert timestamps(pa.array(["5.90", "7.00"]).cast(pa.decimal128(6, 2))).values.tolist() == [5, 7]


def test_categories_decimals_and_dates_become_text() -> None:
    assert texts(pa.array(["x", None, "x"]).dictionary_encode()).to_pylist() == ["x", None, "x"]
    assert texts(pa.array(["x", " y "], pa.large_string())).to_pylist() == ["x", "y"]
    assert texts(pa.array([None, None])).to_pylist() == [None, None]
    assert texts(pa.array([1.0, 2.5, float("nan"), 1e20])).to_pylist() == ["1", "2.5", None, "1e+20"]
    assert texts(pa.array([0], pa.int32()).cast(pa.date32())).to_pylist() == ["1970-01-01"]


@given(rows=st.lists(st.tuples(st.none() | WORDS, st.none() | WORDS), min_size=1))
def test_categories_of_a_row_become_one_json_object_without_nulls(rows: list[tuple[str | None, str | None]]) -> None:
    columns = {
        'a "name"': pa.array([r[0] for r in rows], pa.string()),
        "é": pa.array([r[1] for r in rows], pa.string()),
    }
    found = [json.loads(text) for text in json_objects(columns, category_json).to_pylist()]
    assert found == [{name: value for name, value in zip(columns, row, strict=True) if value} for row in rows]


@given(numbers=st.lists(st.floats() | st.none(), min_size=1), whole=st.integers(-(2**63), 2**63 - 1))
def test_numbers_for_display_stay_numbers(numbers: list[float | None], whole: int) -> None:
    columns = {
        "x": pa.array(numbers, pa.float64()),
        "n": pa.array([whole] * len(numbers)),
        "b": pa.array([True] * len(numbers)),
    }
    for number, text in zip(numbers, json_objects(columns, display_json).to_pylist(), strict=True):
        found = json.loads(text)
        assert (found["n"], found["b"]) == (whole, True)
        finite = number is not None and abs(number) < float("inf")
        assert found.get("x") == (number if finite else None)


def test_several_values_are_a_list_or_parted_by_bars() -> None:
    assert value_lists(pa.array(["a| b", "|", None, "c"])) == [["a", "b"], [], [], ["c"]]
    lists = pa.array([[1.5, 2.0], None, [], [None, 3.0]], pa.list_(pa.float64()))
    assert value_lists(lists) == [["1.5", "2"], [], [], ["3"]]
    assert value_lists(lists.slice(3)) == [["3"]]
