"""Rescoring against the scorer: what is kept must score as a history that really holds nothing else."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from din_core.domain import Behavior, History, Item
from din_core.scoring import rescorer_for, rescorers_for
from din_core.scoring.rescoring.rescorer_choice import _exp
from tests.explain.scenes import DAY, FAMILY, history, item, scorer


def without(past: History, gone: Counter[str]) -> History:
    """`past` without so many of the occurrences of each item id, oldest first."""
    left, kept = Counter(gone), []
    for behavior in past.behaviors:
        if left[behavior.item.item_id]:
            left[behavior.item.item_id] -= 1
        else:
            kept.append(behavior)
    return History(past.user, past.as_of, tuple(kept))


def score(name: str, past: History) -> float:
    return float(scorer(name).score(past, [item("c")], {"place": "top"}).logit[0])


@pytest.mark.parametrize("name", FAMILY)
def test_the_full_and_the_empty_history_score_as_they_do_alone(name):
    rescorer = rescorer_for(scorer(name), history("abacd"), item("c"), {"place": "top"})
    assert rescorer.full == pytest.approx(score(name, history("abacd")), abs=1e-5)
    assert rescorer.empty == pytest.approx(score(name, history("")), abs=1e-5)


@pytest.mark.parametrize("name", FAMILY)
def test_each_behavior_less_scores_as_it_does_really_deleted(name):
    past = history("dabaceb")
    rescorer = rescorer_for(scorer(name), past, item("c"), {"place": "top"})
    found = rescorer.logits(rescorer.count - np.diag(rescorer.count))
    for t, behavior in enumerate(rescorer.behaviors):
        at = behavior.last_timestamp if not scorer(name).config.folds else None
        kept = [b for b in past.behaviors if (b.timestamp != at if at else b.item != behavior.item)]
        assert found[t] == pytest.approx(score(name, History(past.user, past.as_of, tuple(kept))), abs=1e-5)


@settings(max_examples=15, deadline=None)
@given(items=st.text("abcde", min_size=1, max_size=7), data=st.data())
@pytest.mark.parametrize("name", ["din", "softmax", "unit per field, softmax", "counts", "average, counts", "sum"])
def test_some_of_the_repeats_less_score_as_they_do_really_deleted(name, items, data):
    past = history(items)
    rescorer = rescorer_for(scorer(name), past, item("c"), {"place": "top"})
    kept = [data.draw(st.integers(0, b.count)) for b in rescorer.behaviors]
    gone = Counter({b.item.item_id: b.count - n for b, n in zip(rescorer.behaviors, kept, strict=True)})
    assert rescorer.logits(np.array(kept))[0] == pytest.approx(score(name, without(past, gone)), abs=1e-5)


@settings(max_examples=25, deadline=None)
@given(items=st.text("abcde", min_size=1, max_size=8), data=st.data())
@pytest.mark.parametrize("name", ["tin", "tin, not normalised, counts", "tin, gaps", "augru"])
def test_any_behaviors_less_score_as_they_do_really_deleted(name, items, data):
    past = history(items)
    rescorer = rescorer_for(scorer(name), past, item("c"), {"place": "top"})
    kept = [data.draw(st.booleans()) for _ in past.behaviors]
    left = tuple(b for b, stays in zip(past.behaviors, kept, strict=True) if stays)
    wanted = score(name, History(past.user, past.as_of, left))
    assert rescorer.logits(np.array(kept, dtype=float))[0] == pytest.approx(wanted, abs=1e-5)


def test_ranks_beyond_the_longest_history_are_those_of_its_oldest():
    short = scorer("tin", max_history=3)
    rescorer = rescorer_for(short, history("abc"), item("c"), {}, added=[item("d")])
    assert np.isfinite(rescorer.logits(np.ones(4))[0])
    assert rescorer.full == pytest.approx(float(short.score(history("abc"), [item("c")], {}).logit[0]), abs=1e-5)


@pytest.mark.parametrize("name", FAMILY)
def test_groups_bring_all_that_is_in_them(name):
    rescorer = rescorer_for(scorer(name), history("abacde"), item("c"), {})
    players = np.zeros((2, len(rescorer.behaviors)))
    players[0, ::2], players[1, 1::2] = rescorer.count[::2], rescorer.count[1::2]
    kept = np.array([[0, 1], [1, 0], [1, 1], [0, 0]])
    np.testing.assert_allclose(rescorer.logits(kept, players), rescorer.logits(kept @ players), atol=1e-6)


@pytest.mark.parametrize("name", FAMILY)
def test_an_item_that_was_not_there_scores_as_if_it_had_come_last(name):
    past = history("abac")
    rescorer = rescorer_for(scorer(name), past, item("c"), {"place": "top"}, added=[item("a"), item("e")])
    assert rescorer.full == pytest.approx(score(name, past), abs=1e-5)
    found = rescorer.logits(rescorer.count + np.array([0.0] * (len(rescorer.behaviors) - 2) + [1, 1]))[0]
    last = tuple(Behavior(item(i), past.as_of - 1) for i in "ae")
    assert found == pytest.approx(score(name, History(past.user, past.as_of, past.behaviors + last)), abs=1e-5)


@pytest.mark.parametrize("name", FAMILY)
def test_the_line_ends_at_the_full_history_and_its_slopes_are_its_derivative(name):
    rescorer = rescorer_for(scorer(name), history("abacde"), item("c"), {"place": "top"})
    step = 1e-2
    logits, slopes = rescorer.line(np.array([0.0, 0.4 - step, 0.4, 0.4 + step, 1.0]))
    assert logits[-1] == pytest.approx(rescorer.full, abs=1e-5)
    if name != "aigru":  # its states move without attention too
        assert logits[0] == pytest.approx(rescorer.empty, abs=1e-5)
    assert slopes[2].sum() == pytest.approx((logits[3] - logits[1]) / (2 * step), rel=0.02, abs=1e-3)


def test_weights_far_apart_leave_no_history_without_weight():
    shares = _exp(torch.tensor([[2000.0], [0.0], [1999.0]], dtype=torch.float64))
    assert shares[1] > 0
    assert shares[2] / shares[0] == pytest.approx(np.exp(-1))


@pytest.mark.parametrize("name", FAMILY)
def test_a_scenario_without_behaviors_opens(name):
    rescorer = rescorer_for(scorer(name), history(""), item("c"), {})
    assert rescorer.full == rescorer.empty
    assert rescorer.behaviors == ()


def test_the_newest_are_kept_where_a_history_is_longer_than_the_model_reads():
    past = history("abcde")
    short = scorer("din", max_history=3)
    rescorer = rescorer_for(short, past, item("c"), {})
    assert [b.item.item_id for b in rescorer.behaviors] == ["c", "d", "e"]
    assert rescorer.full == pytest.approx(float(short.score(past, [item("c")], {}).logit[0]), abs=1e-6)


def test_occurrences_keep_their_times():
    rescorer = rescorer_for(scorer("din"), history("aba"), item("c"), {}, added=[Item("new")])
    as_of = rescorer.shown.as_of
    assert rescorer.shown.times == ((as_of - 2 * DAY,), (as_of - 3 * DAY, as_of - DAY), (as_of - 1,))


@pytest.mark.parametrize("name", ["augru", "tin"])
def test_where_order_matters_no_part_of_a_behavior_is_kept(name):
    rescorer = rescorer_for(scorer(name), history("ab"), item("c"), {})
    with pytest.raises(ValueError, match="0 and 1"):
        rescorer.logits(np.array([0.5, 1]))


@pytest.mark.parametrize("past", ["abacdab", "a", ""])
@pytest.mark.parametrize("name", FAMILY)
def test_without_each_behavior_is_as_without_one_after_the_other(name, past):
    rescorer = rescorer_for(scorer(name), history(past), item("c"), {"place": "top"})
    one_by_one = rescorer.logits(rescorer.count - np.diag(rescorer.count))
    found = rescorer.leave_one_out_logits()
    assert found.without == pytest.approx(one_by_one, abs=1e-6)
    assert found[1:] == pytest.approx((rescorer.full, rescorer.empty), abs=1e-6)


@pytest.mark.parametrize("name", FAMILY)
def test_many_candidates_of_a_history_have_each_the_rescorer_that_it_has_alone(name):
    past, candidates = history("abacdab"), [item(name) for name in "cab"]
    contexts = [{"place": "top"}, {}, {"place": "top"}]
    together = rescorers_for(scorer(name), past, candidates, contexts)
    for found, candidate, context in zip(together, candidates, contexts, strict=True):
        alone = rescorer_for(scorer(name), past, candidate, context)
        assert found.shown.item == candidate
        for mine, own in zip(found.leave_one_out_logits(), alone.leave_one_out_logits(), strict=True):
            assert mine == pytest.approx(own, abs=1e-6)
