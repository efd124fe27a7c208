"""The impressions that show what a figure is a mean of, by hand."""

from __future__ import annotations

from trainer.evaluation.faithfulness.examples import KEPT, LEAST_BEHAVIORS, examples, told
from trainer.evaluation.faithfulness.impression_measures import FIGURES, ImpressionMeasures
from trainer.evaluation.faithfulness.seed_variance import SeedPair, mean_taus


def row(tau: float | None, behaviors: int = LEAST_BEHAVIORS) -> ImpressionMeasures:
    """One impression; its five largest weights cover half of what is there to cover."""
    figures = {**dict.fromkeys(FIGURES), "tau": tau, "covered": 0.2, "best_covered": 0.4}
    return ImpressionMeasures(0, behaviors, "none", figures, "caution", None)


def keys(n: int) -> list[tuple[str, str, int, int]]:
    return [(f"u{place}", "i", 60 * place, 1) for place in range(n)]


def test_the_least_the_middling_and_the_most_are_kept_rising() -> None:
    n = 5 * KEPT
    found = told(keys(n), [row(None)] * n, [float(-place) for place in range(n)])
    thirds = (1 - n, 2 * KEPT + 1 - n, 1 - KEPT)
    assert [one["value"] for one in found] == [value for first in thirds for value in range(first, first + KEPT)]
    assert found[0] == {"user_id": f"u{n - 1}", "item_id": "i", "timestamp": 60 * (n - 1), "nth": 1, "value": 1.0 - n}
    assert len(found) == 3 * KEPT


def test_of_a_few_impressions_each_is_kept_once() -> None:
    assert [one["value"] for one in told(keys(3), [row(None)] * 3, [0.5, 0.1, 0.3])] == [0.1, 0.3, 0.5]
    assert told([], [], []) == []


def test_short_histories_and_those_without_a_value_are_left_out() -> None:
    rows = [row(None), row(None, LEAST_BEHAVIORS - 1), row(None)]
    assert [one["user_id"] for one in told(keys(3), rows, [0.1, 0.2, None])] == ["u0"]


def test_every_figure_has_its_own_examples() -> None:
    found = examples(keys(2), [row(0.3), row(-0.1)], [None, 0.8])
    assert {name: [one["value"] for one in own] for name, own in found.items()} == {
        "tau": [-0.1, 0.3],
        "same_sign": [],
        "covered": [0.5, 0.5],
        "moved": [0.8],
    }


def test_pairs_of_seeds_are_averaged_in_each_impression() -> None:
    pairs = [SeedPair(0, tau, None, None, 0.0) for tau in (0.2, 0.4, None, None, -0.1, 0.1, 0.3, None, 0.5)]
    assert [None if tau is None else round(tau, 9) for tau in mean_taus(pairs, 3)] == [0.3, 0.0, 0.4]
    assert mean_taus(pairs[2:4], 2) == [None, None]
