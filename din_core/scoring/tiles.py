"""One history, projected once, then any number of candidates against it without ever holding all pairs.

The first layer of the activation unit is linear in the candidate q for a given behavior k, so all it computes is
one matrix a behavior: [q, k, q−k, q∘k]·W + b = q·(diag(k)·W_p + W_q + W_d) + (k·(W_k − W_d) + b), made once a
history. A tile of candidates and behaviors is then two matrix products over their pairs with the activations between
them: in one compiled pass that stays in a core's first-level cache, or in PyTorch in blocks that stay in its second.

Dimensions: n candidates, T behaviors, F item fields, D item embedding width, H and H₂ hidden widths of the unit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn

from din_core.model.attention import (
    ActivationUnit,
    Bilinear,
    FieldwisePooling,
    PlainActivation,
    WeightedSumPooling,
    fold_field,
)
from din_core.model.dice import Dice
from din_core.model.dien import InterestEvolution
from din_core.model.network import InterestNetwork
from din_core.model.pairs import pair_sum
from din_core.model.pooling import BasePooling
from din_core.model.ragged import RaggedBatch
from din_core.scoring import kernels
from din_core.scoring.means import Form, Means
from din_core.scoring.short_tower import ShortTower
from din_core.scoring.whole import UnitOfBlock

CANDIDATES = 256
"""Candidates of a tile in PyTorch."""
TILE_BYTES = 3 << 18
"""What the two hidden layers of one such tile may take; a core's second-level cache is 1 to 2 MB."""

Pool = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""q (n, D) and item field rows (n, F) → interest vectors (n, D) and intensities (n, 1 or F)."""


class ProjectedHistory:
    """Scores candidates against one history; what depends on the history alone is computed here, once.

    Safe to share between threads.
    """

    @torch.inference_mode()
    def __init__(self, network: InterestNetwork, batch: RaggedBatch, form: Form) -> None:
        """`batch` holds one history; its candidates and context play no part."""
        self.network = network
        self.batch = replace(batch, candidate_offsets=(0, 0), candidate=batch.candidate[:0], context=batch.context[:0])
        self.pool = _pool(network, self.batch, form)

    @property
    def fixed(self) -> bool:
        """Whether the same launches score any candidates, whatever their values are."""
        return isinstance(self.network.pooling, WeightedSumPooling | BasePooling) and self.network.counts is None

    @torch.inference_mode()
    def logits(self, rows: Tensor, tower: ShortTower) -> Tensor:
        """(n,) logits of candidates with item field rows (n, F)."""
        network = self.network
        q = network.item(rows)
        v, intensity = self.pool(q, rows)
        repeats = network.counts.repeats(_with_candidates(self.batch, rows)) if network.counts else None
        return tower(rows, q, v, intensity, repeats)


def _with_candidates(batch: RaggedBatch, rows: Tensor) -> RaggedBatch:
    return replace(batch, candidate=rows, candidate_offsets=(0, len(rows)))


def _pool(network: InterestNetwork, batch: RaggedBatch, form: Form) -> Pool:
    """How this member of the family pools."""
    k, pooling = network.item(batch.behavior), network.pooling
    if isinstance(pooling, FieldwisePooling):
        return _FieldwiseTiles(pooling, k, batch, form)
    if isinstance(pooling, WeightedSumPooling):
        return _WeightedSumTiles(pooling.unit, pooling.query, pooling.normalisation, pooling.scale, k, batch, form)
    if isinstance(pooling, InterestEvolution):
        return _evolution(pooling, k, batch)
    pooled = pooling(k[:0].new_zeros(1, k.shape[1]), k, _with_candidates(batch, batch.behavior.new_zeros(1, 1)))
    return lambda q, rows: (pooled.interest.expand(len(q), -1), pooled.intensity.expand(len(q), -1))


def _evolution(pooling: InterestEvolution, k: Tensor, batch: RaggedBatch) -> Pool:
    """DIEN: interests are extracted once; candidates of a tile evolve together, step by step."""
    interest = pooling.extract(k, batch)

    def pool(q: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        tile = _with_candidates(batch, rows)
        attention = pooling.attend(q, interest, tile)
        evolved = pooling.evolution(interest, attention, tile)
        return pooling.with_sum(evolved, k, tile), pair_sum(attention, tile)[:, None]

    return pool


class _FieldwiseTiles:
    """One unit per item field. Candidates that share a value of a field get one pooled vector of it."""

    def __init__(self, pooling: FieldwisePooling, k: Tensor, batch: RaggedBatch, form: Form) -> None:
        self.slices = pooling.slices
        self.tiles = []
        for f, own in enumerate(self.slices):
            folded, first, _ = fold_field(batch, f)
            query = pooling.queries[f]
            self.tiles.append(
                _WeightedSumTiles(
                    pooling.units[f], query, pooling.normalisation, pooling.scales[f], k[first, own], folded, form
                )
            )

    def __call__(self, q: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        interests, intensities = [], []
        for f, (own, tiles) in enumerate(zip(self.slices, self.tiles, strict=True)):
            value, place = torch.unique(rows[:, f], return_inverse=True)
            first = place.new_empty(len(value)).scatter_(0, place, torch.arange(len(place), device=place.device))
            interest, intensity = tiles(q[first, own], rows[first])
            interests.append(interest[place])
            intensities.append(intensity[place])
        return torch.cat(interests, 1), torch.cat(intensities, 1)


class _WeightedSumTiles:
    """v = Σ_t count_t · a(k_t, q) · k_t, for any attention and normalisation."""

    def __init__(
        self,
        unit: nn.Module,
        query: nn.Module | None,
        normalisation: str,
        scale: float,
        k: Tensor,
        batch: RaggedBatch,
        form: Form,
    ) -> None:
        self.query, self.normalised, self.scale = query, normalisation != "none", scale
        ones = k.new_ones(len(k), 1)
        self.summed = batch.count.to(k.dtype)[:, None] * torch.cat([k, ones], 1)  # (T, D + 1)
        self.width = k.shape[1]
        if isinstance(unit, ActivationUnit):
            self.weigh: Callable[[Tensor, Tensor], Tensor] = (
                UnitOfBlock(unit, k, batch, form) if isinstance(form, Means) else _UnitTiles(unit, k, batch, form.fused)
            )
        else:
            keys = (k @ unit.form.T if isinstance(unit, Bilinear) else k).T  # q·W·k = q·(k·Wᵀ)
            self.weigh = lambda q, rows: q @ keys

    def __call__(self, q: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        both = self._sums(q, rows)
        return both[:, :-1], both[:, -1:]

    def _sums(self, q: Tensor, rows: Tensor) -> Tensor:
        """(n, D + 1): interest vectors and intensities."""
        if not len(self.summed):
            return q.new_zeros(len(q), self.width + 1)
        weight = self.weigh(q if self.query is None else self.query(q), rows)  # (n, T)
        if not self.normalised:
            return weight @ self.summed
        weight = weight.mul_(self.scale)  # any constant may be subtracted; the largest keeps exp from overflowing
        sums = weight.sub_(weight.amax(1, keepdim=True)).exp_() @ self.summed
        return sums / sums[:, -1:]


class _UnitTiles:
    """The activation unit's weights of candidates against all behaviors."""

    def __init__(self, unit: ActivationUnit, k: Tensor, batch: RaggedBatch, fused: bool) -> None:
        from_query, from_key, product = unit.split()  # (D, H) each
        constant = torch.addmm(unit.first.bias, k, from_key)  # (T, H)
        # (T, D + 1, H and more); a matrix's last row meets the candidates' ones
        matrices = [torch.addcmul(from_query, k[:, :, None], product), constant[:, None]]
        self.matrices, self.width = kernels.in_rows(torch.cat(matrices, 1)), len(product.T)
        self.fields = [] if unit.matches is None else unit.fields
        self.behavior = batch.behavior[:, self.fields]  # (T, F)
        self.of_match = constant[:0] if unit.matches is None else unit.matches  # (F, H)
        self.second, self.last, self.bias = unit.second.weight, unit.last.weight[0].contiguous(), float(unit.last.bias)
        self.first_activation = Activation(unit.first_activation, None, fused)
        self.second_activation = Activation(unit.second_activation, unit.second.bias, fused)
        self.channels = self._channels()

    def _channels(self) -> kernels.UnitChannels | None:
        """What the C kernel reads; None where it cannot compute this unit."""
        first, second = self.first_activation, self.second_activation
        fused = first.fused and second.fused and self.width <= kernels.CHANNELS
        if not fused or first.channel is None or second.channel is None:
            return None
        return kernels.UnitChannels.of(self.of_match, first.channel, self.second, second.channel, self.last, self.bias)

    def __call__(self, q: Tensor, rows: Tensor) -> Tensor:
        """Queries (n, D) and rows (n, F) → (n, T) weights."""
        compiled = kernels.ready()
        if compiled is None or self.channels is None:
            return self._in_tiles(q, rows)
        n = len(q)
        lanes = -(-n // kernels.LANES) * kernels.LANES
        queries = q.new_zeros(q.shape[1] + 1, lanes)
        queries[:-1, :n], queries[-1, :n] = q.T, 1
        matches = q.new_zeros(*self.behavior.shape, lanes)  # (T, F, n and more)
        matches[:, :, :n] = self._matches(rows, self.behavior).mT
        return compiled.unit_weights(queries, self.matrices, matches, self.channels)[:, :n].T

    def _in_tiles(self, q: Tensor, rows: Tensor) -> Tensor:
        """The same in PyTorch, tile by tile."""
        queries = torch.cat([q, q.new_ones(len(q), 1)], 1)  # (n, D + 1)
        size = max(1, TILE_BYTES // (q.element_size() * CANDIDATES * sum(self.second.shape)))  # behaviors of a tile
        behaviors = [slice(start, start + size) for start in range(0, len(self.matrices), size)]
        candidates = [slice(start, start + CANDIDATES) for start in range(0, len(q), CANDIDATES)]
        return torch.cat([torch.cat([self._tile(queries[c], rows[c], b) for b in behaviors]).T for c in candidates])

    def _tile(self, queries: Tensor, rows: Tensor, span: slice) -> Tensor:
        """(t, n) weights."""
        y = torch.matmul(queries, self.matrices[span, :, : self.width])  # (t, n, H)
        t, n, _ = y.shape
        y = y.flatten(0, 1)
        if self.fields:
            y.addmm_(self._matches(rows, self.behavior[span]).flatten(0, 1).to(y.dtype), self.of_match)
        scratch, weight = torch.empty_like(y), y.new_empty(len(y))
        self.first_activation.apply(y, scratch)
        z = torch.mm(self.second, y.T).T
        self.second_activation.dot(z, self.last, self.bias, weight, scratch)
        return weight.view(t, n)

    def _matches(self, rows: Tensor, behavior: Tensor) -> Tensor:
        """(t, n, F): whether candidate and behavior share a known value of each field."""
        candidate = rows[:, self.fields]
        return (behavior[:, None] == candidate) & (candidate > 0)


class Activation:
    """The unit's non-linearity after a shift of each channel, in place."""

    def __init__(self, module: nn.Module, shift: Tensor | None, fused: bool) -> None:
        self.shift, self.fused = shift, False
        self.function: nn.Module | None = None
        self.channel: Tensor | None = None
        if isinstance(module, PlainActivation):
            self.function = module.function
            return
        assert isinstance(module, Dice)
        self.channel = kernels.dice_channel(module, shift)
        self.fused = fused and self.channel.dtype == torch.float32 and self.channel.device.type == "cpu"

    def apply(self, y: Tensor, scratch: Tensor) -> None:
        """y (P, H) → its activation; `scratch` holds at least as many numbers."""
        kernel = kernels.ready() if self.fused else None
        if self.channel is None:
            assert self.function is not None
            y.copy_(self.function(y if self.shift is None else y.add_(self.shift)))
        elif kernel and y.is_contiguous():
            kernel.dice_(y, self.channel)
        else:
            kernels.dice_(y, self.channel, scratch[: y.numel()].as_strided(y.shape, y.stride()))

    def dot(self, y: Tensor, weight: Tensor, bias: float, out: Tensor, scratch: Tensor) -> None:
        """y (P, H), transposed in memory → out (P,) = bias + Σ_h weight[h] · activation[h]; y is overwritten."""
        kernel = kernels.ready() if self.fused else None
        if kernel:
            assert self.channel is not None
            kernel.dice_dot(y, self.channel, weight, bias, out)
            return
        self.apply(y, scratch)
        torch.mv(y, weight, out=out).add_(bias)
