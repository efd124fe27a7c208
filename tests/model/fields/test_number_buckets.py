"""Numbers in buckets: edges worked out by hand, and what must hold for any numbers."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from din_core.model.fields.number_buckets import NumberBuckets, number_in, number_text, quantile_edges
from din_core.model.vocabulary import FieldVocabulary, Vocabulary

FINITE = st.floats(allow_nan=False, allow_infinity=False, width=32)
WEIGHTED = st.lists(st.tuples(FINITE, st.integers(1, 9)), min_size=1, max_size=60)


def edges(values: list[float], most: int, weights: list[float] | None = None) -> tuple[float, ...]:
    return quantile_edges(np.array(values), np.array(weights or [1] * len(values), np.float64), most)


def test_edges_part_equal_weights() -> None:
    assert edges([1, 2, 3, 4], 2) == (1, 3)
    assert edges([1, 2, 3, 4, 5, 6], 3) == (1, 3, 5)
    # 1 to 3 hold half of the weight, 4 the other half.
    assert edges([1, 2, 3, 4], 2, [1, 1, 1, 3]) == (1, 4)


def test_equal_values_are_in_one_bucket() -> None:
    assert edges([5, 5, 5, 5, 7], 4) == (5, 7)
    assert edges([2.5] * 9, 4) == (2.5,)


def test_no_more_values_than_buckets_have_one_each() -> None:
    assert edges([1, 2, 3], 3, [1, 1, 100]) == (1, 2, 3)


def test_a_frequent_value_costs_the_others_no_bucket() -> None:
    found = edges([0] * 900 + list(range(1, 101)), 5)
    assert found == (0, 1, 26, 51, 76)


def test_what_training_did_not_see_makes_no_edge() -> None:
    assert edges([1, 2, 3, 9], 2, [1, 1, 1, 0]) == (1, 3)
    assert edges([], 20) == ()


def test_numbers_beyond_the_edges_are_in_the_outer_buckets() -> None:
    buckets = NumberBuckets((1.0, 3.0, 5.0))
    assert buckets.rows == 4
    assert buckets.rows_of(["-7", "1", "2.99", "3", "4", "5", "1e9"]) == [1, 1, 1, 2, 2, 3, 3]
    assert [buckets.bounds(row) for row in (1, 2, 3)] == [(None, 3.0), (3.0, 5.0), (5.0, None)]
    with pytest.raises(ValueError, match="row 0 is no bucket"):
        buckets.bounds(0)


@pytest.mark.parametrize("text", [None, "", "nan", "NaN", "inf", "-Infinity", "1e999", "1,5", "1_0", "٣", " 1", "0x1"])
def test_what_is_no_finite_number_has_row_0(text: str | None) -> None:
    assert number_in(text) is None
    assert NumberBuckets((1.0,)).row(text) == 0


def test_a_field_of_which_training_saw_no_number_has_row_0_alone() -> None:
    assert (NumberBuckets(()).rows, NumberBuckets(()).row("5")) == (1, 0)


@pytest.mark.parametrize(
    ("text", "number"), [("7.99", 7.99), (".5", 0.5), ("+1.", 1.0), ("-2e3", -2000.0), ("007", 7.0)]
)
def test_numbers_are_read_with_a_decimal_point(text: str, number: float) -> None:
    assert number_in(text) == number


@settings(max_examples=200, derandomize=True, deadline=None)
@given(WEIGHTED, st.integers(2, 20), st.lists(FINITE, min_size=2, max_size=20))
def test_a_larger_number_has_no_lower_bucket(seen: list[tuple[float, int]], most: int, asked: list[float]) -> None:
    buckets = NumberBuckets(edges([v for v, _ in seen], most, [float(w) for _, w in seen]))
    assert 1 <= len(buckets.edges) <= most
    assert all(a < b and math.isfinite(b) for a, b in zip((-math.inf, *buckets.edges), buckets.edges, strict=False))
    rows = [buckets.row(number_text(number)) for number in sorted(asked)]
    assert rows == sorted(rows)
    assert min(rows) >= 1


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_written_is_the_number_read(number: float) -> None:
    assert number_in(number_text(number)) == number


@settings(max_examples=100, derandomize=True, deadline=None)
@given(WEIGHTED)
def test_edges_survive_saving(seen: list[tuple[float, int]]) -> None:
    buckets = NumberBuckets(edges([v for v, _ in seen], 10))
    known = FieldVocabulary(("a",))
    vocabulary = Vocabulary({"item_id": known, "weight": buckets}, {"age": buckets}, {"hour": buckets})
    assert Vocabulary.from_dict(json.loads(json.dumps(vocabulary.to_dict()))) == vocabulary


def test_a_vocabulary_of_categories_alone_is_stored_as_before() -> None:
    known = FieldVocabulary(("a", "b"))
    assert json.dumps(Vocabulary({"item_id": known}, {}, {}).to_dict()) == (
        '{"item": {"item_id": ["a", "b"]}, "user": {}, "context": {}}'
    )
