"""Mini-batch aware regularisation: n_j counted by hand and by loops, its gradient against automatic differentiation."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from din_core.model.ragged import Multi
from trainer.training.fitting.optimisers.regularisation import batches_holding, row_penalties, samples_holding
from trainer.training.fitting.optimisers.row_adam import RowAdam
from trainer.training.samples import Samples

CATEGORY = [0, 1, 1, 2, 0, 3]
"""Of items 0 to 5; item i has row i. Category 3 is item 5's alone."""


def some_samples(groups):
    """Samples of (behaviors, candidates) item positions a group; the fields are item and category."""
    behaviors, candidates = [np.array([i for g in groups for i in g[part]], np.int64) for part in (0, 1)]
    ends = [np.cumsum([0, *(len(g[part]) for g in groups)]).astype(np.int64) for part in (0, 1)]
    return Samples(
        item_rows=torch.tensor([[item, CATEGORY[item]] for item in range(6)]),
        behavior=torch.from_numpy(behaviors),
        count=torch.ones(len(behaviors)),
        age=torch.zeros(len(behaviors)),
        behavior_offsets=ends[0],
        candidate=torch.from_numpy(candidates),
        candidate_offsets=ends[1],
        context=torch.zeros(len(candidates), 0, dtype=torch.int64),
        label=torch.zeros(len(candidates)),
        profile_rows=(),
        profile_offsets=(),
        user=np.zeros(len(groups), np.int64),
        time=np.arange(len(groups)),
        impression=np.arange(len(candidates)),
    )


TOY = [([0, 1], [1, 3]), ([2], [2, 2, 1]), ([], [4]), ([0, 0], [])]
"""Four groups: 2 + 3 + 1 + 0 = 6 impressions."""
BATCHES = [np.array([2, 0]), np.array([1, 3])]


def test_n_counts_the_impressions_whose_candidate_or_behaviors_have_the_row():
    samples = some_samples(TOY)
    # item 0: both of group 0. item 1: both of group 0, one candidate of group 1. item 2: all three of group 1.
    assert samples_holding(samples, 0, 6).tolist() == [2, 3, 3, 1, 1, 0]
    # category 1 is items 1 and 2; category 0 items 0 and 4.
    assert samples_holding(samples, 1, 4).tolist() == [3, 5, 1, 0]


def test_n_counts_the_batches_that_hold_the_row():
    samples = some_samples(TOY)
    assert batches_holding(samples, 0, 6, BATCHES).tolist() == [2, 2, 1, 1, 1, 0]
    assert batches_holding(samples, 1, 4, BATCHES).tolist() == [2, 2, 1, 0]


def test_each_value_of_several_is_held_by_whatever_item_has_it():
    sets = Multi(torch.tensor([0, 1, 1, 2, 2, 3]), torch.tensor([0, 1, 2, 4]))  # {0}, {1}, {1, 2}, {2, 3}
    samples = replace(some_samples(TOY), sets=(None, sets))
    samples.item_rows[:, 1] = torch.tensor([0, 1, 1, 2, 3, 3])
    # 0: item 0, both of group 0. 1: all of groups 0 and 1. 2: item 3, shown in group 0, and item 4, in group 2.
    assert samples_holding(samples, 1, 4).tolist() == [2, 5, 2, 1]
    assert batches_holding(samples, 1, 4, BATCHES).tolist() == [2, 2, 1, 1]


GROUPS = st.lists(
    st.tuples(st.lists(st.integers(0, 5), max_size=4), st.lists(st.integers(0, 5), max_size=3)), min_size=1, max_size=6
)


@given(GROUPS, st.integers(1, 4))
@settings(max_examples=50)
def test_both_counts_equal_those_of_a_loop_over_impressions(groups, batch_size):
    samples = some_samples(groups)
    batches = samples.shuffled(batch_size, seed=0, epoch=0)
    for field, names in ((0, range(6)), (1, CATEGORY)):
        by_sample, by_batch = np.zeros(6, int), np.zeros(6, int)
        for behaviors, candidates in groups:
            for candidate in candidates:
                for row in {names[item] for item in (*behaviors, candidate)}:
                    by_sample[row] += 1
        for batch in batches:
            for row in {names[item] for g in batch for part in groups[g] for item in part}:
                by_batch[row] += 1
        np.testing.assert_array_equal(samples_holding(samples, field, 6), by_sample)
        np.testing.assert_array_equal(batches_holding(samples, field, 6, batches), by_batch)


@pytest.mark.parametrize(
    ("reading", "by_hand"),
    [
        ("mba-samples", [1 / 2, 1 / 3, 1 / 3, 1 / 1, 1 / 1]),
        ("mba-batches", [1 / 2, 1 / 2, 1 / 1, 1 / 1, 1 / 1]),
    ],
)
def test_the_gradient_is_that_of_the_dense_penalty_and_the_hand_computed_one(reading, by_hand):
    """Rows start at 2; the first batch is group 2's item 4 and group 0's items 0, 1 and 3."""
    samples, strength = some_samples(TOY), 0.6
    (penalty, _) = row_penalties(samples, BATCHES, [6, 4], reading, strength)
    table = nn.Embedding(6, 2, sparse=True)
    nn.init.constant_(table.weight, 2.0)
    optimizer = RowAdam([table.weight], lr=0.1, penalties=[penalty])
    batch, _ = samples.batch(BATCHES[0])
    rows = torch.cat([batch.behavior, batch.candidate])[:, 0]
    (table(rows) * 0).sum().backward()
    optimizer.step()
    found = optimizer.state[table.weight]["mean"] / (1 - 0.9)

    w = torch.full((6, 2), 2.0, requires_grad=True)
    held = torch.zeros(6).index_fill(0, rows, 1.0)
    (penalty / 2 * held * w.square().sum(1)).sum().backward()
    torch.testing.assert_close(found, w.grad)
    in_batch = [1, 1, 0, 1, 1]
    hand = [strength * a * share * 2.0 for a, share in zip(in_batch, by_hand, strict=True)]
    torch.testing.assert_close(found[:5, 0], torch.tensor(hand))


def test_counting_batches_makes_an_epochs_penalties_add_up_to_lambda_and_counting_samples_to_less_where_ids_repeat():
    samples = some_samples(TOY)
    total = {}
    for reading in ("mba-samples", "mba-batches"):
        (penalty, _) = row_penalties(samples, BATCHES, [6, 4], reading, 0.6)
        total[reading] = torch.zeros(6)
        for groups in BATCHES:
            batch, _ = samples.batch(groups)
            held = torch.cat([batch.behavior, batch.candidate])[:, 0].unique()
            total[reading][held] += penalty[held]
    torch.testing.assert_close(total["mba-batches"][:5], torch.full((5,), 0.6))
    # item 2 is in three impressions, all of one batch
    torch.testing.assert_close(total["mba-samples"][2], torch.tensor(0.2))
