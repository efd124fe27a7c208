"""The activation unit as scoring runs it: blocks of pairs that stay in a core's second-level cache, activations in
place.

As the model has it, the unit writes a dozen arrays of all pairs × hidden channels to memory: right for training,
two thirds of the time in scoring.

Dimensions: N behaviors, M candidates, P pairs, D embedding width, H and H₂ hidden widths.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from din_core.model.attention import ActivationUnit
from din_core.model.network import InterestNetwork
from din_core.model.pairs import pair_hidden, pair_matches
from din_core.model.ragged import RaggedBatch
from din_core.scoring import kernels
from din_core.scoring.tiles import Activation

BLOCK_BYTES = 1 << 20
"""What the hidden channels of one block may take; a core's second-level cache is 1 to 2 MB."""


def in_blocks(network: InterestNetwork) -> InterestNetwork:
    """The same network on the same weights for scoring alone, its activation units run in blocks."""
    kernels.prepare()
    shared = {id(tensor): tensor for tensor in [*network.parameters(), *network.buffers()]}
    units = {id(unit): UnitInBlocks(unit) for unit in network.modules() if isinstance(unit, ActivationUnit)}
    return copy.deepcopy(network, {**shared, **units})


class UnitInBlocks(nn.Module):
    """What `ActivationUnit` computes, in evaluation mode and without gradients. Safe to share between threads."""

    def __init__(self, unit: ActivationUnit) -> None:
        super().__init__()
        self.unit = unit
        self.activations = (
            Activation(unit.first_activation, None, fused=True),
            Activation(unit.second_activation, unit.second.bias, fused=True),
        )

    @torch.inference_mode()
    def forward(self, q: Tensor, k: Tensor, batch: RaggedBatch) -> Tensor:
        """q (M, D), k (N, D) → (P,) raw activation weights."""
        unit, (first, second) = self.unit, self.activations
        from_query, from_key, product = unit.split()
        s = pair_hidden(q, k, q @ from_query, torch.addmm(unit.first.bias, k, from_key), product, batch)
        if unit.matches is not None:
            s.addmm_(pair_matches(batch, unit.fields).to(s.dtype), unit.matches)
        (p, h), h2 = s.shape, len(unit.second.weight)
        size = max(1, min(p, BLOCK_BYTES // (s.element_size() * (h + h2))))
        hidden, scratch, weight = s.new_empty(h2 * size), s.new_empty(max(h, h2) * size), s.new_empty(p)
        last, bias = unit.last.weight[0].contiguous(), float(unit.last.bias)
        for start in range(0, p, size):
            y = s[start : start + size]
            z = hidden[: h2 * len(y)].view(h2, len(y))
            first.apply(y, scratch)
            torch.mm(unit.second.weight, y.T, out=z)
            second.dot(z.T, last, bias, weight[start : start + size], scratch)
        return weight
