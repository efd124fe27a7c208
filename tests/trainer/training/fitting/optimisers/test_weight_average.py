"""The mean of weights: its shares by hand, what it holds, and what it leaves alone."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from din_core.model.fields.vector_embedding import VectorEmbedding
from trainer.training.fitting.optimisers.weight_average import GAMMA, WeightAverage


def test_updates_count_by_the_power_of_their_place() -> None:
    """γ = 2: with w_t = 3 / (t + 2) the mean of 1, 2, 3 is 1, then 1 + 3/4, then 7/4 + 3/5 · 5/4 = 5/2."""
    assert GAMMA == 2
    model = nn.Linear(1, 1, bias=False)
    average, found = WeightAverage(model), []
    for value in (1.0, 2.0, 3.0):
        nn.init.constant_(model.weight, value)
        average.update(model)
        found.append(float(average.means["weight"]))
    assert found == pytest.approx([1, 7 / 4, 5 / 2])


def test_the_window_grows_with_the_run() -> None:
    model = nn.Linear(1, 1, bias=False)
    average = WeightAverage(model)
    for t in range(1, 3001):
        nn.init.constant_(model.weight, float(t))
        average.update(model)
    assert float(average.means["weight"]) == pytest.approx(3000 * 3 / 4, rel=2e-3)  # the mean of a density ∝ t²


def test_fixed_tables_are_not_copied_and_whole_numbers_are_as_they_are() -> None:
    model = nn.ModuleDict({"vectors": VectorEmbedding(5, 3, 2, trained=False), "norm": nn.BatchNorm1d(2)})
    average = WeightAverage(model)
    assert "vectors.weight" not in average.means and "norm.running_mean" in average.means
    model["norm"].num_batches_tracked += 7
    model["vectors"].weight += 1
    state = average.state_dict(model)
    assert state["norm.num_batches_tracked"] == 7 and torch.equal(state["vectors.weight"], model["vectors"].weight)
    state["vectors.weight"].zero_()
    assert model["vectors"].weight.any()
