"""The mean of a network's weights along training: what is evaluated and kept instead of the last weights."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

GAMMA = 2
"""γ: the mean is over the last third, about, of all steps so far. On Amazon's Sports validation GAUC after three epochs
was the same within .001 for 1 and 3, and .004 lower for 7."""
STEPS = 4
"""Steps between two updates: neighbours are so alike that taking each costs more than it tells."""


class WeightAverage:
    """Polynomial-decay averaging (Shamir & Zhang 2013, arXiv:1212.1824, section 4) of all that training moves.

    After the t-th update the mean is (1 − w)·mean + w·weights with w = (γ + 1) / (t + γ): weights of update i count
    as about (i / t)^γ. The window grows with the run, so it fits whatever its length; and as the mean forgets the
    noise of single steps, the learning rate need not fall to 0 at a step that somebody chose before.

    Parameters and running statistics are averaged, tables that training leaves as they are not.
    """

    def __init__(self, model: nn.Module) -> None:
        """Starts as the model's weights are."""
        self.updates = 0
        self.means = {name: tensor.detach().clone() for name, tensor in _moved(model).items()}

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Take the model's weights in."""
        self.updates += 1
        share = (GAMMA + 1) / (self.updates + GAMMA)
        for name, tensor in _moved(model).items():
            self.means[name].lerp_(tensor, share)

    def state_dict(self, model: nn.Module) -> dict[str, Tensor]:
        """A copy of the model's state with the means in the place of what was averaged."""
        return {name: self.means.get(name, tensor).detach().clone() for name, tensor in model.state_dict().items()}


def _moved(model: nn.Module) -> Mapping[str, Tensor]:
    """By name: trained parameters, and buffers of floats that are no parameters' size."""
    parameters = {name: tensor for name, tensor in model.named_parameters() if tensor.requires_grad}
    buffers = {name: t for name, t in model.named_buffers() if t.is_floating_point() and t.dim() == 1 and len(t)}
    return {**parameters, **buffers}
