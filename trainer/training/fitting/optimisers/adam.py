"""Moments of Adam that no gradient moves any more."""

from __future__ import annotations

import torch

SMALLEST = 1e-30
"""A mean below this moves no parameter that a float could show. Left alone, that of a row which no batch reads falls
below 1e-38 after some 830 steps, and a processor takes ten times as long for such numbers."""
STEPS = 100
"""Steps between two looks, in which a mean falls by a factor of 3e-5: none gets from SMALLEST to 1e-38."""


@torch.no_grad()
def clear_small_means(optimizer: torch.optim.Optimizer) -> None:
    """Set means of gradients below SMALLEST to 0."""
    for slots in optimizer.state.values():
        mean = slots["exp_avg"]
        mean.masked_fill_(mean.abs() < SMALLEST, 0)
