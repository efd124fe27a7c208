"""Item fields with several values: mean embeddings, shared values and counts, by hand and against plain loops."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from din_core.domain import CheckpointError
from din_core.model import attention
from din_core.model.batches.item_sets import value_set
from din_core.model.config import FieldConfig, ModelConfig
from din_core.model.counts import Counts
from din_core.model.ragged import Multi
from din_core.model.value_sets import behind, intern_sets, shared_values, used_sets
from tests.model.conftest import SEVERAL as FAMILY
from tests.model.conftest import toy_batch, toy_config
from tests.model.several import SETS, naive_network, padded_flags, several_network, with_sets

SOME = ([[1, 2, 3], [4], [5, 1], []], [[5, 1], [2, 3, 4], [], [1]])


@pytest.mark.parametrize("name", FAMILY)
def test_a_set_of_one_value_is_that_value_to_the_last_digit(name):
    batch = toy_batch(*SOME)
    several, single = several_network(**FAMILY[name]), several_network(**FAMILY[name])
    single.config = replace(single.config, item_fields=toy_config().item_fields)
    found, wanted = several(with_sets(batch, "as they are")), single(batch)
    for part, expected in zip(found[:3], wanted[:3], strict=True):
        torch.testing.assert_close(part, expected, rtol=0, atol=1e-15)


@pytest.mark.parametrize("name", FAMILY)
def test_every_member_scores_what_rows_of_means_score(name, monkeypatch):
    batch, network = with_sets(toy_batch(*SOME)), several_network(**FAMILY[name])
    naive = naive_network(network)
    if naive.counts is not None:  # what behaviors share is counted pair by pair
        t, c = batch.pairs()
        flags = padded_flags(batch, [0, 1]).double() * batch.count[t, None]
        shared = flags.new_zeros(len(batch.candidate), 2).index_add(0, c, flags)
        length = naive.counts.repeats(replace(batch, sets=()))[:, -1:]
        monkeypatch.setattr(naive.counts, "repeats", lambda _: torch.cat([shared, length], 1))
    found = network(batch)
    monkeypatch.setattr(attention, "pair_matches", padded_flags)
    wanted = naive(replace(batch, sets=()))
    for part, expected in zip(found[:3], wanted[:3], strict=True):
        torch.testing.assert_close(part, expected, rtol=0, atol=1e-12)


def test_the_embedding_of_a_set_is_the_mean_of_its_values():
    network = several_network()
    with torch.no_grad():
        network.item.tables[1].weight.copy_(torch.tensor([[9.0], [1.0], [4.0]]))
    found = network.item(torch.tensor([[0, 0], [0, 1], [0, 3]]), SETS)
    assert found[:, 3].tolist() == [9, 1, 2.5]
    found.sum().backward()
    assert network.item.tables[1].weight.grad.tolist() == [[1], [1.5], [0.5]]


@pytest.mark.parametrize("reading", ["plain", "sparse"])
def test_gradients_of_the_rows_are_those_of_the_means(reading):
    network, rows = several_network(), torch.tensor([[1, 3], [2, 1], [0, 3]])
    network.item.tables[1].sparse = reading == "sparse"
    (network.item(rows, SETS) * torch.arange(12.0).reshape(3, 4)).sum().backward()
    grad = network.item.tables[1].weight.grad
    assert grad.is_sparse == (reading == "sparse")
    assert grad.to_dense().squeeze(1).tolist() == [0, 3 / 2 + 7 + 11 / 2, 3 / 2 + 11 / 2]


value_lists = st.lists(st.lists(st.integers(0, 3), max_size=3), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(past=st.lists(value_lists, min_size=1, max_size=3), shown=st.lists(value_lists, min_size=1, max_size=3))
def test_sharing_a_value_is_what_sets_in_common_say_in_every_history(past, shown):
    groups = min(len(past), len(shown))
    past, shown = past[:groups], shown[:groups]
    flat = [values for group in (*past, *shown) for values in group]
    rows, sets = intern_sets([[0] * len(flat), [value_set(values) for values in flat]], (False, True))
    histories, candidates = ([list(range(len(group))) for group in own] for own in (past, shown))
    batch = toy_batch(histories, candidates)
    n = len(batch.behavior)
    batch = replace(batch, behavior=rows[:n], candidate=rows[n:], sets=sets)
    expected = [
        bool(set(behavior) & set(candidate) - {0})
        for of_history, of_candidates in zip(past, shown, strict=True)
        for behavior in of_history
        for candidate in of_candidates
    ]
    assert shared_values(batch, 1).tolist() == expected
    assert shared_values(behind(batch, sets), 1).tolist() == expected


def test_equal_sets_have_one_index_whatever_the_order_and_repeats():
    column = [value_set(rows) for rows in ([2, 1], [], [1, 2, 2, 0], [0], [1])]
    rows, sets = intern_sets([[7, 8, 9, 7, 7], column], (False, True))
    assert rows.tolist() == [[7, 1], [8, 0], [9, 1], [7, 0], [7, 2]]
    assert (sets[1].rows.tolist(), sets[1].offsets.tolist()) == ([0, 1, 2, 1], [0, 1, 3])
    assert intern_sets([[7, 8]], (False,))[1] == ()
    assert intern_sets([[], []], (False, True))[0].shape == (0, 2)


@pytest.mark.parametrize("name", ["din", "match flags", "counts"])
def test_the_sets_that_a_batch_uses_score_as_all_sets_do(name):
    batch = with_sets(toy_batch([[1, 3, 5]], [[3]]))
    others = Multi(torch.tensor([2, 1, 2, 1, 0]), torch.arange(5))
    sets = (None, Multi(torch.cat([SETS[1].rows, others.rows]), torch.cat([SETS[1].offsets, 5 + others.offsets])))
    wide, network = replace(batch, sets=sets), several_network(**FAMILY[name])
    assert used_sets(batch) is batch
    assert len(used_sets(wide).sets[1].offsets) == 3  # none, {1} and {1, 2}
    torch.testing.assert_close(network(used_sets(wide)).logit, network(batch).logit, rtol=0, atol=1e-14)


def test_everybody_is_counted_value_by_value():
    counts = Counts(several_network().config.item_fields)
    counts.count_everybody(torch.tensor([[1, 3], [1, 1], [2, 0]]), SETS)
    assert counts.everybody.tolist() == [0, 2, 1, 0, 0, 0, 0, 2, 1]
    found = counts(torch.tensor([[1, 3]]), torch.tensor([[0.0, 0.0, 1.0]]), SETS)
    assert found[0, -2:].tolist() == pytest.approx([torch.tensor(3.0).log().item(), torch.tensor(2.5).log().item()])


def test_a_config_says_which_fields_have_several_values_and_old_ones_say_nothing():
    assert "several" not in str(toy_config().to_dict())
    config = several_network().config
    assert config.to_dict()["item_fields"][1] == {"name": "category", "rows": 3, "width": 1, "several": True}
    assert ModelConfig.from_dict(config.to_dict()) == config
    assert config.several == (False, True)
    with pytest.raises(CheckpointError, match="the field genres has 'yes' as its several, but must have true or false"):
        FieldConfig("genres", 3, 2, "yes")
