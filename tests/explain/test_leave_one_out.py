"""Leave-one-out against histories that really lack the behavior, and where the answer fits on paper."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from din_core.explain import by_field, by_week, leave_one_out
from din_core.scoring import rescorer_for
from tests.explain.brute import CONTEXT, positions, rescored
from tests.explain.scenes import FAMILY, history, item, planted, scorer


@pytest.mark.parametrize("name", FAMILY)
def test_an_effect_is_what_really_deleting_the_behavior_costs(name):
    past = history("dabacea")
    everything = set(range(7))
    found = leave_one_out(rescorer_for(scorer(name), past, item("c"), CONTEXT))
    full = rescored(name, past, everything)
    want = [full - rescored(name, past, everything - gone) for gone in positions(name, past)]
    np.testing.assert_allclose(found.values, want, atol=1e-5)


@pytest.mark.parametrize("name", FAMILY)
def test_a_category_goes_as_a_whole(name):
    past = history("dabacea")
    rescorer = rescorer_for(scorer(name), past, item("c"), CONTEXT)
    found = leave_one_out(rescorer, by_field(rescorer, "category"))
    full = rescored(name, past, set(range(7)))
    want = {
        group: full - rescored(name, past, {at for at, i in enumerate("dabacea") if i not in gone})
        for group, gone in (("x", "ad"), ("y", "be"), ("no category", "c"))
    }
    assert dict(zip(found.players, found.values, strict=True)) == pytest.approx(want, abs=1e-5)


@pytest.mark.parametrize("name", ["din", "time decay", "augru"])
def test_a_week_takes_its_own_repeats_only(name):
    past = history("abcabcabca")  # ten days: seven in the last week, the first three before it
    rescorer = rescorer_for(scorer(name), past, item("c"), CONTEXT)
    found = leave_one_out(rescorer, by_week(rescorer))
    full = rescored(name, past, set(range(10)))
    assert found.players == ("last 7 days", "8 to 14 days ago")
    want = [full - rescored(name, past, set(range(3))), full - rescored(name, past, set(range(3, 10)))]
    np.testing.assert_allclose(found.values, want, atol=1e-5)


def test_the_effect_in_probability_is_that_of_the_two_scores():
    past = history("ab")
    found = leave_one_out(rescorer_for(scorer("din"), past, item("c"), CONTEXT))
    full, without_a = (1 / (1 + np.exp(-rescored("din", past, kept))) for kept in ({0, 1}, {1}))
    assert found.probability[0] == pytest.approx(full - without_a, abs=1e-6)


def test_a_behavior_that_alone_moves_a_planted_tower_has_the_effect_on_paper():
    # logit = asinh(4 v_0) with v the plain sum, and only item a has a first coordinate: v_0 = 2 of two a's
    found = leave_one_out(rescorer_for(planted(), history("abca"), item("e"), {}))
    effects = dict(zip((b.item.item_id for b in found.behaviors), found.values, strict=True))
    assert effects == pytest.approx({"a": np.arcsinh(8), "b": 0, "c": 0}, abs=1e-5)
    assert found.gap == pytest.approx(0, abs=1e-5)


@settings(max_examples=20, deadline=None)
@given(items=st.text("abcde", max_size=6))
def test_effects_of_interchangeable_groupings_agree(items):
    rescorer = rescorer_for(scorer("din"), history(items), item("c"), CONTEXT)
    alone = leave_one_out(rescorer)
    grouped = leave_one_out(rescorer, by_field(rescorer, "item_id"))
    assert grouped.players == tuple(b.item.item_id for b in rescorer.behaviors)
    np.testing.assert_allclose(alone.values, grouped.values, atol=1e-6)
