"""A coreset stands for its history."""

import pytest
import torch

from din_core.scoring.whole_catalogue.coreset import history_coreset
from tests.model.conftest import FAMILY, toy_network
from tests.scoring.one_history import LONG, one_history


def test_each_behavior_left_out_of_a_coreset_is_counted_with_its_nearest():
    network, batch = toy_network(), one_history(LONG, torch.float64)
    short = history_coreset(network, batch)
    assert len(short.behavior) == 8
    repeats = [batch.count[(batch.behavior == row).all(1)].sum() for row in batch.behavior.unique(dim=0)]
    kept = [short.count[(short.behavior == row).all(1)].sum() for row in batch.behavior.unique(dim=0)]
    assert kept == repeats  # six kinds of behaviors, all kept


def test_where_order_matters_a_coreset_is_the_newest_behaviors():
    batch = one_history(LONG, folds=False)
    short = history_coreset(toy_network("dien").float(), batch)
    torch.testing.assert_close(short.behavior, batch.behavior[-8:])
    torch.testing.assert_close(short.age, batch.age[-8:])


@pytest.mark.parametrize(
    ("name", "items"),
    [("din", [1, 2, 3] * 5), ("average", LONG), ("dot", LONG), ("tin", LONG)],
    ids=["short", "base", "dot", "tin"],
)
def test_no_coreset_is_made_where_it_would_cost_as_much(name, items):
    assert history_coreset(toy_network(**FAMILY[name]).float(), one_history(items)) is None
