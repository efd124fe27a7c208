"""Means of gradients that nothing moves any more."""

import torch

from trainer.training.fitting.optimisers.adam import clear_small_means


def test_means_too_small_to_move_anything_become_zero_and_the_others_stay():
    parameter = torch.nn.Parameter(torch.ones(3))
    optimizer = torch.optim.AdamW([parameter], lr=0.1, fused=True)
    parameter.grad = torch.tensor([1.0, 1e-28, 0.0])
    optimizer.step()
    parameter.grad = None
    optimizer.state[parameter]["exp_avg"].mul_(1e-2)
    before = optimizer.state[parameter]["exp_avg"].clone()
    clear_small_means(optimizer)
    torch.testing.assert_close(optimizer.state[parameter]["exp_avg"], before * torch.tensor([1.0, 0.0, 1.0]))
