"""How much of a store a vocabulary knows."""

from dataclasses import replace

import pytest

from din_core.domain import Item
from din_core.domain.coverage import FieldCoverage, HeldValues, Share
from din_core.model.coverage import measure_coverage
from din_core.model.fields.number_buckets import NumberBuckets
from din_core.model.vocabulary import FieldVocabulary, VectorItems, Vocabulary
from tests.model.conftest import VOCABULARY

HELD = HeldValues(
    item={"item_id": {"a": 1, "b": 1, "new": 1, "newer": 1}, "category": {"x": 3, "z": 1}},
    user={"age": {"old": 2}},
    context={},
    behaviors={"a": 6, "new": 2},
    impressions={"newer": 5},
)


def test_known_values_are_counted_of_those_that_the_store_holds():
    found = measure_coverage(VOCABULARY, HELD)
    assert found.items == Share(2, 4)
    assert found.fields == (
        FieldCoverage("item", "category", Share(1, 2)),
        FieldCoverage("user", "age", Share(1, 1)),
        FieldCoverage("context", "place", None),
    )
    assert not found.knows_nothing


@pytest.mark.parametrize(
    ("held", "found"),
    [({"behavior_type": {"buy": 9, "wish": 1}}, [Share(1, 2)]), ({}, [None]), (None, [])],
    ids=["some", "none", "not counted"],
)
def test_types_of_behaviors_are_counted_where_the_model_reads_them(held, found):
    vocabulary = replace(VOCABULARY, behavior={"behavior_type": FieldVocabulary(("buy", "view"))})
    fields = measure_coverage(vocabulary, replace(HELD, behavior=held)).fields
    assert [field.values for field in fields if field.kind == "behavior"] == found


def test_a_model_of_single_values_knows_several_as_the_one_text_that_they_were():
    held = replace(HELD, whole={"category": {"x": 2, "x|z": 1, "z": 1}})
    texts = replace(VOCABULARY, item=VOCABULARY.item | {"category": FieldVocabulary(("x", "x|z"))})
    assert measure_coverage(texts, held).fields[0] == FieldCoverage("item", "category", Share(2, 3))
    values = replace(VOCABULARY, several=frozenset({"category"}))
    assert measure_coverage(values, held).fields[0] == FieldCoverage("item", "category", Share(1, 2))


def test_behaviors_and_impressions_count_for_known_items():
    found = measure_coverage(VOCABULARY, HELD)
    assert (found.behaviors, found.impressions) == (Share(6, 8), Share(0, 5))
    assert found.known_share == 0


def test_what_was_not_counted_leaves_the_share_of_items():
    found = measure_coverage(VOCABULARY, replace(HELD, behaviors=None, impressions=None))
    assert (found.behaviors, found.known_share) == (None, 0.5)


@pytest.mark.parametrize(
    ("known", "nothing"),
    [
        ({"item_id": ("q",), "category": ("x",)}, True),
        ({"item_id": (), "category": ("x",)}, False),
        ({"item_id": (), "category": ("w",)}, True),
        ({"item_id": ("a",), "category": ()}, False),
    ],
)
def test_a_model_of_other_items_knows_nothing(known, nothing):
    item = {name: FieldVocabulary(values) for name, values in known.items()}
    assert measure_coverage(Vocabulary(item, {}, {}), HELD).knows_nothing is nothing


def test_an_empty_store_is_not_another_one():
    empty = HeldValues({"item_id": {}, "category": {}}, {}, {}, {}, {})
    found = measure_coverage(VOCABULARY, empty)
    assert (found.knows_nothing, found.known_share) == (False, 1.0)


def test_an_item_is_known_where_it_has_a_row_of_its_own():
    assert VOCABULARY.knows(Item("a"))
    assert not VOCABULARY.knows(Item("new"))
    assert VOCABULARY.rare_among([Item("new"), Item("a"), Item("")]) == [0, 2]


def test_any_number_is_known_and_says_nothing_of_the_items():
    ids = FieldVocabulary(("a",))
    held = replace(HELD, item={"item_id": {"new": 1}, "price": {"7.5": 1, "nan": 1}})
    found = measure_coverage(Vocabulary({"item_id": ids, "price": NumberBuckets((1.0, 9.0))}, {}, {}), held)
    assert found.fields == (FieldCoverage("item", "price", Share(1, 2)),)
    assert found.knows_nothing


def test_a_vector_is_known_by_its_item():
    item = {"item_id": FieldVocabulary(()), "vector": VectorItems(("a", "b", "gone"))}
    found = measure_coverage(Vocabulary(item, {}, {}), HELD)
    assert found.fields == (FieldCoverage("item", "vector", Share(2, 4)),)
    assert not found.knows_nothing
