"""Counterfactuals against trying every set, and against really changed histories."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from din_core.domain import Behavior, History
from din_core.explain import by_field, fewest_additions, smallest_removal
from din_core.scoring import rescorer_for
from tests.explain.brute import CONTEXT, rescored
from tests.explain.scenes import FAMILY, history, item, planted, scorer


def margin_without(name, past, gone, threshold):
    return rescored(name, past, set(range(len(past.behaviors))) - set(gone)) - threshold


def smallest_by_trying(name, past, threshold):
    """Size of the smallest set, None where none will do; all behaviors differ."""
    everyone = range(len(past.behaviors))
    above = margin_without(name, past, (), threshold) >= 0
    for size in range(1, len(past.behaviors) + 1):
        margins = [margin_without(name, past, gone, threshold) for gone in combinations(everyone, size)]
        if any((margin < 0) == above and margin != 0 for margin in margins):
            return size
    return None


@pytest.mark.parametrize("name", FAMILY)
@pytest.mark.parametrize("part", [0.2, 0.7])
def test_the_smallest_removal_is_what_trying_every_set_finds(name, part):
    past = history("dabec")
    rescorer = rescorer_for(scorer(name), past, item("c"), CONTEXT)
    threshold = rescorer.full + part * (rescorer.empty - rescorer.full)
    found = smallest_removal(rescorer, threshold=threshold)
    want = smallest_by_trying(name, past, threshold)
    assert found.exact
    assert (found.chosen and len(found.chosen)) == want == found.at_least
    assert found.before * found.after < 0
    assert found.after == pytest.approx(margin_without(name, past, found.chosen, threshold), abs=1e-5)


@settings(max_examples=25, deadline=None)
@given(part=st.floats(0.05, 0.95), most=st.integers(0, 30))
def test_a_search_cut_short_crosses_too_and_its_bound_holds(part, most):
    past = history("dabec")
    rescorer = rescorer_for(scorer("softmax"), past, item("c"), CONTEXT)
    threshold = rescorer.full + part * (rescorer.empty - rescorer.full)
    exact, cut = (
        smallest_removal(rescorer, threshold=threshold),
        smallest_removal(rescorer, threshold=threshold, row_budget=most),
    )
    assert cut.at_least <= len(exact.chosen) <= len(cut.chosen)
    assert cut.before * cut.after < 0
    assert cut.exact == (cut.at_least == len(cut.chosen))
    if cut.exact:
        assert len(cut.chosen) == len(exact.chosen)


def test_what_no_removal_can_reach_is_said_to_be_out_of_reach():
    rescorer = rescorer_for(scorer("din"), history("dabec"), item("c"), CONTEXT)
    for most in (None, 6):
        found = smallest_removal(rescorer, threshold=-1e6, row_budget=most)
        assert found.chosen is None
        assert found.exact == (most is None)
        assert found.after > 0


def test_the_planted_behavior_is_the_one_to_remove():
    rescorer = rescorer_for(planted(), history("bcade"), item("e"), {})
    found = smallest_removal(rescorer, threshold=1.0)
    assert [found.players[p] for p in found.chosen] == ["A"]
    assert (found.before, found.after) == pytest.approx((np.arcsinh(4) - 1, -1), abs=1e-5)


def test_categories_go_as_one():
    rescorer = rescorer_for(planted(), history("bcade"), item("e"), {})
    found = smallest_removal(rescorer, threshold=1.0, groups=by_field(rescorer, "category"))
    assert [found.players[p] for p in found.chosen] == ["x"]


@pytest.mark.parametrize("name", ["din", "average", "augru"])
def test_a_rival_loses_the_same_behaviors(name):
    past = history("dabec")
    one, other = (rescorer_for(scorer(name), past, item(i), CONTEXT) for i in "ce")
    found = smallest_removal(one, rival=other)
    assert found.before == pytest.approx(one.full - other.full, abs=1e-6)
    if found.chosen is not None:
        kept = History(past.user, past.as_of, tuple(b for t, b in enumerate(past.behaviors) if t not in found.chosen))
        logits = scorer(name).score(kept, [item("c"), item("e")], CONTEXT).logit
        assert found.after == pytest.approx(logits[0] - logits[1], abs=1e-5)
        assert found.before * found.after < 0


@pytest.mark.parametrize("name", FAMILY)
def test_the_fewest_additions_score_as_a_history_that_really_holds_them(name):
    past, added = history("da"), "bacd"
    rescorer = rescorer_for(scorer(name), past, item("c"), CONTEXT, added=[item(i) for i in added])
    together = rescorer.logits(np.where(rescorer.count == 0, 1, rescorer.count))[0]
    threshold = (rescorer.full + together) / 2
    found = fewest_additions(rescorer, threshold=threshold)
    assert found.action == "add"
    assert found.players == tuple(added.upper())
    last = tuple(Behavior(item(added[p]), past.as_of - 1) for p in found.chosen)
    logit = scorer(name).score(History(past.user, past.as_of, past.behaviors + last), [item("c")], CONTEXT).logit[0]
    assert found.after == pytest.approx(logit - threshold, abs=1e-5)
    assert found.before * found.after < 0
    assert found.exact


def test_repeats_of_the_planted_item_add_up():
    rescorer = rescorer_for(planted(), history("b"), item("e"), {}, added=[item(i) for i in "caaa"])
    found = fewest_additions(rescorer, threshold=float(np.arcsinh(4 * 1.5)))
    assert sorted(found.players[p] for p in found.chosen) == ["A", "A"]


def test_a_history_without_behaviors_has_nothing_to_remove():
    found = smallest_removal(rescorer_for(scorer("din"), history(""), item("c"), {}), threshold=0.0)
    assert (found.chosen, found.exact, found.players) == (None, True, ())


def test_one_goal_and_one_history_are_asked_for():
    one, other = (rescorer_for(scorer("din"), history(items), item("c"), {}) for items in ("ab", "ba"))
    for goal in ({}, {"threshold": 0.0, "rival": one}):
        with pytest.raises(ValueError, match="give a threshold or a rival"):
            smallest_removal(one, **goal)
    with pytest.raises(ValueError, match="another history"):
        smallest_removal(one, rival=other)
