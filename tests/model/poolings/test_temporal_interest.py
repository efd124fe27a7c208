"""TIN: its encodings, attention and representation against numbers worked out on paper."""

import math
from dataclasses import replace

import pytest
import torch

from din_core.domain import CheckpointError
from din_core.kernels.accelerate import accelerate
from din_core.model.config import ModelConfig
from din_core.model.poolings.temporal_interest import TemporalInterest, ranks
from tests.model.conftest import FAMILY, toy_batch, toy_config, toy_network

PAPER = FAMILY["tin"]


def two_behaviors(**changes):
    """What a module of width 4, of which two columns are used, makes of behaviors (1, 0), (0, 1) and target (1, 2)."""
    module = TemporalInterest(toy_config(**{**PAPER, "max_history": 2, **changes})).double()
    q, k = torch.zeros(1, 4, dtype=torch.float64), torch.zeros(2, 4, dtype=torch.float64)
    q[0, :2], k[0, 0], k[1, 1] = torch.tensor([1.0, 2.0]), 1, 1
    if module.temporal is not None:
        with torch.no_grad():
            module.temporal.weight[0] = torch.tensor([1.0, 0, 0, 0])  # of the target
            module.temporal.weight[1, 1] = 1  # of the newest behavior
    return module(q, k, toy_batch([[1, 2]], [[3]]))


def test_a_case_on_paper():
    """ẽ = (1, 0) and (0, 2), ṽ = (2, 2): products 2 and 4, over √4 1 and 2; ẽ∘ṽ = (2, 0) and (0, 4)."""
    found = two_behaviors()
    newer = math.e / (1 + math.e)
    torch.testing.assert_close(found.weight, torch.tensor([1 - newer, newer], dtype=torch.float64))
    torch.testing.assert_close(found.interest[0, :2].tolist(), [2 * (1 - newer), 4 * newer])
    assert found.intensity.item() == pytest.approx(1)


def test_the_ablations_on_paper():
    """Without encodings products are 1 and 2, over √4 .5 and 1; without representation ẽ itself is summed."""
    plain = two_behaviors(temporal_encoding="none")
    newer = 1 / (1 + math.exp(-0.5))
    torch.testing.assert_close(plain.interest[0, :2].tolist(), [1 - newer, 2 * newer])
    alone = two_behaviors(target_representation=False)
    newer = math.e / (1 + math.e)
    torch.testing.assert_close(alone.interest[0, :2].tolist(), [1 - newer, 2 * newer])
    free = two_behaviors(normalisation="none")
    assert free.weight.tolist() == [2, 4]
    assert free.interest[0, :2].tolist() == [4, 16]


def test_ranks_count_from_each_historys_end():
    assert ranks(toy_batch([[1, 2, 3], [], [4]], [[1], [1], [1]])).tolist() == [3, 2, 1, 1]


def test_what_comes_last_moves_all_others_one_rank_back():
    network, (before, after) = toy_network(**PAPER), ([1, 2, 3], [1, 2, 3, 4])
    weight = network(toy_batch([after], [[5]])).weight[:3]
    moved = toy_network(**PAPER)
    with torch.no_grad():
        moved.pooling.temporal.weight[1:-1] = network.pooling.temporal.weight[2:]
    expected = moved(toy_batch([before], [[5]])).weight
    torch.testing.assert_close(weight / weight.sum(), expected)


def test_order_matters_to_ranks_and_days_to_gaps_alone():
    def score(name, items, days):
        return toy_network(**FAMILY[name])(toy_batch([items], [[3]], days=[days])).logit.item()

    assert score("tin", [1, 2], [3, 1]) != pytest.approx(score("tin", [2, 1], [3, 1]), abs=1e-6)
    assert score("tin", [1, 2], [3, 1]) == score("tin", [1, 2], [9, 5])
    assert score("tin, gaps", [1, 2], [3, 1]) == pytest.approx(score("tin, gaps", [2, 1], [1, 3]))
    assert score("tin, gaps", [1, 2], [3, 1]) != pytest.approx(score("tin, gaps", [1, 2], [9, 5]), abs=1e-6)
    assert score("tin, ablated", [1, 2], [3, 1]) == pytest.approx(score("tin, ablated", [2, 1], [9, 5]))


def test_behaviors_beyond_the_longest_history_share_the_oldest_rank():
    pooling = TemporalInterest(toy_config(**{**PAPER, "max_history": 2}))
    assert pooling.known(torch.tensor([1, 2, 3, 9])).tolist() == [1, 2, 2, 2]


def test_order_plays_no_part_before_training_and_has_a_slope():
    torch.manual_seed(0)
    fresh = TemporalInterest(toy_config(**PAPER)).double()
    q, k = torch.randn(1, 4, dtype=torch.float64), torch.randn(3, 4, dtype=torch.float64)
    batch = toy_batch([[1, 2, 3]], [[4]])
    torch.testing.assert_close(fresh(q, k, batch).interest, fresh(q, k.flip(0), batch).interest)
    fresh(q, k, batch).weight[0].backward()  # of the oldest, which only encodings tell from the others
    by_encoding = fresh.temporal.weight.grad @ fresh.temporal.weight[0].detach()
    assert (by_encoding[1:4].abs() > 1e-3).all()


@pytest.mark.parametrize("name", [name for name in FAMILY if name.startswith("tin")])
def test_kernels_compute_the_same(name):
    network, batch = toy_network(**FAMILY[name]).float(), toy_batch([[1, 2, 3], [], [4]], [[5, 1], [2], [3]])
    batch = replace(batch, count=batch.count.float(), age=batch.age.float())
    accelerated = accelerate(network)
    for mode in (False, True):
        network.train(mode)
        accelerated.train(mode)
        logits = []
        for own in (network, accelerated):
            network.zero_grad()
            logits.append(own(batch).logit)
            logits[-1].sum().backward()
            logits.append(network.item.tables[0].weight.grad.clone())
        torch.testing.assert_close(logits[2], logits[0], atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(logits[3], logits[1], atol=1e-5, rtol=1e-4)


def test_what_reads_ranks_or_gaps_folds_no_repeats():
    configs = {name: toy_config(**FAMILY[name]) for name in FAMILY if name.startswith("tin")}
    assert {name: own.folds for name, own in configs.items()} == {
        "tin": False,
        "tin, not normalised, counts": False,
        "tin, gaps": False,
        "tin, ablated": True,
    }
    assert (configs["tin"].reads_ranks, configs["tin, gaps"].reads_ranks) == (True, False)


def test_titles_say_where_a_tin_departs_from_the_paper():
    assert [toy_config(**FAMILY[name]).title for name in FAMILY if name.startswith("tin")] == [
        "TIN",
        "TIN · not normalised · counts",
        "TIN · gaps",
        "TIN · no temporal encoding · behaviors alone · softmax",
    ]


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"temporal_encoding": "gap"}, "temporal_encoding is for TIN, but this is 'din'; leave it out"),
        ({"target_representation": False}, "target_representation is for TIN, but this is 'din'"),
        ({"architecture": "tin", "temporal_encoding": "gap"}, "temporal_encoding is 'gap', but gap_edges holds 0 days"),
        ({"architecture": "tin", "gap_edges": (1.0,)}, "temporal_encoding is 'rank', but gap_edges holds 1 days"),
        ({"architecture": "tin", "temporal_encoding": "age"}, "temporal_encoding is 'age', but must be one of"),
        ({"architecture": "tin", "target_representation": 1}, "target_representation is 1, but must be true or false"),
        ({"architecture": "tin", "unit_matches": True}, "unit_matches needs the activation unit of DIN"),
        ({"architecture": "tin", "history_sum": True}, "history_sum is for DIEN, but this is 'tin'"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, fault):
    with pytest.raises(CheckpointError, match=fault):
        toy_config(**options)


def test_a_config_is_read_as_it_was_written():
    config = toy_config(**FAMILY["tin, gaps"])
    assert ModelConfig.from_dict(config.to_dict()) == config
