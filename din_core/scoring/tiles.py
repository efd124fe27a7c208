"""One history, projected once, then any number of candidates against it without ever holding all pairs.

The first layer of the activation unit is linear in the candidate q for a given behavior k, so all it computes is
one matrix a behavior: [q, k, q−k, q∘k]·W + b = q·(diag(k)·W_p + W_q + W_d) + (k·(W_k − W_d) + b), made once a
history. A tile of many candidates and a few behaviors is then two matrix products over their pairs with the
activations in place between them, in blocks that stay in a core's second-level cache.

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
from din_core.model.dice import EPSILON, Dice
from din_core.model.dien import InterestEvolution
from din_core.model.network import InterestNetwork
from din_core.model.pairs import pair_sum
from din_core.model.ragged import RaggedBatch
from din_core.scoring import dice_kernel

CANDIDATES = 256
"""Candidates of a tile."""
TILE_BYTES = 3 << 18
"""What the two hidden layers of one tile may take; a core's second-level cache is 1 to 2 MB."""

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
        evolved = pooling.evolution(interest, attention, tile)
        return pooling.with_sum(evolved, k, tile), pair_sum(attention, tile)[:, None]

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
            self.weigh: Callable[[Tensor, Tensor], Tensor] = _UnitTiles(unit, k, batch, fused)
        else:
            keys = (k @ unit.form.T if isinstance(unit, Bilinear) else k).T  # q·W·k = q·(k·Wᵀ)
            self.weigh = lambda q, rows: q @ keys

    def __call__(self, q: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        sums = [self._sums(q[s : s + CANDIDATES], rows[s : s + CANDIDATES]) for s in range(0, len(q), CANDIDATES)]
        both = torch.cat(sums) if sums else q.new_zeros(0, self.width + 1)
        return both[:, :-1], both[:, -1:]

    def _sums(self, q: Tensor, rows: Tensor) -> Tensor:
        """(n, D + 1): interest vectors and intensities of at most CANDIDATES candidates."""
        if not len(self.summed):
            return q.new_zeros(len(q), self.width + 1)
        weight = self.weigh(q if self.query is None else self.query(q), rows)  # (n, T)
        if not self.normalised:
            return weight @ self.summed
        weight = weight.mul_(self.scale)  # any constant may be subtracted; the largest keeps exp from overflowing
        sums = weight.sub_(weight.amax(1, keepdim=True)).exp_() @ self.summed
        return sums / sums[:, -1:]


class _UnitTiles:
    """The activation unit's weights: at most CANDIDATES candidates, tile by tile of behaviors."""

    def __init__(self, unit: ActivationUnit, k: Tensor, batch: RaggedBatch, fused: bool) -> None:
        from_query, from_key, product = unit.split()  # (D, H) each
        h2, h = unit.second.weight.shape
        t = max(1, TILE_BYTES // (k.element_size() * CANDIDATES * (h + h2)))  # behaviors of a tile
        self.spans = [slice(start, min(start + t, len(k))) for start in range(0, len(k), t)]
        constant = torch.addmm(unit.first.bias, k, from_key)  # (T, H)
        # (D + 1, t, H) a tile; the last row meets the candidates' column of ones
        matrices = [
            torch.cat([torch.addcmul(from_query[:, None], k[s].T[:, :, None], product[:, None]), constant[None, s]])
            for s in self.spans
        ]
        self.tiles = [(span, matrix.flatten(1)) for span, matrix in zip(self.spans, matrices, strict=True)]
        self.matches = unit.matches  # (F, H)
        self.fields, self.behavior = unit.fields, batch.behavior[:, unit.fields]  # (T, F)
        self.second = unit.second.weight  # (H₂, H)
        self.last, self.last_bias = unit.last.weight[0].contiguous(), float(unit.last.bias)
        self.first_activation = Activation(unit.first_activation, None, fused)
        self.second_activation = Activation(unit.second_activation, unit.second.bias, fused)

    def __call__(self, q: Tensor, rows: Tensor) -> Tensor:
        """Queries (n, D) and rows (n, F) → (n, T) weights."""
        n, (h2, h) = len(q), self.second.shape
        pairs = n * (self.spans[0].stop if self.spans else 0)
        hidden, second = q.new_empty(pairs * h), q.new_empty(pairs * h2)
        scratch = torch.empty_like(hidden)  # untouched, and so no memory, where the C kernel is used
        queries = torch.cat([q, q.new_ones(n, 1)], 1)  # (n, D + 1)
        weights = []
        for span, matrix in self.tiles:
            p = n * (span.stop - span.start)
            y = hidden[: p * h].view(p, h)  # (n·t, H)
            torch.mm(queries, matrix, out=y.view(n, -1))
            if self.matches is not None:
                y.addmm_(self._matches(rows, span).view(p, -1).to(y.dtype), self.matches)
            self.first_activation.apply(y, scratch)
            z = second[: p * h2].view(h2, p)
            torch.mm(self.second, y.T, out=z)
            weight = q.new_empty(p)
            self.second_activation.dot(z.T, self.last, self.last_bias, weight, scratch)
            weights.append(weight.view(n, -1))
        return torch.cat(weights, 1)

    def _matches(self, rows: Tensor, span: slice) -> Tensor:
        """(n, t, F): whether candidate and behavior share a known value of each field."""
        candidate = rows[:, None, self.fields]
        return (self.behavior[span] == candidate) & (candidate > 0)


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
