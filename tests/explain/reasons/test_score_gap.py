"""Why one probability is above another: numbers worked out on paper, and the properties that make the parts add up."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from din_core.domain import GapSplit, History, ScoreGap
from din_core.explain import score_gap
from din_core.explain.reasons import score_gap as module
from din_core.scoring import Rescorer, rescorer_for
from tests.explain.brute import CONTEXT
from tests.explain.scenes import FAMILY, history, item, planted, scorer


def chance(x: float) -> float:
    """σ(asinh x), as `planted` has it: e^asinh x is x + √(x² + 1)."""
    odds = x + np.sqrt(x * x + 1)
    return float(odds / (1 + odds))


def two_candidates(name: str, past: History, one: str = "c", two: str = "a") -> tuple[Rescorer, Rescorer]:
    return rescorer_for(scorer(name), past, item(one), CONTEXT), rescorer_for(scorer(name), past, item(two), CONTEXT)


def gaps(split: GapSplit) -> dict[str, float]:
    return {part.name: part.gap for part in split.parts}


def total(found: ScoreGap, split: GapSplit) -> float:
    rest = 0.0 if split.rest is None else split.rest.gap
    return found.empty + sum(part.gap for part in split.parts) + rest


def test_two_items_share_what_they_add_together() -> None:
    past = history("ab")
    found = score_gap(
        rescorer_for(planted(a=1, b=1), past, item("c"), {}), rescorer_for(planted(a=0), past, item("c"), {})
    )
    each = (chance(8) - 0.5) / 2  # in either order: what it adds first and what it adds last
    assert gaps(found.by_item) == pytest.approx({"a": each, "b": each}, abs=1e-6)
    assert (found.first, found.second, found.empty) == pytest.approx((chance(8), 0.5, 0), abs=1e-6)
    assert found.exact
    assert found.by_item.rest is None


def test_the_second_score_takes_away_what_it_has_of_an_item() -> None:
    past = history("ab")
    models = planted(a=1), planted(b=2)
    found = score_gap(*(rescorer_for(model, past, item("c"), {}) for model in models))
    assert gaps(found.by_item) == pytest.approx({"a": chance(4) - 0.5, "b": 0.5 - chance(8)}, abs=1e-6)
    (b, a) = found.by_item.parts  # the larger first
    assert (a.first, a.second, b.first) == pytest.approx((chance(4) - 0.5, 0, 0), abs=1e-6)


def test_repeats_are_one_part_and_are_counted() -> None:
    past = history("aab")
    found = score_gap(rescorer_for(planted(a=1), past, item("c"), {}), rescorer_for(planted(a=0), past, item("c"), {}))
    assert {part.name: part.behaviors for part in found.by_item.parts} == {"a": 2, "b": 1}
    assert gaps(found.by_item)["a"] == pytest.approx(chance(8) - 0.5, abs=1e-6)


@pytest.mark.parametrize("name", FAMILY)
def test_parts_are_the_mean_over_all_orders_of_histories_really_built(name: str) -> None:
    past = history("dabab" if scorer(name).config.folds else "dabe")
    found = score_gap(*two_candidates(name, past))
    ids = sorted({b.item.item_id for b in past.behaviors})

    def worth(kept: frozenset[str]) -> float:
        some = replace(past, behaviors=tuple(b for b in past.behaviors if b.item.item_id in kept))
        one, two = scorer(name).score(some, [item("c"), item("a")], CONTEXT).probability
        return float(one) - float(two)

    expected = dict.fromkeys(ids, 0.0)
    for order in permutations(ids):
        for n, own in enumerate(order):
            expected[own] += (worth(frozenset(order[: n + 1])) - worth(frozenset(order[:n]))) / 6
    if len(ids) == 4:
        expected = {own: value / 4 for own, value in expected.items()}
    assert gaps(found.by_item) == pytest.approx(expected, abs=1e-5)


def test_items_add_up_to_their_categories() -> None:
    found = score_gap(*two_candidates("din", history("dabec")), "category")
    items, categories = gaps(found.by_item), gaps(found.by_category)
    assert categories == pytest.approx({"x": items["a"] + items["d"], "y": items["b"] + items["e"]})
    assert found.by_category.rest.gap == pytest.approx(items["c"])  # it has no category


@pytest.mark.parametrize(("second", "hidden"), [({"d": 1}, True), ({"d": 0.1}, False)])
def test_the_split_is_by_items_where_those_of_a_category_cancel(second: dict[str, float], hidden: bool) -> None:
    past = history("dab")  # a and d are of one category
    models = planted(a=1), planted(**second)
    found = score_gap(*(rescorer_for(model, past, item("c"), {}) for model in models), "category")
    assert found.cancels == hidden
    assert [part.name for part in found.split.parts][:1] == (["a"] if hidden else ["x"])


def test_little_that_cancels_hides_nothing() -> None:
    models = planted(a=0.01), planted(d=0.01)
    found = score_gap(*(rescorer_for(model, history("dab"), item("c"), {}) for model in models), "category")
    assert not found.cancels


def test_a_category_of_one_item_keeps_its_own_name() -> None:
    found = score_gap(*two_candidates("din", history("ab")), "category")
    assert [(part.item, part.items) for part in found.by_category.parts] == [(None, 1), (None, 1)]
    assert {part.item.item_id for part in found.by_item.parts} == {"a", "b"}


def test_without_categories_there_is_no_split_by_them() -> None:
    assert score_gap(*two_candidates("din", history("ab")), "colour").by_category is None


@pytest.mark.parametrize("name", FAMILY)
@pytest.mark.parametrize("budget", [None, 1])
def test_the_parts_add_up_to_the_gap_exactly_or_sampled(name: str, budget: int | None) -> None:
    found = score_gap(*two_candidates(name, history("dabce")), "category", row_budget=budget)
    assert found.exact == (budget is None)
    for split in (found.by_item, found.by_category):
        assert total(found, split) == pytest.approx(found.gap, abs=1e-6)
    assert abs(found.missed) < 1e-6


@pytest.mark.parametrize("crowded", [False, True])
@settings(max_examples=25, deadline=None)
@given(text=st.text("abcdezyxwvuts", max_size=12), budget=st.sampled_from([1, 64, 4096]))
def test_swapping_the_two_flips_every_sign(crowded: bool, text: str, budget: int) -> None:
    past = history(text)
    one, two = (
        rescorer_for(scorer("din"), past, item("c"), CONTEXT),
        rescorer_for(scorer("augru"), past, item("c"), CONTEXT),
    )
    with pytest.MonkeyPatch.context() as patch:
        if crowded:
            patch.setattr(module, "ALONE", 2)
            patch.setattr(module, "CATEGORIES", 2)
        found, swapped = (score_gap(*pair, "category", row_budget=budget) for pair in ((one, two), (two, one)))
    assert total(found, found.by_item) == pytest.approx(found.gap, abs=1e-6)
    assert swapped.gap == pytest.approx(-found.gap)
    assert gaps(swapped.by_item) == pytest.approx({name: -gap for name, gap in gaps(found.by_item).items()}, abs=1e-9)


def test_of_many_items_those_that_move_the_gap_most_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ALONE", 1)
    monkeypatch.setattr(module, "CATEGORIES", 1)
    past = history("dabec")
    models = planted(a=3, d=1), planted(b=0.1)
    found = score_gap(*(rescorer_for(model, past, item("c"), {}) for model in models), "category")
    assert [part.name for part in found.by_item.parts] == ["a", "d"]  # what is left of category x is one item
    assert found.by_item.rest.items == 3
    assert [(part.name, part.items) for part in found.by_category.parts] == [("x", 2)]
    assert total(found, found.by_category) == pytest.approx(found.gap, abs=1e-6)


def test_of_many_items_a_category_whose_strong_items_cancel_is_told_apart_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ALONE", 1)
    monkeypatch.setattr(module, "CATEGORIES", 1)
    models = planted(a=1, b=0.1), planted(d=1)  # a and d of one category move the gap most, to either side
    found = score_gap(*(rescorer_for(model, history("dabec"), item("c"), {}) for model in models), "category")
    assert [part.name for part in found.by_category.parts] == ["x"]
    assert found.cancels and {part.name for part in found.split.parts} == {"a", "d"}


def test_sampled_parts_lie_within_their_standard_errors() -> None:
    pair = two_candidates("softmax", history("dabcezyx"))
    exact, sampled = score_gap(*pair), score_gap(*pair, row_budget=2)
    assert {part.error for part in exact.by_item.parts} == {0.0}
    true = gaps(exact.by_item)
    for part in sampled.by_item.parts:
        assert part.error > 0
        assert abs(part.gap - true[part.name]) < 6 * part.error + 1e-6


def test_an_empty_history_leaves_the_gap_to_the_candidates() -> None:
    found = score_gap(*two_candidates("din", history("")), "category")
    assert found.empty == pytest.approx(found.gap)
    assert (found.by_item, found.by_category, found.exact) == (GapSplit((), None), None, True)


def test_two_times_cannot_be_compared() -> None:
    one, two = two_candidates("din", history("ab"))
    later = replace(two.shown.history, as_of=two.shown.as_of + 1)
    two.shown = replace(two.shown, history=later)
    with pytest.raises(ValueError, match="give two of one time"):
        score_gap(one, two)
