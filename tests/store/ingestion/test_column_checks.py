"""Columns on their way into the store, against plain Python."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from din_core.store.ingestion.column_checks import differ_in_zeros, ids, labels, prices
from din_core.store.ingestion.column_texts import texts
from din_core.store.ingestion.column_times import timestamps
from din_core.store.ingestion.field_encoding import category_json, display_json, json_objects, value_lists
from din_core.store.schema import MAX_TIMESTAMP

WORDS = st.text(max_size=8).map(str.strip).filter(lambda word: texts(pa.array([word]))[0].as_py() == word)
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


@given(numbers=st.lists(st.floats(allow_nan=False), min_size=1))
def test_floats_are_the_same_text_from_parquet_and_from_csv(numbers: list[float]) -> None:
    written = pa.array([repr(number) for number in numbers])
    assert texts(pa.array(numbers, pa.float64())).equals(texts(written))
    assert display_json(pa.array(numbers, pa.float64())).equals(display_json(written))


def test_truths_and_times_are_the_same_text_from_parquet_and_from_csv() -> None:
    assert texts(pa.array([True, False])).equals(texts(pa.array(["True", "False"])))
    assert display_json(pa.array([True, False])).equals(display_json(pa.array(["True", "FALSE"])))
    assert texts(pa.array([datetime(2020, 1, 1, 9)])).to_pylist() == ["2020-01-01 09:00:00"]
    assert texts(pa.array([2**62], pa.timestamp("us"))).to_pylist() == [None]


@pytest.mark.parametrize("word", ["", " ", "NULL", "null", "\\N", "NA", "N/A", "n/a", "None", "nan", "NaN", "<NA>"])
def test_one_rule_says_what_is_missing(word: str) -> None:
    column = pa.array([word, "x"])
    assert texts(column).to_pylist() == [None, "x"]
    assert value_lists(pa.array([f"a|{word}|b"])) == [["a", "b"]]
    assert display_json(column).to_pylist() == [None, '"x"']


def test_words_that_may_be_values_are_kept() -> None:
    assert texts(pa.array(["none", "na", "Nan", "0", "false", "00123", "1.0.0", "1.50"])).to_pylist() == [
        *("none", "na", "Nan", "0", "false", "00123", "1.0.0", "1.50")
    ]


def test_digits_with_leading_zeros_are_no_number_for_display() -> None:
    assert display_json(pa.array(["00123", "12", "1e999", "-3.50", "9" * 40])).to_pylist() == [
        *('"00123"', "12", '"1e999"', "-3.50", f'"{"9" * 40}"')
    ]


@pytest.mark.parametrize(
    ("written", "price"),
    [
        ("9.99", 9.99), ("$9.99", 9.99), ("1,299.00", 1299.0), ("$1,299.00", 1299.0), ("US$ 5", 5.0), ("9,99 €", 9.99),
        ("1.299,00", 1299.0), ("1,299", 1299.0), ("EUR 12", 12.0), ("-$3.50", -3.5), ("¥1,000,000", 1e6),
        ("1.000.000", 1e6), ("-", None), ("cheap", None), ("inf", None), ("1,2,3", None), (".", None), ("N/A", None),
    ],
)  # fmt: skip
def test_a_price_is_the_number_in_it(written: str, price: float | None) -> None:
    (value,) = prices(pa.array([written])).values
    assert np.isnan(value) if price is None else value == price


def test_prices_of_any_number_type_are_floats() -> None:
    assert prices(pa.array([2**64 - 1, 1], pa.uint64())).values.tolist() == [float(2**64 - 1), 1.0]
    assert prices(pa.array(["1.50"]).cast(pa.decimal128(5, 2))).values.tolist() == [1.5]


def test_prices_that_are_no_numbers_are_told_and_missing_ones_are_not() -> None:
    for column in (pa.array(["-", "1", None, "N/A"]), pa.array([float("inf"), 1.0, None, float("nan")])):
        ((_, rows),) = prices(column).remarks
        assert rows.tolist() == [True, False, False, False]


@pytest.mark.parametrize("written", [["TRUE", "false"], ["1.00", "0.0"], [True, False], [1.0, 0.0], ["True", "0"]])
def test_labels_may_be_written_in_many_ways(written: list[object]) -> None:
    checked = labels(pa.array(written))
    assert checked.values.tolist() == [1, 0]
    assert not any(rows.any() for _, rows in checked.faults)


def test_ids_that_differ_in_zeros_alone_are_found() -> None:
    assert differ_in_zeros(pa.array(["5", "00123", "0", "x", "00", "123"])) == ("00123", "123")
    assert differ_in_zeros(pa.array(["0", "012", "x", "0x12"])) is None
    assert differ_in_zeros(pa.array([], pa.string())) is None
