"""The nearest opposite outcome against measuring every distance by hand."""

from __future__ import annotations

import numpy as np
import pytest

from din_core.domain import Behavior, History, Impression, Item, User
from din_core.explain.nearest_opposite import PROFILE, ImpressionWithHistory, cosine, distance, nearest
from tests.explain.brute import CONTEXT
from tests.explain.scenes import AS_OF, FAMILY, history, item, scorer


def seen(items: str, user: str = "u", age: tuple[str, ...] = ("old",), label: int = 0) -> ImpressionWithHistory:
    past = history(items)
    known = History(User(user, {"age": age}), past.as_of, past.behaviors)
    return ImpressionWithHistory(Impression(user, item("c"), AS_OF, label, "test", CONTEXT), known)


def by_hand(name: str, own: ImpressionWithHistory, other: ImpressionWithHistory) -> float:
    """Dense vectors over all items and all categories there are."""
    vectors = []
    for one in (own, other):
        scores = scorer(name).score(one.history, [item("c")], CONTEXT)
        items, kinds = np.zeros(5), np.zeros(2)
        for behavior, weight in zip(scores.behaviors, scores.weight[0], strict=True):
            items["abcde".index(behavior.item.item_id)] += float(weight) * behavior.count
            kind = behavior.item.fields["category"]
            if kind:
                kinds["xy".index(kind)] += float(weight) * behavior.count
        vectors.append((items, kinds))
    likeness = [
        a @ b / np.sqrt((a @ a) * (b @ b)) if a.any() and b.any() else float(a.any() == b.any())
        for a, b in zip(*vectors, strict=True)
    ]
    same = own.history.user.fields["age"] == other.history.user.fields["age"]
    return float(1 - np.mean(likeness) + (0 if same else PROFILE))


@pytest.mark.parametrize("name", FAMILY)
def test_the_nearest_is_the_one_that_measuring_all_by_hand_finds(name):
    own = seen("dabac")
    others = [seen("eebb", "1"), seen("dab", "2", ("young",)), seen("dabaca", "3"), seen("", "4"), seen("ccc", "5")]
    found = nearest(scorer(name), own, others)
    want = [by_hand(name, own, other) for other in others]
    assert found.distance == pytest.approx(min(want), abs=1e-5)
    assert found.seen is others[int(np.argmin(want))]
    assert found.compared == 5
    assert found.own == pytest.approx(float(scorer(name).score(own.history, [item("c")], CONTEXT).probability[0]))


def test_the_same_history_and_profile_are_at_no_distance_and_the_profile_tells_them_apart():
    own = seen("dab")
    found = nearest(scorer("din"), own, [seen("dab", "1", ("young",)), seen("dab", "2")])
    assert (found.seen.history.user.user_id, found.same_profile) == ("2", ("age",))
    assert found.distance == pytest.approx(0, abs=1e-6)
    assert found.different == ()


def test_what_is_shared_and_what_differs_is_told_by_weight_times_count():
    found = nearest(scorer("sum"), seen("aaabd"), [seen("aabeee", "1")])  # sum pooling: every weight is 1
    assert [(b.item.item_id, b.own, b.other) for b in found.shared] == [("a", 3, 2), ("b", 1, 1)]
    assert [(b.item.item_id, b.own, b.other) for b in found.different] == [("e", 0, 3), ("a", 3, 2), ("d", 1, 0)]


def test_empty_histories_are_alike_and_nobody_is_nearest_among_none():
    assert cosine({}, {}) == 1
    assert cosine({"a": 1.0}, {}) == 0
    found = nearest(scorer("din"), seen(""), [seen("ab", "1"), seen("", "2")])
    assert found.seen.history.user.user_id == "2"
    assert nearest(scorer("din"), seen("ab"), []) is None


def test_a_profile_field_that_neither_has_filled_in_says_nothing():
    one = scorer("din").score(history("ab"), [item("c")], CONTEXT)
    assert distance(one, User("1", {"age": ()}), one, User("2", {"age": ()})) == pytest.approx(0, abs=1e-6)


def test_several_values_of_an_item_take_equal_shares_of_its_weight():
    def sums(*categories: tuple[str, ...]):
        past = tuple(Behavior(Item(f"{own}", fields={"category": own}), n) for n, own in enumerate(categories))
        return scorer("sum").score(History(User("u"), AS_OF, past), [item("c")], CONTEXT)  # every weight is 1

    user = User("u")
    one, other = sums(("x", "y"), ("y",)), sums(("x",))
    # no item in common; categories: (1/2, 3/2) and (1, 0)
    likeness = (0 + 0.5 / np.hypot(0.5, 1.5)) / 2
    assert distance(one, user, other, user) == pytest.approx(1 - likeness)
