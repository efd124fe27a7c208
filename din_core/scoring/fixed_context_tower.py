"""The tower for one user in one context, many histories or candidates: what neither moves is computed once.

The standardisation of the inputs and what profile and context add go into the first layer's bias.
"""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import Tensor

from din_core.kernels.evaluation import InPlaceDice, asinh_in_place
from din_core.kernels.operators import computes
from din_core.model.library.network_parts import PlainTower
from din_core.model.monotone import combined
from din_core.model.network import InterestNetwork
from din_core.model.ragged import Sets
from din_core.model.tower import ASINH_SCALE, repeated_query, standard_scale


class FixedContextTower:
    """`InterestNetwork.head` in evaluation, for one user and context. No gradients."""

    def __init__(self, network: InterestNetwork, others: Tensor, accelerated: bool = True) -> None:
        """others (1, U + X); `accelerated` computes Dice and asinh by operators where they can be."""
        self._network, tower, known = network, network.tower, others.shape[1]
        if not isinstance(tower, PlainTower):
            start = known + network.config.item_width
            self._widths = list(network.config.interest_fields)
            self._counts = network.counts
            mean = tower.moments.mean.double()  # (W,)
            scale = standard_scale(mean, tower.moments.variance.double())
            read = tower.first.in_features  # all of W but what a monotone tower reads behind its layers
            first = tower.first.weight.double() * scale[:read]  # (H, W)
            self._bias = tower.first.bias.double() - first @ mean[:read]  # (H,)
            self._from_others = first[:, :known]
            self._from_query, self._first = (
                part.T.to(tower.first.weight.dtype).contiguous() for part in (first[:, known:start], first[:, start:])
            )
            self._standard = [part[read:].to(tower.first.weight.dtype) for part in (mean, scale)]  # (0 or I,) each
            self._monotone = network.config.monotone
            self._second, self._last = tower.second, tower.last
            fast, dices = accelerated and computes(tower.last.weight), (tower.first_dice, tower.second_dice)
            self._dices: list[Callable[[Tensor], Tensor]] = [InPlaceDice(dice) if fast else dice for dice in dices]
            self._asinh: Callable[[Tensor, float], Tensor] = asinh_in_place if fast else _asinh
        self._set_context(others)

    def in_context(self, others: Tensor) -> FixedContextTower:
        """The same for another user or context, others (1, U + X)."""
        found = copy.copy(self)
        found._set_context(others)
        return found

    def _set_context(self, others: Tensor) -> None:
        self._plain = _plain_tower(self._network, others)
        if self._plain is None:
            bias = self._bias + self._from_others @ others[0].double()
            self._first_bias = bias[None].to(self._from_query.dtype)

    def __call__(
        self,
        candidate: Tensor,
        q: Tensor,
        v: Tensor,
        intensity: Tensor,
        repeats: Tensor | None,
        sets: Sets = (),
    ) -> Tensor:
        """(S,) logits. candidate (S, F) rows and q (S, D), or one row for all; v (S, D) or (S, 2D), intensity (S, I),
        repeats (S, F + 1) where the tower reads counts, and then the sets that candidates hold the indices of."""
        if self._plain is not None:
            return self._plain(q, v)
        if self._monotone:
            mean, scale = self._standard
            z = (self._asinh(intensity.clone(), ASINH_SCALE) - mean) * scale
            return combined(self._outputs(torch.addmm(self._first_bias, q, self._from_query)), z)
        product = v * repeated_query(q, v)
        likeness = torch.stack([part.sum(1) for part in torch.split(product, self._widths, 1)], 1)
        x = self._asinh(torch.cat([v, product, likeness, intensity], 1), ASINH_SCALE)
        if self._counts is not None:
            assert repeats is not None
            counted = self._counts(candidate.expand(len(v), -1), repeats, sets)
            x = torch.cat([x, counted.to(x.dtype)], 1)
        bias = torch.addmm(self._first_bias, q, self._from_query)  # (S or 1, H)
        return self._outputs(torch.addmm(bias, x, self._first)).squeeze(1)

    def _outputs(self, first: Tensor) -> Tensor:
        """What the first layer gives (S, H) → the last layer's outputs (S, 1), or of a monotone tower (S, 1 + I)."""
        hidden = self._dices[0](first)
        hidden = self._dices[1](torch.addmm(self._second.bias, hidden, self._second.weight.T))
        return torch.addmm(self._last.bias, hidden, self._last.weight.T)


def _plain_tower(network: InterestNetwork, others: Tensor) -> Callable[[Tensor, Tensor], Tensor] | None:
    """q (S, D) or (1, D), v (S, D) → (S,) logits of another library's tower; None where it is this project's."""
    tower = network.tower
    if not isinstance(tower, PlainTower):
        return None
    known, width = others.shape[1], network.config.item_width
    first = tower.first.weight  # (H, W)
    bias = tower.first.bias + others[0] @ first[:, :known].T
    from_query, rest = first[:, known : known + width].T, first[:, known + width :].T

    def logits(q: Tensor, v: Tensor) -> Tensor:
        read = torch.cat([v, v * q], 1) if rest.shape[0] > width else v
        return tower.after_first(bias + q @ from_query + read @ rest)

    return logits


def _asinh(x: Tensor, scale: float) -> Tensor:
    return torch.asinh(scale * x)
