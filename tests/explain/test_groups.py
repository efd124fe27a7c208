"""Groups hold every occurrence once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from din_core.domain import Behavior, History, Item
from din_core.explain import by_field, by_week
from din_core.model.fields.number_buckets import NumberBuckets
from din_core.scoring import NumberRanges, Scorer, number_ranges, rescorer_for
from tests.explain.scenes import AS_OF, DAY, FAMILY, history, item, scorer


@pytest.mark.parametrize("name", FAMILY)
def test_every_occurrence_lies_in_one_group(name):
    rescorer = rescorer_for(scorer(name), history("abcabcabcade"), item("c"), {}, added=[Item("new"), item("a")])
    for groups in (by_field(rescorer, "category"), by_field(rescorer, "item_id"), by_week(rescorer)):
        np.testing.assert_array_equal(np.sum([g.occurrences for g in groups], axis=0), rescorer.count)


def test_weeks_are_counted_back_from_the_impression():
    groups = by_week(rescorer_for(scorer("din"), history("a" * 22), item("c"), {}))
    assert [(g.name, sum(g.occurrences)) for g in groups] == [
        ("last 7 days", 7),
        ("8 to 14 days ago", 7),
        ("15 to 21 days ago", 7),
        ("22 to 28 days ago", 1),
    ]


def test_an_item_with_several_values_lies_in_the_group_of_the_first():
    categories = [("x", "y"), ("y", "x"), ("x",), None]
    past = tuple(
        Behavior(Item(f"i{n}", fields={"category": own}), AS_OF - (9 - n) * DAY) for n, own in enumerate(categories)
    )
    rescorer = rescorer_for(scorer("din"), History(history("").user, AS_OF, past), item("c"), {})
    groups = by_field(rescorer, "category")
    assert [(g.name, g.occurrences) for g in groups] == [
        ("x", (1, 0, 1, 0)),
        ("y", (0, 1, 0, 0)),
        ("no category", (0, 0, 0, 1)),
    ]


def test_a_numeric_field_is_grouped_by_its_ranges_in_order_of_size():
    prices = {"a": 12.0, "b": 2.0, "c": None, "d": 100.0, "e": 6.0}
    past = replace(history("abcdea"), behaviors=tuple(priced(b, prices) for b in history("abcdea").behaviors))
    rescorer = rescorer_for(scorer("din"), past, item("c"), {})
    groups = by_field(rescorer, "price", NumberRanges("price", NumberBuckets((1.0, 5.0, 10.0))))
    found = [
        (g.name, "".join(b.item.item_id for b, n in zip(rescorer.behaviors, g.occurrences, strict=True) if n))
        for g in groups
    ]
    assert found == [("below 5", "b"), ("5 to 10", "e"), ("10 or more", "da"), ("no price", "c")]
    np.testing.assert_array_equal(np.sum([g.occurrences for g in groups], axis=0), rescorer.count)


def priced(behavior, prices):
    return replace(behavior, item=replace(behavior.item, price=prices[behavior.item.item_id]))


def test_only_numeric_fields_have_ranges():
    own = scorer("din")
    assert number_ranges(own, "category") is None
    item_fields = {**own.checkpoint.vocabulary.item, "price": NumberBuckets((1.0, 5.0))}
    vocabulary = replace(own.checkpoint.vocabulary, item=item_fields)
    found = number_ranges(Scorer(replace(own.checkpoint, vocabulary=vocabulary)), "price")
    assert [found.name(row) for row in (0, 1, 2)] == ["no price", "below 5", "5 or more"]
    assert found.row(Item("x", price=7.5)) == 2
