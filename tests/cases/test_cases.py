"""Kinds, slices, cohorts and the files, on six impressions computed by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from din_core.cases import (
    KINDS,
    Slice,
    choices,
    difference_with,
    fingerprint_of,
    mean_weights,
    mean_weights_of_others,
    most_telling,
    read_cases,
    rows_of,
    share_of,
    write_cases,
)
from din_core.cases.cohort import _ratio
from din_core.cases.stored import rounded
from din_core.domain import DinLensError
from tests.cases.toy import MONDAY, toy_cases

EVERY = np.ones(6, dtype=bool)
BY_HAND = {
    # the share of positives is .5: a probability above it says positive
    "main right": [0, 3, 5],
    "base right": [2, 1],
    "gap": [0, 2, 3, 1, 5, 4],
    "negative": [2, 3, 0],
    "dominated": [2, 0, 4],  # row 1 has 5 behaviors
    "disagree": [2, 0, 4],
    "intense": [4],
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_most_telling_rows_of_each_kind_come_first(kind: str) -> None:
    rows, total = most_telling(toy_cases(), kind, EVERY, 10)
    assert rows.tolist() == BY_HAND[kind]
    assert total == len(rows)


def test_only_rows_of_the_slice_are_told_and_no_more_than_asked_for() -> None:
    cases = toy_cases()
    rows, total = most_telling(cases, "gap", rows_of(cases, Slice(label=True)), 2)
    assert (rows.tolist(), total) == ([0, 2], 3)


def test_a_user_and_a_candidate_are_told_once_and_so_are_a_candidate_and_its_negative_behavior() -> None:
    again = replace(toy_cases(), user=np.array([0, 0, 0, 1, 2, 2]))  # rows 0 and 2: user a, candidate i0
    assert most_telling(again, "gap", EVERY, 10)[0].tolist() == [0, 3, 1, 5, 4]
    alike = replace(toy_cases(), low_item=np.array([1, 0, 1, 1, 1, -1]))  # rows 0 and 2: candidate i0, behavior i1
    assert most_telling(alike, "negative", EVERY, 10) == (pytest.approx([2, 3]), 3)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="no kind 'odd'; there are main right"):
        most_telling(toy_cases(), "odd", EVERY, 1)


@pytest.mark.parametrize(
    ("chosen", "rows"),
    [
        (Slice(), [0, 1, 2, 3, 4, 5]),
        (Slice(profile=("age", "45-54")), [0, 1, 2, 3]),
        (Slice(profile=("age", "unknown")), [4, 5]),
        (Slice(profile=("likes", "milk")), [0, 1, 2, 3]),
        (Slice(category="Milk"), [1, 3, 5]),
        (Slice(week=MONDAY), [0, 3, 4, 5]),
        (Slice(users=frozenset("bz")), [2, 3]),
        (Slice(week=MONDAY - 7 * 86_400), [2]),
        (Slice(length=0), [1, 2, 5]),
        (Slice(length=1), [0, 3]),
        (Slice(length=3), [4]),
        (Slice(label=False), [1, 3, 4]),
        (Slice(profile=("likes", "beer"), category="Beer", label=True), [0]),
    ],
)
def test_a_slice_holds_what_its_impressions_have_in_common(chosen: Slice, rows: list[int]) -> None:
    assert np.flatnonzero(rows_of(toy_cases(), chosen)).tolist() == rows


def test_profile_values_are_listed_and_unknown_comes_last() -> None:
    assert choices(toy_cases(), "age") == ("45-54", "unknown")
    assert choices(toy_cases(), "likes") == ("beer", "milk")


def test_a_mean_weight_is_over_occurrences_and_its_interval_over_users() -> None:
    mean = mean_weights(toy_cases(), "age", EVERY)
    assert mean.value[:2] == pytest.approx([(1 + 2 + 3 - 4) / (2 + 2 + 1 + 4), 5 / 10])
    assert np.isnan(mean.value[2:]).all()
    assert mean.count[:3].tolist() == [9, 10, 0]
    assert mean.users[:3].tolist() == [2, 1, 0]
    # of 9 behaviors, users a and b are 19/9 above and below the mean, c is neither: 3 users, so 3/2 of the spread
    error = 1.96 * (3 / 2 * 2 * (19 / 9) ** 2) ** 0.5 / 9
    assert (mean.low[0], mean.high[0]) == (pytest.approx(2 / 9 - error), pytest.approx(2 / 9 + error))
    assert np.isnan(mean.low[1])  # one user has behaviors there


def test_the_interval_is_that_of_drawing_users_anew() -> None:
    rng = np.random.default_rng(1)
    users = np.repeat(np.arange(150), rng.integers(1, 8, 150))
    below = rng.integers(1, 30, (1, len(users))).astype(float)
    above = below * rng.normal(0.4, 0.1, (1, 150))[:, users] + rng.normal(0, 1, below.shape)
    mean = _ratio(above, below, users)
    top, bottom = (np.bincount(users, part[0]) for part in (above, below))
    drawn = rng.multinomial(150, np.full(150, 1 / 150), size=4000)
    low, high = np.quantile((drawn @ top) / (drawn @ bottom), (0.025, 0.975))
    assert mean.value[0] == pytest.approx(above.sum() / below.sum())
    assert mean.high[0] - mean.low[0] == pytest.approx(high - low, rel=0.08)
    assert (mean.low[0], mean.high[0]) == pytest.approx((low, high), rel=0.01)


def test_shares_and_the_weights_of_the_others() -> None:
    cases = toy_cases()
    assert share_of(cases, "own_age", "age", EVERY).value[0] == pytest.approx(2 / 9)
    assert mean_weights_of_others(cases, "own_age", "age", EVERY).value[0] == pytest.approx((2 - 2) / (9 - 2))


def test_the_difference_that_a_behavior_makes_is_between_impressions_with_and_without_it() -> None:
    cases = toy_cases()
    labels = difference_with(cases, cases.label, "own_age", EVERY)
    assert labels.value[0] == pytest.approx(1 / 2 - 1 / 3)  # rows 0 and 1 have one, rows 2 to 4 have none
    assert (labels.count[0], labels.users[0]) == (2, 1)
    assert np.isnan(labels.low[0])  # of one user
    assert labels.value[1] == pytest.approx(0 - 2 / 4)  # row 4 alone
    assert np.isnan(labels.value[2])  # nobody has one of that age
    learned = difference_with(cases, cases.probability, "own_age", EVERY)
    assert learned.value[0] == pytest.approx((0.9 + 0.6) / 2 - (0.3 + 0.2 + 0.7) / 3)


def test_the_interval_of_a_difference_is_that_of_drawing_users_anew() -> None:
    rng = np.random.default_rng(2)
    users = np.repeat(np.arange(200), rng.integers(2, 9, 200))
    n = len(users)
    has = rng.random(n) < rng.beta(2, 2, 200)[users]
    label = rng.random(n) < 0.2 + 0.3 * has + 0.2 * rng.random(200)[users]
    toy = toy_cases()
    sums = replace(toy.sums, row=np.arange(n), count={"own_age": has[None].astype(np.int32)})
    cases = replace(toy, user=users, label=label, sums=sums)
    found = difference_with(cases, label, "own_age", np.ones(n, dtype=bool))
    parts = [np.bincount(users, part) for part in (label * has, has, label * ~has, ~has)]
    drawn = rng.multinomial(200, np.full(200, 1 / 200), size=4000)
    ones, with_it, others, without = (drawn @ part for part in parts)
    low, high = np.quantile(ones / with_it - others / without, (0.025, 0.975))
    assert found.high[0] - found.low[0] == pytest.approx(high - low, rel=0.08)
    assert (found.low[0], found.high[0]) == (pytest.approx(low, abs=0.01), pytest.approx(high, abs=0.01))


def test_a_cohort_of_nobody_has_no_mean() -> None:
    nobody = toy_cases()
    means = [mean_weights(nobody, "rank", ~EVERY), difference_with(nobody, nobody.label, "own_age", ~EVERY)]
    assert all(np.isnan(mean.value).all() and not mean.count.any() for mean in means)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    cases = toy_cases()
    size = write_cases(cases, tmp_path / "cases")
    write_cases(cases, tmp_path / "cases")  # in the place of the older ones
    assert size == sum(path.stat().st_size for path in (tmp_path / "cases").iterdir())
    again = read_cases(tmp_path / "cases")
    for name in ("about", "user_ids", "profile", "item_ids", "categories"):
        assert getattr(again, name) == getattr(cases, name)
    for name in ("user", "item", "category", "time", "nth", "label", "distinct", "low_item", "share_item"):
        assert getattr(again, name).tolist() == getattr(cases, name).tolist()
    for name in ("probability", "base_probability", "tau", "top_weight", "intensity"):
        assert getattr(again, name) == pytest.approx(getattr(cases, name), rel=1 / 4096, nan_ok=True)
    for name, weight in cases.sums.weight.items():
        assert (again.sums.weight[name] == weight).all()
        assert (again.sums.count[name] == cases.sums.count[name]).all()


def test_numbers_keep_twelve_bits() -> None:
    values = np.random.default_rng(0).normal(size=1000) * 10.0 ** np.arange(-5, 5).repeat(100)
    assert rounded(values) == pytest.approx(values, rel=1 / 4096)
    assert rounded(np.array([0.0, np.nan, -3.0])).tolist()[::2] == [0, -3]


def test_a_damaged_or_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DinLensError, match=r"holds no impressions\.parquet; write it with `python -m trainer cases`"):
        read_cases(tmp_path)
    write_cases(toy_cases(), tmp_path / "cases")
    (tmp_path / "cases" / "sums.parquet").write_bytes(b"PAR1")
    with pytest.raises(DinLensError, match=r"cannot be read .* write it anew"):
        read_cases(tmp_path / "cases")


def test_another_version_is_refused(tmp_path: Path) -> None:
    write_cases(toy_cases(), tmp_path / "cases")
    path = tmp_path / "cases" / "impressions.parquet"
    rows = pq.read_table(path)
    metadata = json.loads(rows.schema.metadata[b"din_lens"]) | {"version": 99}
    pq.write_table(rows.replace_schema_metadata({b"din_lens": json.dumps(metadata)}), path)
    with pytest.raises(DinLensError, match="is of version 99, but this DIN Lens reads version 1"):
        read_cases(tmp_path / "cases")


def test_impressions_of_cases_written_before_they_were_numbered_are_the_first(tmp_path: Path) -> None:
    write_cases(toy_cases(), tmp_path / "cases")
    path = tmp_path / "cases" / "impressions.parquet"
    pq.write_table(pq.read_table(path).drop_columns("nth"), path)
    assert read_cases(tmp_path / "cases").nth.tolist() == [1] * 6


def test_a_store_with_another_count_has_another_fingerprint() -> None:
    first = fingerprint_of({"n_items": 3, "fields": ("a", "b")})
    assert first == fingerprint_of({"fields": ["a", "b"], "n_items": 3})
    assert first != fingerprint_of({"n_items": 4, "fields": ("a", "b")})
