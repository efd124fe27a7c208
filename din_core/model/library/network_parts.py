"""The activation unit and the tower of another library's DIN.

Dimensions: N behaviors, M candidates, P pairs ordered by (history, behavior, candidate), D embedding width, H hidden
width, U and X widths of all profile and context embeddings.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

import torch
from torch import Tensor, nn

from din_core.model.library.layers import HiddenLayers, layer_activation
from din_core.model.library.options import LibraryLayers
from din_core.model.pairs import pair_hidden
from din_core.model.ragged import RaggedBatch

PIECE = 2**22
"""Hidden numbers of pairs of one history and many candidates that are held at once: some 16 MB."""


class LibraryUnit(nn.Module):
    """a(k, q) on [q, k, q−k, q∘k] by any number of hidden layers, maybe then through an activation and over √D."""

    def __init__(self, width: int, options: LibraryLayers) -> None:
        super().__init__()
        self.layers = HiddenLayers(4 * width, options.unit_hidden, options.unit_activation)
        self.output = layer_activation(options.unit_output, 1)
        self.divisor = sqrt(max(1, options.scale_width))

    def forward(self, q: Tensor, k: Tensor, batch: RaggedBatch) -> Tensor:
        """q (M, D), k (N, D) → (P,) raw activation weights."""
        w_q, w_k, w_p = self.split()
        return self.after_first(pair_hidden(q, k, q @ w_q, k @ w_k + self.layers.first.bias, w_p, batch))

    def split(self) -> tuple[Tensor, Tensor, Tensor]:
        """(D, H) each: what q, k and q∘k are multiplied by."""
        w_q, w_k, w_d, w_p = self.layers.first.weight.T.chunk(4)
        return w_q + w_d, w_k - w_d, w_p.contiguous()

    def after_first(self, s: Tensor) -> Tensor:
        """(..., H) → (...)."""
        weight: Tensor = self.output(self.layers.after_first(s)[..., None])[..., 0]
        return weight / self.divisor

    def against(self, k: Tensor) -> Callable[[Tensor], Tensor]:
        """The behaviors k (T, D) of one history → candidates q (n, D) → weights (n, T)."""
        w_q, w_k, w_p = self.split()
        from_k = k @ w_k + self.layers.first.bias  # (T, H)
        size = max(1, PIECE // max(1, from_k.numel()))

        def weigh(q: Tensor) -> Tensor:
            pieces = [
                self.after_first((own @ w_q)[:, None] + from_k + (own[:, None] * k) @ w_p)
                for own in torch.split(q, size)
            ]
            return torch.cat(pieces) if pieces else q.new_zeros(0, len(k))

        return weigh


class PlainInput(nn.Module):
    """What such a tower reads: profile and context, q, v, and v∘q where the library has it; all as they are."""

    def __init__(self, item_width: int, options: LibraryLayers) -> None:
        super().__init__()
        self.product = options.tower_product
        self.width = item_width * (3 if self.product else 2)
        """Inputs beside profile and context."""

    def forward(self, others: Tensor, q: Tensor, v: Tensor, intensity: Tensor) -> Tensor:
        """others (M, U + X), q (M, D), v (M, D) → (M, U + X + width); `intensity` plays no part."""
        return torch.cat([others, q, v, *([v * q] if self.product else [])], 1)


class PlainTower(HiddenLayers):
    """An MLP of any depth and one activation, to one logit."""

    def __init__(self, width: int, options: LibraryLayers) -> None:
        super().__init__(width, options.tower_hidden, options.tower_activation)

    @torch.no_grad()
    def map_logits(self, slope: float, bias: float) -> None:
        """Make each logit slope · logit + bias, by the last layer."""
        self.last.weight.copy_(self.last.weight.double() * slope)
        self.last.bias.copy_(self.last.bias.double() * slope + bias)
