"""Counts beside the attention: on paper, and against counting one by one."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from din_core.model.config import FieldConfig
from din_core.model.counts import Counts
from tests.model.conftest import toy_batch, toy_network

FIELDS = (FieldConfig("item_id", 6, 3), FieldConfig("category", 3, 1))
ITEMS = st.lists(st.integers(0, 5), max_size=6)


def test_repeats_of_the_item_of_its_category_and_all_behaviors_on_paper():
    """Items 1 and 4 are of category 1, item 2 is of category 2, item 3 of category 0, which is unknown."""
    batch = toy_batch([[1, 4, 2], []], [[4, 3], [1]], counts=[[2, 1, 5], []])
    assert Counts(FIELDS).repeats(batch).tolist() == [[1, 3, 8], [0, 0, 8], [0, 0, 0]]


def test_everybodys_counts_leave_unknown_values_out():
    counts = Counts(FIELDS)
    counts.count_everybody(torch.tensor([[1, 1], [4, 1], [4, 1], [3, 0], [0, 2]]))
    assert counts.everybody.tolist() == [0, 1, 0, 1, 2, 0, 0, 3, 1]


def test_the_tower_reads_logarithms_and_shares():
    counts = Counts(FIELDS)
    counts.count_everybody(torch.tensor([[4, 1], [4, 1], [2, 2]]))
    read = counts(torch.tensor([[4, 1]]), torch.tensor([[1.0, 3.0, 8.0]]))
    expected = [math.log(2), math.log(4), math.log(9), 1 / 8, 3 / 8, math.log(3), math.log(3)]
    assert read.shape == (1, counts.width)
    assert read[0].tolist() == pytest.approx(expected)


@given(st.lists(st.tuples(ITEMS, ITEMS), min_size=1, max_size=4))
@settings(max_examples=50)
def test_repeats_are_what_counting_one_by_one_finds(groups):
    batch = toy_batch([h for h, _ in groups], [c for _, c in groups])
    expected = [
        [
            sum(item == candidate != 0 for item in history),
            sum(item % 3 == candidate % 3 != 0 for item in history),
            len(history),
        ]
        for history, candidates in groups
        for candidate in candidates
    ]
    assert Counts(FIELDS).repeats(batch).tolist() == expected


def test_a_behavior_of_another_item_and_category_moves_the_score_through_the_length_alone():
    network = toy_network("base", counts=True, base_pooling="sum")
    torch.nn.init.zeros_(network.item.tables[0].weight)
    torch.nn.init.zeros_(network.item.tables[1].weight)
    one, other = toy_batch([[2, 5]], [[1]]), toy_batch([[2, 3]], [[1]])
    torch.testing.assert_close(network(one).logit, network(other).logit)
    assert (network(one).logit - network(toy_batch([[2, 4]], [[1]])).logit).abs() > 1e-6
