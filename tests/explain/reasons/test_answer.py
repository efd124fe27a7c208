"""The facts of the answer: what it names is really removed, and each kind where it can be told on paper."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from din_core.domain import History
from din_core.explain import answer, leave_one_out, removals, removed_together
from din_core.scoring import Rescorer, rescorer_for
from tests.explain.brute import CONTEXT
from tests.explain.scenes import FAMILY, history, item, planted, scorer


def measured(rescorer: Rescorer):
    """Removals by item and by category."""
    ids = [b.item.item_id for b in rescorer.behaviors]
    categories = [b.item.first("category") or "unknown" for b in rescorer.behaviors]
    return removals(rescorer, "item", ids), removals(rescorer, "category", categories)


def probability_without(name: str, past: History, gone: set[str], by: str) -> float:
    """By a history that really lacks the items, or the categories."""
    value = {"item": lambda i: i.item_id, "category": lambda i: i.first("category") or "unknown"}[by]
    kept = tuple(b for b in past.behaviors if value(b.item) not in gone)
    return float(scorer(name).score(History(past.user, past.as_of, kept), [item("c")], CONTEXT).probability[0])


def planted_answer(items: str, **first: float):
    """Under the tower on paper, with items alone."""
    rescorer = rescorer_for(planted(**first), history(items), item("e"), {})
    return answer(rescorer, measured(rescorer)[0])


@pytest.mark.parametrize("name", FAMILY)
@settings(max_examples=12, deadline=None)
@given(items=st.text("abcde", max_size=7))
def test_every_number_is_the_scorers_on_the_edited_history(name, items):
    past = history(items)
    rescorer = rescorer_for(scorer(name), past, item("c"), CONTEXT)
    by_item, by_category = measured(rescorer)
    found = answer(rescorer, by_item, by_category, outcome=1)
    nothing = {b.item.item_id for b in past.behaviors}
    assert found.probability == pytest.approx(probability_without(name, past, set(), "item"), abs=1e-5)
    assert found.empty == pytest.approx(probability_without(name, past, nothing, "item"), abs=1e-5)
    assert (found.behaviors, found.outcome, found.baseline) == (len(items), 1, None)
    for one in (*by_item, *by_category):
        assert one.without == pytest.approx(probability_without(name, past, {one.name}, one.by), abs=1e-5)
    if found.decisive:
        gone = {one.name for one in found.decisive}
        assert found.without == pytest.approx(probability_without(name, past, gone, found.decisive[0].by), abs=1e-5)
    changes = [abs(found.probability - one.without) for one in (*by_item, *by_category)]
    assert found.largest == max(changes, default=0)


@pytest.mark.parametrize("name", FAMILY)
def test_the_rest_is_rescored_as_one(name):
    past = history("dabacea")
    rescorer = rescorer_for(scorer(name), past, item("c"), CONTEXT)
    by_item, _ = measured(rescorer)
    rest = removed_together(rescorer, by_item[2:], "rest")
    gone = {one.name for one in by_item[2:]}
    assert rest.without == pytest.approx(probability_without(name, past, gone, "item"), abs=1e-5)
    assert rest.behaviors == sum(one.behaviors for one in by_item[2:])


def test_removals_come_by_points_and_take_what_is_measured_already():
    rescorer = rescorer_for(scorer("din"), history("dabacea"), item("c"), CONTEXT)
    by_item, by_category = measured(rescorer)
    assert {one.name: (one.rows, one.behaviors) for one in by_category} == {
        "x": ((0, 4), 4),
        "y": ((1, 3), 2),
        "unknown": ((2,), 1),
    }
    points = [abs(one.without - 1 / (1 + np.exp(-rescorer.full))) for one in by_item]
    assert points == sorted(points, reverse=True)
    effects = leave_one_out(rescorer).values.tolist()
    ids = [b.item.item_id for b in rescorer.behaviors]
    given_effects = removals(rescorer, "item", ids, dict(zip(ids, effects, strict=True)))
    assert [(a.name, a.effect) for a in given_effects] == [(b.name, pytest.approx(b.effect, abs=1e-6)) for b in by_item]
    with pytest.raises(ValueError, match="1 names of 5 behaviors"):
        removals(rescorer, "item", ["a"])


@pytest.mark.parametrize(
    ("items", "first", "kind", "named", "raised"),
    [
        ("", {}, "empty", "", True),
        ("bcd", {"a": 1}, "hardly", "", True),
        ("aabc", {"a": 1}, "one", "a", True),
        ("aabc", {"a": -1}, "one", "a", False),
        ("abc", {"a": 2, "b": 1.9}, "several", "ab", True),
        ("abcde", dict.fromkeys("abcde", 0.1), "spread", "", True),
        ("abcde", dict.fromkeys("abcde", 2.0), "interchangeable", "", True),
        ("abcde", dict.fromkeys("abcde", -2.0), "interchangeable", "", False),
        ("ab", {"a": 1, "b": -0.8}, "opposed", "ab", True),
        ("ab", {"a": 1, "b": -1.2}, "opposed", "ab", False),
        ("abcde", {"a": 0.2, "b": -0.06, "c": -0.06, "d": -0.06, "e": -0.06}, "opposed", "a", False),
    ],
)
def test_each_kind_on_paper(items, first, kind, named, raised):
    found = planted_answer(items, **first)
    assert (found.kind, "".join(sorted(one.name for one in found.decisive))) == (kind, named)
    assert found.raised is raised
    assert (found.without is None) is (named == "")


def test_what_one_thing_does_is_on_paper():
    found = planted_answer("aabc", a=1)
    assert found.probability == pytest.approx(1 / (1 + np.exp(-np.arcsinh(8))))
    assert (found.without, found.empty, found.decisive[0].behaviors) == (pytest.approx(0.5), 0.5, 2)


def test_a_category_is_named_where_it_clearly_does_more_than_its_strongest_item():
    both = rescorer_for(planted(a=1, d=1), history("adc"), item("e"), {})
    (named,) = answer(both, *measured(both)).decisive
    assert (named.by, named.name, named.behaviors) == ("category", "x", 2)
    alone = rescorer_for(planted(a=1, d=0.01), history("adc"), item("e"), {})
    (named,) = answer(alone, *measured(alone)).decisive
    assert (named.by, named.name) == ("item", "a")
