"""Dice against a plain NumPy float64 transcription of equation 8."""

import numpy as np
import torch

from din_core.model.dice import Dice, RunningMoments


def dice_on_paper(s, alpha, mean, variance):
    p = 1 / (1 + np.exp(-(s - mean) / np.sqrt(variance + 1e-8)))
    return p * s + (1 - p) * alpha * s


def test_training_uses_the_mini_batchs_statistics():
    s = np.random.default_rng(0).normal(2, 3, (50, 4))
    layer = Dice(4).double()
    torch.nn.init.constant_(layer.alpha, 0.3)
    found = layer(torch.from_numpy(s)).detach().numpy()
    np.testing.assert_allclose(found, dice_on_paper(s, 0.3, s.mean(0), s.var(0)), atol=1e-5)


def test_evaluation_uses_the_running_statistics():
    s = np.random.default_rng(1).normal(0, 1, (5, 2))
    layer = Dice(2).double().eval()
    layer.moments.mean.copy_(torch.tensor([0.5, -1.0]))
    layer.moments.variance.copy_(torch.tensor([2.0, 0.1]))
    expected = dice_on_paper(s, 0.0, np.array([0.5, -1.0]), np.array([2.0, 0.1]))
    np.testing.assert_allclose(layer(torch.from_numpy(s)).detach().numpy(), expected, atol=1e-6)


def test_alpha_of_one_is_the_identity():
    layer = Dice(3)
    torch.nn.init.ones_(layer.alpha)
    s = torch.randn(7, 3)
    torch.testing.assert_close(layer(s), s)


def test_a_weighted_row_counts_as_its_repeats():
    s, repeats = torch.randn(4, 3).double(), torch.tensor([1, 3, 2, 1])
    folded, unfolded = Dice(3).double(), Dice(3).double()
    once = folded(s, repeats.double())
    torch.testing.assert_close(once.repeat_interleave(repeats, 0), unfolded(s.repeat_interleave(repeats, 0)))
    torch.testing.assert_close(folded.moments.variance, unfolded.moments.variance)


def test_running_statistics_average_the_first_batches():
    moments = RunningMoments(1)
    for value in (1.0, 2.0, 6.0):
        moments(torch.full((3, 1), value))
    assert moments.mean.item() == 3.0
    assert abs(moments.variance.item()) < 1e-6


def test_an_empty_batch_leaves_the_running_statistics_alone():
    layer = Dice(2)
    assert layer(torch.zeros(0, 2)).shape == (0, 2)
    assert layer.moments.batches.item() == 0
