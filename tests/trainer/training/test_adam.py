"""Adam in one compiled call: PyTorch's, but for rounding and for numbers too small to be normal."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import nn

from din_core.model import native
from tests.model.test_native import on_each_number_of_threads
from trainer.training.adam import Adam

TINY = np.finfo(np.float32).tiny


@pytest.fixture(autouse=True)
def compiled():
    with native.used(True):
        if native.kernels_for(torch.zeros(1)) is None:
            pytest.skip("no C compiler here")
        yield


def tensors(seed: int = 0) -> list[nn.Parameter]:
    """Of sizes that no chunk ends with."""
    torch.manual_seed(seed)
    return [nn.Parameter(torch.randn(*shape)) for shape in ((3,), (40, 7), (1, 1), (1_000, 3))]


def groups(of: list[nn.Parameter]) -> list[dict[str, object]]:
    return [{"params": of[:2], "weight_decay": 0.1}, {"params": of[2:], "weight_decay": 0.0}]


def step(optimizer: torch.optim.Optimizer, of: list[nn.Parameter], seed: int, in_c: bool) -> None:
    torch.manual_seed(seed)
    for parameter in of:
        parameter.grad = torch.randn_like(parameter)
    with native.used(in_c):
        optimizer.step()


def test_steps_in_c_are_pytorch_s_and_both_may_take_turns():
    ours, theirs, turns = tensors(), tensors(), tensors()
    in_c, plain, mixed = Adam(groups(ours), 0.05), Adam(groups(theirs), 0.05), Adam(groups(turns), 0.05)
    for n in range(12):
        for optimizer, of, compiled in ((in_c, ours, True), (plain, theirs, False), (mixed, turns, n % 3 > 0)):
            for group in optimizer.param_groups:
                group["lr"] = 0.05 / (1 + n)
            step(optimizer, of, n, compiled)
    for own, other, expected in zip(ours, turns, theirs, strict=True):
        torch.testing.assert_close(own, expected, rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(other, expected, rtol=1e-5, atol=1e-6)
        assert in_c.state[own]["step"] == plain.state[expected]["step"] == 12


def test_a_state_that_is_loaded_is_the_one_that_goes_on():
    ours = tensors()
    optimizer = Adam(groups(ours), 0.05)
    for n in range(3):
        step(optimizer, ours, n, True)
    saved, values = copy.deepcopy(optimizer.state_dict()), [p.detach().clone() for p in ours]
    step(optimizer, ours, 3, True)
    wanted = [p.detach().clone() for p in ours]
    step(optimizer, ours, 4, True)
    optimizer.load_state_dict(saved)
    with torch.no_grad():
        for parameter, value in zip(ours, values, strict=True):
            parameter.copy_(value)
    step(optimizer, ours, 3, True)
    assert all(torch.equal(p, value) for p, value in zip(ours, wanted, strict=True))


def test_a_tensor_that_moved_is_found_where_it_is():
    ours, others = tensors(), tensors()
    moving, staying = Adam(groups(ours), 0.05), Adam(groups(others), 0.05)
    for n in range(4):
        step(moving, ours, n, True)
        step(staying, others, n, True)
        for parameter in ours:
            parameter.data = parameter.data.clone()
    assert all(torch.equal(p, other) for p, other in zip(ours, others, strict=True))


def test_what_has_no_gradient_stays():
    ours = tensors()
    optimizer = Adam(groups(ours), 0.05)
    for n in range(3):
        before = [p.detach().clone() for p in ours]
        step(optimizer, ours, n, True)
        ours[1].grad = None
        kept = ours[1].detach().clone()
        optimizer.step()
        assert torch.equal(ours[1], kept)
        assert not any(torch.equal(p, value) for p, value in zip(ours, before, strict=True))


def test_moments_of_what_is_never_read_end_at_zero_and_not_below_what_is_normal():
    (row,) = ours = [nn.Parameter(torch.ones(50))]
    optimizer = Adam([{"params": ours}], 0.01)
    for n in range(1_000):
        row.grad = torch.full_like(row, 0.1 if n < 2 else 0.0)
        optimizer.step()
    mean = optimizer.state[row]["exp_avg"]
    assert torch.equal(mean, torch.zeros(50))
    assert (optimizer.state[row]["exp_avg_sq"] > TINY).all()


def test_the_outcome_does_not_depend_on_the_number_of_threads():
    def compute():
        ours = tensors()
        optimizer = Adam(groups(ours), 0.05)
        for turn in range(3):
            step(optimizer, ours, turn, True)
        return [p.detach() for p in ours]

    on_each_number_of_threads(compute)
