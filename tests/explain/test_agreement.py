"""Agreement of weights and effects, and the words for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from din_core.domain import Agreement, Explanation, FoldedBehavior, Item, Scores
from din_core.explain import agreement, by_field, leave_one_out, verdict
from din_core.explain.agreement import kendall_tau, pooled_correlation
from din_core.scoring import rescorer_for
from tests.explain.brute import CONTEXT
from tests.explain.scenes import FAMILY, history, item, planted, scorer


def beside(weights, effects, counts=None) -> Agreement:
    counts = counts or [1] * len(weights)
    behaviors = tuple(FoldedBehavior(Item(f"i{n}", f"Item {n}"), c, 0, 0) for n, c in enumerate(counts))
    weight = np.array([weights], dtype=np.float32).reshape(1, -1)
    scores = Scores("DIN", "0", "attention", "none", (Item("q"),), behaviors, np.ones(1), np.zeros(1), weight)
    return agreement(scores, Explanation("leave-one-out", "logit", behaviors, np.array(effects, dtype=np.float64)))


def test_tau_is_one_in_the_same_order_and_minus_one_in_reverse():
    assert beside([1, 2, 3, 4], [0.1, 0.2, 0.3, 0.9]).tau == pytest.approx(1)
    assert beside([1, 2, 3, 4], [4, 3, 2, 1]).tau == pytest.approx(-1)


def test_ties_count_for_neither_side():
    # pairs: (1,2) tied in weights, the other two concordant: 2 / sqrt(2 · 3)
    assert beside([1, 1, 2], [1, 2, 3]).tau == pytest.approx(2 / np.sqrt(6))


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), max_size=8))
def test_kendall_is_the_count_of_pairs(pairs):
    x, y = (np.array([p[n] for p in pairs], dtype=float) for n in (0, 1))
    every = [(i, j) for i in range(len(pairs)) for j in range(i)]
    agree = sum(np.sign(x[i] - x[j]) * np.sign(y[i] - y[j]) for i, j in every)
    ties = [sum(z[i] != z[j] for i, j in every) for z in (x, y)]
    want = agree / np.sqrt(ties[0] * ties[1]) if all(ties) else None
    assert kendall_tau(x, y) == (pytest.approx(want) if want is not None else None)


def test_repeats_count_in_the_weights():
    assert beside([1, 2], [3, 1], counts=[4, 1]).tau == pytest.approx(1)


def test_effects_below_the_networks_own_error_are_ties():
    found = beside([1, 2, 3], [1e-8, -3e-8, 1e-7])
    assert found.tau is None
    assert not found.effects.any()


def test_signs_and_coverage_fit_on_paper():
    found = beside([3, -2, 1, 0], [4, 1, 3, 2])
    assert found.same_sign == pytest.approx(2 / 3)  # the one without weight has no sign to agree with
    assert found.covered == pytest.approx({1: 0.4, 3: 0.8, 5: 1, 10: 1})
    assert found.best == pytest.approx({1: 0.4, 3: 0.9, 5: 1, 10: 1})


@pytest.mark.parametrize(
    ("weights", "effects", "level", "words"),
    [
        ([1, 2, 3, 4, 5], [1, 2, 3, 5, 4], "trust", "rank behaviors like their measured effects (τ = .80)."),
        ([1, 2, 3, 4, 5], [1, 2, 3, 4, 5], "trust", "(τ = 1)."),
        ([1, 2, 3, 4], [2, 1, 4, 3], "caution", "only roughly like their measured effects (τ = .33); they disagree"),
        ([1, 2, 3, 4], [-1, 2, -3, 4], "caution", "not which way (τ = 1 without signs, .33 with them)"),
        ([1, 2, 3, 4], [4, 3, 2, 1], "do not", "do not rank behaviors like their measured effects (τ = −1)"),
    ],
)
def test_the_sentence_goes_with_the_level(weights, effects, level, words):
    found = verdict(beside(weights, effects))
    assert found.level == level
    assert words in found.sentence


def test_a_warning_names_where_weights_and_effects_disagree():
    found = verdict(beside([1, 2, 3, 10], [9, 2, 3, 0]))
    assert found.disagreeing == (3, 0)  # the others differ by less than a tenth of the largest
    assert found.sentence.endswith("they disagree most on Item 3 and Item 0.")


def test_weights_that_find_the_few_that_matter_are_distinctions_from_those_that_find_none():
    small = [1e-3 * n for n in range(1, 12)]
    found = verdict(beside([10, *small], [-7, *small[::-1]]))
    assert found.level == "caution"
    assert (
        "find the behaviors that matter (the 3 largest carry 99 % of all effects, and no 3 behaviors more than 99 %)"
        in found.sentence
    )
    assert "do not rank" in found.sentence
    assert verdict(beside([0, *small], [-7, *small[::-1]])).level == "do not"


@pytest.mark.parametrize(
    ("weights", "effects", "words"),
    [
        ([], [], "empty"),
        ([2], [1], "one behavior"),
        ([0.5, 0.5], [1, 2], "same weight"),
        ([1, 2], [0, 0], "No behavior alone"),
        ([1, 2], [3, 3], "same effect"),
    ],
)
def test_nothing_is_ranked_where_nothing_can_be(weights, effects, words):
    found = verdict(beside(weights, effects))
    assert (found.level, found.tau, found.disagreeing) == ("nothing to rank", None, ())
    assert words in found.sentence


def test_weights_times_counts_that_are_all_alike_rank_nothing():
    assert verdict(beside([1, 2], [3, 1], counts=[2, 1])).sentence.startswith("Weights × counts are all alike")


@pytest.mark.parametrize("name", FAMILY)
@pytest.mark.parametrize("items", ["", "a", "dabace"])
def test_every_model_gets_a_verdict_on_any_history(name, items):
    past = history(items)
    effects = leave_one_out(rescorer_for(scorer(name), past, item("c"), CONTEXT))
    found = verdict(agreement(scorer(name).score(past, [item("c")], CONTEXT), effects))
    ranks = len(items) > 1 and name not in ("average", "sum", "average, counts")
    assert (found.level != "nothing to rank") == ranks


def test_a_planted_tower_ignores_weights_and_the_words_say_so():
    past = history("abcd")
    found = agreement(
        planted().score(past, [item("e")], {}), leave_one_out(rescorer_for(planted(), past, item("e"), {}))
    )
    assert np.count_nonzero(found.effects) == 1
    assert verdict(found).level == "nothing to rank"  # sum pooling weighs every behavior alike


def test_effects_of_groups_are_not_compared_with_weights_of_behaviors():
    past = history("ab")
    rescorer, scores = (
        rescorer_for(scorer("din"), past, item("c"), {}),
        scorer("din").score(past, [item("c")], {}),
    )
    for effects in (
        leave_one_out(rescorer, by_field(rescorer, "item_id")),
        replace(leave_one_out(rescorer), behaviors=rescorer.behaviors[::-1]),
    ):
        with pytest.raises(ValueError, match="of other behaviors"):
            agreement(scores, effects)


def test_correlation_is_within_histories_and_what_all_of_one_share_plays_no_part():
    # weights 5 ± 1 and −2 ± 1, effects ± 2 and ± 1: products 2 · 2 + 2 · 1 = 6, squares 4 and 2 · 4 + 2 · 1 = 10
    found = pooled_correlation([pair([4, 6], [-2, 2]), pair([-3, -1], [9, 11])])
    assert found == pytest.approx(6 / np.sqrt(4 * 10))


def test_a_history_counts_by_how_much_its_behaviors_differ():
    agrees, differs = pair([0, 1], [0, 8]), pair([0, 1], [0, -1])
    assert pooled_correlation([agrees, differs, differs]) > 0


def test_without_two_behaviors_that_differ_there_is_no_correlation():
    assert pooled_correlation([pair([1], [1]), pair([], [])]) is None
    assert pooled_correlation([pair([1, 1], [1, 2])]) is None


def pair(weights, effects):
    return np.array(weights, dtype=np.float64), np.array(effects, dtype=np.float64)
