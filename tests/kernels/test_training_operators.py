"""PyTorch's own check of each operator of training: schema, shapes, gradients."""

from dataclasses import replace

import pytest
import torch
from torch.utils._pytree import tree_leaves, tree_map

from din_core.kernels import embeddings, evolution, pairs, tower, unit
from din_core.kernels.embeddings import embed
from din_core.kernels.evolution import evolve
from din_core.kernels.library import load
from din_core.kernels.pairs import pair_dot, pair_pool, pair_softmax
from din_core.kernels.tower import tower_input, tower_logits
from din_core.kernels.two_layers import parameters
from din_core.kernels.unit import unit_weights
from din_core.model.poolings.dien import evolution_steps
from tests.model.conftest import toy_batch, toy_network

pytestmark = pytest.mark.skipif(load() is None, reason="no compiled library here")


def leaf(*shape):
    return torch.randn(*shape, requires_grad=True)


def some_batch():
    batch = toy_batch([[1, 2, 3], [4], [5, 1]], [[5, 1], [2, 3, 4], [1]], [[1, 2, 1], [3], [2, 5]])
    return replace(batch, count=batch.count.float())


BATCH = some_batch()
OFFSETS, PAIRS, M, N = BATCH.blocks, BATCH.pair_total, len(BATCH.candidate), len(BATCH.behavior)


def unit_arguments():
    unit = toy_network(unit_matches=True).float().pooling.unit
    layers = parameters(unit.first, unit.first_activation, unit.second, unit.second_activation, unit.last)
    return (
        leaf(M, 4),
        leaf(N, 4),
        BATCH.count,
        BATCH.behavior,
        BATCH.candidate,
        OFFSETS,
        PAIRS,
        False,
        unit.matches,
        *layers,
    )


def tower_arguments():
    tower = toy_network().float().tower
    layers = parameters(tower.first, tower.first_dice, tower.second, tower.second_dice, tower.last)
    return leaf(M, tower.first.in_features), None, None, *layers


def evolve_arguments():
    _, active, behavior, pair = evolution_steps(BATCH)
    inputs = leaf(N, 12), leaf(PAIRS), leaf(12, 4), leaf(12), leaf(12)
    return 2, *inputs, OFFSETS, active, behavior, pair, M


CASES = {
    "embed": (embed, lambda: ([BATCH.candidate, BATCH.behavior], [leaf(6, 3), leaf(3, 1)])),
    "unit_weights": (unit_weights, unit_arguments),
    "tower_logits": (tower_logits, tower_arguments),
    "tower_input": (tower_input, lambda: (leaf(M, 2), leaf(M, 4), leaf(M, 4), leaf(M, 1), [3, 1])),
    "pair_dot": (pair_dot, lambda: (leaf(M, 4), leaf(N, 4), OFFSETS, PAIRS)),
    "pair_softmax": (pair_softmax, lambda: (leaf(PAIRS), BATCH.count, OFFSETS)),
    "pair_pool": (pair_pool, lambda: (leaf(PAIRS), BATCH.count, leaf(N, 4), OFFSETS, M)),
    "evolve": (evolve, evolve_arguments),
}

MODULES = {
    "embed": embeddings,
    "unit_weights": unit,
    "tower_logits": tower,
    "tower_input": tower,
    "pair_dot": pairs,
    "pair_softmax": pairs,
    "pair_pool": pairs,
    "evolve": evolution,
}
"""Where each one's gradient looks up its way back."""


@pytest.mark.parametrize("name", CASES)
def test_an_operator_keeps_what_its_schema_says_and_has_its_gradient(name):
    operator, arguments = CASES[name]
    torch.manual_seed(0)
    torch.library.opcheck(operator, arguments())


def arguments_back(name, monkeypatch):
    """An operator's way back, and what the gradient of its numbers hands over to it."""
    operator, arguments = CASES[name]
    module, seen = MODULES[name], []
    back = getattr(module, f"{name}_backward")
    monkeypatch.setattr(module, f"{name}_backward", lambda *given: seen.append(given) or back(*given))
    torch.manual_seed(0)
    outputs = operator(*arguments())
    outputs = [outputs] if isinstance(outputs, torch.Tensor) else outputs
    sum((1 + i) * output.square().sum() for i, output in enumerate(outputs) if output.requires_grad).backward()
    (given,) = seen
    return back, tree_map(lambda x: x.detach() if isinstance(x, torch.Tensor) else x, given)


@pytest.mark.parametrize("name", CASES)
def test_an_operator_s_way_back_keeps_what_its_schema_says(name, monkeypatch):
    back, given = arguments_back(name, monkeypatch)
    assert any(x.count_nonzero() for x in tree_leaves(back(*given)))
    torch.library.opcheck(back, given)


@pytest.mark.parametrize(
    ("operator", "arguments", "fault"),
    [
        (pair_softmax, lambda: (leaf(PAIRS - 1), BATCH.count, OFFSETS), "pairs"),
        (pair_softmax, lambda: (leaf(PAIRS), BATCH.count[1:], OFFSETS), "behaviors"),
        (pair_pool, lambda: (leaf(PAIRS), BATCH.count, leaf(N, 4), OFFSETS, M + 1), "candidates"),
        (pair_dot, lambda: (leaf(M, 4), leaf(N - 1, 4), OFFSETS, PAIRS), "behaviors"),
    ],
)
def test_tensors_with_other_rows_than_the_batch_are_refused(operator, arguments, fault):
    with pytest.raises(ValueError, match=rf"din_lens reads \d+ {fault}, not rows of shape"):
        operator(*arguments())
