"""One history, projected once, then any number of candidates against it without ever holding all pairs.

The first layer of the activation unit is linear in the behavior k for a given candidate q, so all it computes is
one matrix a candidate: [q, k, q−k, q∘k]·W + b = k·(diag(q)·W_p + W_k − W_d) + (q·(W_q + W_d) + b). A tile of a
few candidates is then two matrix products over (candidate, behavior) pairs with the activations in place between
them, in blocks that stay in a core's second-level cache.

Dimensions: n candidates, T behaviors, F item fields, D item embedding width, H and H₂ hidden widths of the unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
from din_core.model.dice import EPSILON, Dice
from din_core.model.dien import InterestEvolution
from din_core.model.network import InterestNetwork
from din_core.model.pairs import pair_sum
from din_core.model.ragged import RaggedBatch
from din_core.scoring import dice_kernel

TILE_BYTES = 1 << 20
"""What the buffers of one tile of the activation unit may take; a core's second-level cache is 1 to 2 MB."""

Pool = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""q (n, D) and item field rows (n, F) → interest vectors (n, D) and intensities (n, 1 or F)."""


class ProjectedHistory:
    """Scores candidates against one history; what depends on the history alone is computed here, once.

    Safe to share between threads.
    """

    @torch.inference_mode()
    def __init__(self, network: InterestNetwork, batch: RaggedBatch, fused: bool = True) -> None:
        """`batch` holds one history; its candidates and context play no part. `fused` may use the C kernel."""
        self.network = network
        self.batch = replace(batch, candidate_offsets=(0, 0), candidate=batch.candidate[:0], context=batch.context[:0])
        self.pool = _pool(network, self.batch, fused)

    @torch.inference_mode()
    def logits(self, rows: Tensor, others: Tensor) -> Tensor:
        """(n,) logits of candidates with item field rows (n, F); others (1, U + X), as `InterestNetwork.others`."""
        n, network = len(rows), self.network
        q = network.item(rows)
        v, intensity = self.pool(q, rows)
        repeats = network.counts.repeats(_with_candidates(self.batch, rows)) if network.counts else None
        return network.head(others.expand(n, -1), rows, q, v, intensity, repeats)


def _with_candidates(batch: RaggedBatch, rows: Tensor) -> RaggedBatch:
    return replace(batch, candidate=rows, candidate_offsets=(0, len(rows)))


def _pool(network: InterestNetwork, batch: RaggedBatch, fused: bool) -> Pool:
    """How this member of the family pools."""
    k, pooling = network.item(batch.behavior), network.pooling
    if isinstance(pooling, FieldwisePooling):
        return _FieldwiseTiles(pooling, k, batch, fused)
    if isinstance(pooling, WeightedSumPooling):
        return _WeightedSumTiles(
            pooling.unit, pooling.query, pooling.normalisation, pooling.scale, k, batch, fused=fused
        )
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
        return pooling.evolution(interest, attention, tile), pair_sum(attention, tile)[:, None]

    return pool


class _FieldwiseTiles:
    """One unit per item field. Candidates that share a value of a field get one pooled vector of it."""

    def __init__(self, pooling: FieldwisePooling, k: Tensor, batch: RaggedBatch, fused: bool) -> None:
        self.slices = pooling.slices
        self.tiles = []
        for f, own in enumerate(self.slices):
            folded, first, _ = fold_field(batch, f)
            query = pooling.queries[f]
            self.tiles.append(
                _WeightedSumTiles(
                    pooling.units[f], query, pooling.normalisation, pooling.scales[f], k[first, own], folded, fused
                )
            )

    def __call__(self, q: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        interests, intensities = [], []
        for f, (own, tiles) in enumerate(zip(self.slices, self.tiles, strict=True)):
            value, place = torch.unique(rows[:, f], return_inverse=True)
            first = place.new_empty(len(value)).scatter_(0, place, torch.arange(len(place)))
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
        fused: bool,
    ) -> None:
        self.query, self.normalised, self.scale = query, normalisation != "none", scale
        ones = k.new_ones(len(k), 1)
        self.summed = batch.count.to(k.dtype)[:, None] * torch.cat([k, ones], 1)  # (T, D + 1)
        self.width = k.shape[1]
        if isinstance(unit, ActivationUnit):
            self.weigh: Callable[[Tensor, Tensor], Iterator[tuple[slice, Tensor]]] = _UnitTiles(unit, k, batch, fused)
        else:
            keys = k @ unit.form.T if isinstance(unit, Bilinear) else k  # q·W·k = (k·Wᵀ)·q
            self.weigh = lambda q, rows: iter([(slice(0, len(q)), keys @ q.T)])

    def __call__(self, q: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        sums = q.new_zeros(len(q), self.width + 1)
        if len(self.summed):
            read = q if self.query is None else self.query(q)
            for tile, weight in self.weigh(read, rows):
                if self.normalised:  # any constant may be subtracted; the largest keeps exp from overflowing
                    weight = weight * self.scale
                    weight = weight.sub_(weight.amax(0)).exp_()
                torch.mm(weight.T, self.summed, out=sums[tile])
            if self.normalised:
                sums /= sums[:, -1:].clone()
        return sums[:, :-1], sums[:, -1:]


class _UnitTiles:
    """The activation unit's weights, tile by tile."""

    def __init__(self, unit: ActivationUnit, k: Tensor, batch: RaggedBatch, fused: bool) -> None:
        self.from_query, from_key, product = unit.split()  # (D, H) each
        self.bias = unit.first.bias
        self.from_key, self.product = from_key[:, None], product[:, None]  # (D, 1, H)
        self.keys = torch.cat([k, k.new_ones(len(k), 1)], 1)  # (T, D + 1)
        self.matches = unit.matches  # (F, H)
        self.fields, self.behavior = unit.fields, batch.behavior[:, None, unit.fields]  # (T, 1, F)
        self.second = unit.second.weight  # (H₂, H)
        self.last, self.last_bias = unit.last.weight[0].contiguous(), float(unit.last.bias)
        self.first_activation = _Activation(unit.first_activation, None, fused)
        self.second_activation = _Activation(unit.second_activation, unit.second.bias, fused)
        (h2, h), (t, d) = self.second.shape, self.keys.shape
        self.candidates = max(1, TILE_BYTES // (k.element_size() * (h * t + h2 * t + h * d)))

    def __call__(self, q: Tensor, rows: Tensor) -> Iterator[tuple[slice, Tensor]]:
        """Queries (n, D) and rows (n, F) → slices of candidates and their (T, candidates) weights.

        Weights are valid until the next are asked for.
        """
        (h2, h), (t, d) = self.second.shape, self.keys.shape
        m = min(self.candidates, len(q))
        matrices, hidden, second, weights = (q.new_empty(m * size) for size in (d * h, t * h, t * h2, t))
        scratch = torch.empty_like(hidden)  # untouched, and so no memory, where the C kernel is used
        from_query, columns = torch.addmm(self.bias, q, self.from_query), q.T[:, :, None]  # (n, H), (D, n, 1)
        for start in range(0, len(q), m):
            tile = slice(start, min(start + m, len(q)))
            n = tile.stop - tile.start
            w = matrices[: d * n * h].view(d, n, h)
            torch.addcmul(self.from_key, columns[:, tile], self.product, out=w[:-1])
            w[-1] = from_query[tile]
            y = hidden[: t * n * h]
            torch.mm(self.keys, w.view(d, n * h), out=y.view(t, n * h))
            y = y.view(t * n, h)
            if self.matches is not None:
                y.addmm_(self._matches(rows[tile]).view(t * n, -1).to(y.dtype), self.matches)
            self.first_activation.apply(y, scratch)
            z = second[: t * n * h2].view(h2, t * n)
            torch.mm(self.second, y.T, out=z)
            weight = weights[: t * n]
            self.second_activation.dot(z.T, self.last, self.last_bias, weight, scratch)
            yield tile, weight.view(t, n)

    def _matches(self, rows: Tensor) -> Tensor:
        """(T, n, F): whether behavior and candidate share a known value of each field."""
        candidate = rows[:, self.fields]
        return (self.behavior == candidate) & (candidate > 0)


class _Activation:
    """The unit's non-linearity after a shift of each channel, in place."""

    def __init__(self, module: nn.Module, shift: Tensor | None, fused: bool) -> None:
        self.shift, self.fused = shift, False
        self.function: nn.Module | None = None
        self.channel: Tensor | None = None
        if isinstance(module, PlainActivation):
            self.function = module.function
            return
        assert isinstance(module, Dice)
        alpha, moments = module.alpha, module.moments
        scale = torch.rsqrt(moments.variance + EPSILON)
        first = torch.zeros_like(alpha) if shift is None else shift
        self.channel = torch.stack([first, scale, -moments.mean * scale, alpha, 1 - alpha])  # (5, H)
        self.fused = fused and self.channel.dtype == torch.float32 and self.channel.device.type == "cpu"

    def apply(self, y: Tensor, scratch: Tensor) -> None:
        """y (P, H) → its activation; `scratch` holds at least as many numbers."""
        kernel = dice_kernel.ready() if self.fused else None
        if self.channel is None:
            assert self.function is not None
            y.copy_(self.function(y if self.shift is None else y.add_(self.shift)))
        elif kernel and y.is_contiguous():
            kernel.dice_(y, self.channel)
        else:
            dice_kernel.dice_(y, self.channel, scratch[: y.numel()].as_strided(y.shape, y.stride()))

    def dot(self, y: Tensor, weight: Tensor, bias: float, out: Tensor, scratch: Tensor) -> None:
        """y (P, H), transposed in memory → out (P,) = bias + Σ_h weight[h] · activation[h]; y is overwritten."""
        kernel = dice_kernel.ready() if self.fused else None
        if kernel:
            assert self.channel is not None
            kernel.dice_dot(y, self.channel, weight, bias, out)
            return
        self.apply(y, scratch)
        torch.mv(y, weight, out=out).add_(bias)
