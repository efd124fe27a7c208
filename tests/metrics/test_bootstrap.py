from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from din_core.metrics import (
    METRICS,
    Bootstrap,
    Estimate,
    MetricError,
    auc,
    expected_calibration_error,
    gauc,
    log_loss,
    rela_impr,
)

Metric = Callable[[np.ndarray, np.ndarray, np.ndarray], float]
POINT: dict[str, Metric] = {
    "auc": lambda user, label, p: auc(label, p),
    "gauc": lambda user, label, p: gauc(user, label, p).value,
    "log_loss": lambda user, label, p: log_loss(label, p),
    "ece": lambda user, label, p: expected_calibration_error(label, p),
}


def impressions(n: int = 4000, users: int = 200, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Users, labels, and probabilities of two digits, so that many are tied."""
    rng = np.random.default_rng(seed)
    label = rng.random(n) < 0.3
    return rng.integers(users, size=n), label, seed_of(label, seed)


def seed_of(label: np.ndarray, seed: int, skill: float = 0.7) -> np.ndarray:
    """One training's probabilities."""
    noise = np.random.default_rng([seed, 1]).normal(size=len(label))
    return (1 / (1 + np.exp(1 - label * skill - noise))).round(2)


def redrawn(user: np.ndarray, draws: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """The textbook way: copy the rows of every drawn user, as a user of its own; (rows, users) of each draw."""
    rng = np.random.default_rng(seed)
    ids = np.unique(user)
    rows_of = [np.flatnonzero(user == one) for one in ids]
    found = []
    for _ in range(draws):
        drawn = rng.integers(len(ids), size=len(ids))
        rows = np.concatenate([rows_of[i] for i in drawn])
        found.append((rows, np.repeat(np.arange(len(drawn)), [len(rows_of[i]) for i in drawn])))
    return found


def bounds(values: Sequence[float]) -> tuple[float, float]:
    low, high = np.quantile(values, [0.025, 0.975])
    return pytest.approx(low, abs=1e-12), pytest.approx(high, abs=1e-12)


def interval(found: Estimate | None) -> tuple[float | None, float | None]:
    assert found is not None
    return found.low, found.high


@pytest.mark.parametrize("metric", METRICS)
def test_weighting_by_draws_equals_copying_the_drawn_rows(metric: str) -> None:
    user, label, score = impressions(600, 30)
    measured = Bootstrap(user, label, replicates=40, seed=3).measure([score])
    copied = [POINT[metric](copies, label[rows], score[rows]) for rows, copies in redrawn(user, 40, 3)]
    assert measured.replicates[metric][:, 0] == pytest.approx(copied, abs=1e-12)
    assert interval(measured.estimate(metric)) == bounds(copied)


@pytest.mark.parametrize("metric", METRICS)
def test_the_interval_of_several_seeds_is_of_their_mean_in_the_same_draws(metric: str) -> None:
    user, label, _ = impressions(600, 30)
    seeds = [seed_of(label, seed) for seed in range(3)]
    found = Bootstrap(user, label, replicates=40, seed=3).measure(seeds).estimate(metric)
    copied = [
        np.mean([POINT[metric](copies, label[rows], p[rows]) for p in seeds]) for rows, copies in redrawn(user, 40, 3)
    ]
    assert interval(found) == bounds(copied)
    each = [POINT[metric](user, label, p) for p in seeds]
    assert (found.mean, found.sd) == (pytest.approx(np.mean(each)), pytest.approx(np.std(each, ddof=1)))
    assert found.each == pytest.approx(each)


@pytest.mark.parametrize("metric", ["auc", "gauc"])
def test_rela_impr_is_measured_draw_by_draw_against_the_references_mean(metric: str) -> None:
    user, label, _ = impressions(600, 30)
    seeds, base = [seed_of(label, seed, skill=1.5) for seed in (1, 2)], [seed_of(label, seed) for seed in (3, 4, 5)]
    rows = Bootstrap(user, label, replicates=40, seed=3)
    found = rows.measure(seeds).rela_impr(rows.measure(base), metric)

    def mean(predictions: list[np.ndarray], rows: np.ndarray, copies: np.ndarray) -> float:
        return float(np.mean([POINT[metric](copies, label[rows], p[rows]) for p in predictions]))

    copied = [rela_impr(mean(seeds, *draw), mean(base, *draw)) for draw in redrawn(user, 40, 3)]
    everything = (np.arange(600), user)
    assert interval(found) == bounds(copied)
    assert found.mean == pytest.approx(rela_impr(mean(seeds, *everything), mean(base, *everything)))
    assert found.each == pytest.approx([rela_impr(mean([p], *everything), mean(base, *everything)) for p in seeds])


rows = st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.integers(0, 10)), min_size=2, max_size=40)


@given(rows.filter(lambda found: len({user for user, _, _ in found}) > 1))
def test_every_draw_of_any_rows_is_the_metric_of_the_copied_rows(found: list[tuple[int, bool, int]]) -> None:
    user, label, tenths = (np.array(column) for column in zip(*found, strict=True))
    measured = Bootstrap(user, label, replicates=5).measure([tenths / 10])
    for metric, of in POINT.items():
        for (drawn, copies), value in zip(redrawn(user, 5, 0), measured.replicates[metric][:, 0], strict=True):
            try:
                assert value == pytest.approx(of(copies, label[drawn], tenths[drawn] / 10), abs=1e-12)
            except MetricError:
                assert np.isnan(value)


@pytest.mark.parametrize("metric", METRICS)
def test_the_interval_holds_the_measured_value(metric: str) -> None:
    user, label, score = impressions()
    found = Bootstrap(user, label).measure([score]).estimate(metric)
    if metric == "ece":  # a distance: draws of users add noise to it, which lifts it
        assert found.low < found.high
    else:
        assert found.low < found.mean < found.high
    assert found.mean == POINT[metric](user, label, score)
    assert found.sd is None


def test_rela_impr_is_far_narrower_than_independent_intervals_would_make_it() -> None:
    user, label, score = impressions()
    nearly = (score * 0.98 + 0.02 * seed_of(label, 7)).clip(0, 1)
    rows = Bootstrap(user, label)
    base = rows.measure([score])
    paired, (low, high) = rows.measure([nearly]).rela_impr(base), interval(base.estimate("auc"))
    assert paired.high - paired.low < (high - low) / (base.estimate("auc").mean - 0.5) / 3


def test_a_model_over_itself_is_zero_without_an_interval() -> None:
    user, label, score = impressions(400, 20)
    base = Bootstrap(user, label, replicates=20).measure([score, seed_of(label, 1)])
    found = base.rela_impr(base)
    assert (found.mean, found.low, found.high) == (0.0, None, None)
    assert sum(found.each) == pytest.approx(0)


def test_one_of_several_seeds_is_what_it_is_alone() -> None:
    user, label, score = impressions(400, 20)
    rows = Bootstrap(user, label, replicates=20)
    both = rows.measure([seed_of(label, 1), score])
    for metric in METRICS:
        assert both.seed(1).estimate(metric) == rows.measure([score]).estimate(metric)


def test_one_seed_of_the_draws_gives_one_interval() -> None:
    user, label, score = impressions(400, 20)
    one, again, other = (Bootstrap(user, label, seed=seed).measure([score]).estimate("auc") for seed in (1, 1, 2))
    assert one == again
    assert one != other


def test_draws_with_one_label_only_are_left_out() -> None:
    # Half of the draws hold only one of the two users, whose labels are all equal.
    found = Bootstrap([1, 1, 2, 2], [1, 1, 0, 0], replicates=50).measure([[0.9, 0.8, 0.2, 0.1]])
    assert np.isnan(found.replicates["auc"]).any()
    assert found.estimate("auc") == Estimate(1.0, None, 1.0, 1.0, (1.0,))


def test_a_single_user_has_values_without_intervals() -> None:
    found = Bootstrap([1, 1], [0, 1]).measure([[0.1, 0.2]])
    assert found.estimate("auc") == Estimate(1.0, None, None, None, (1.0,))


def test_a_metric_that_the_labels_leave_without_a_value_is_none() -> None:
    rows = Bootstrap([1, 2], [1, 1])
    found = rows.measure([[0.1, 0.2]])
    assert [found.estimate(metric) is None for metric in METRICS] == [True, True, False, False]
    assert found.rela_impr(rows.measure([[0.3, 0.4]])) is None


def test_over_a_reference_no_better_than_guessing_there_is_no_rela_impr() -> None:
    rows = Bootstrap([1, 1, 2, 2], [0, 1, 0, 1])
    found = rows.measure([[0.1, 0.9, 0.2, 0.8]])
    assert found.rela_impr(rows.measure([[0.5, 0.5, 0.5, 0.5]])) is None


@pytest.mark.parametrize(
    ("seeds", "message"),
    [
        ([], "predictions of 0 seeds"),
        ([[0.1, 0.2]], r"lengths differ \(user 3, probability 2 rows\)"),
        ([[0.1, 0.2, 1.2]], "probability is 1.2 in row 2"),
        ([[0.1, 0.2, 0.3], [0.1, np.nan, 0.3]], "probability is NaN in row 1"),
    ],
)
def test_predictions_that_cannot_be_measured_are_refused(seeds: list, message: str) -> None:
    with pytest.raises(MetricError, match=message):
        Bootstrap([1, 2, 3], [0, 1, 0]).measure(seeds)


def test_users_and_labels_are_one_a_row_and_a_reference_is_of_the_same_rows() -> None:
    with pytest.raises(MetricError, match=r"lengths differ \(user 3, label 2 rows\)"):
        Bootstrap([1, 2, 3], [0, 1])
    one, other = (Bootstrap([1, 2], [0, 1]).measure([[0.1, 0.2]]) for _ in range(2))
    with pytest.raises(MetricError, match="measured on other rows"):
        one.rela_impr(other)
