"""One history, projected once, then any number of candidates against it without ever holding all pairs.

Dimensions: n candidates, T behaviors, F item fields, D item embedding width.
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
    WeightedSumPooling,
    behavior_kinds,
    fold_field,
)
from din_core.model.library.network_parts import LibraryUnit
from din_core.model.monotone import HeadSums
from din_core.model.network import InterestNetwork
from din_core.model.pairs import pair_sum
from din_core.model.poolings.base import BasePooling
from din_core.model.poolings.dien import InterestEvolution
from din_core.model.poolings.temporal_interest import TemporalInterest
from din_core.model.ragged import RaggedBatch, with_candidates
from din_core.scoring.fixed_context_tower import FixedContextTower

Pool = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""q (n, D) and item field rows (n, F) → interest vectors (n, D) and intensities (n, 1, F or H)."""
Weights = Callable[[Tensor, Tensor], Tensor]
"""The same → weights (n, T)."""
MakeUnit = Callable[[ActivationUnit, Tensor, RaggedBatch], Weights]
"""A unit, k (T, D) and the batch of one history → the unit's weights against it, however a device computes them."""


class ProjectedHistory:
    """Scores candidates against one history; what depends on the history alone is computed here, once.

    Safe to share between threads.
    """

    @torch.inference_mode()
    def __init__(self, network: InterestNetwork, batch: RaggedBatch, make_unit: MakeUnit) -> None:
        """`batch` holds one history; its candidates and context play no part."""
        self.network = network
        self.batch = replace(batch, candidate_offsets=(0, 0), candidate=batch.candidate[:0], context=batch.context[:0])
        self.embed = network.item.with_sets(batch.sets) if batch.sets else network.item
        padded = network.padded(self.batch).batch
        self.pool = _pool(network, self.embed(padded.behavior), padded, make_unit)

    @property
    def capturable(self) -> bool:
        """Whether the same launches score any candidates, whatever their values are."""
        config = self.network.config
        plain = self.network.counts is None and not (config.unit_matches and any(config.several)) and not config.library
        return isinstance(self.network.pooling, WeightedSumPooling | BasePooling) and plain

    @torch.inference_mode()
    def logits(self, rows: Tensor, tower: FixedContextTower) -> Tensor:
        """(n,) logits of candidates with item field rows (n, F)."""
        network = self.network
        q = self.embed(rows)
        v, intensity = self.pool(q, rows)
        repeats = network.counts.repeats(with_candidates(self.batch, rows)) if network.counts else None
        return tower(rows, q, v, intensity, repeats, self.batch.sets)


def _pool(network: InterestNetwork, k: Tensor, batch: RaggedBatch, make_unit: MakeUnit) -> Pool:
    """How this member of the family pools k (T, D)."""
    pooling = network.pooling
    if isinstance(pooling, FieldwisePooling):
        return _FieldwiseHistory(pooling, k, batch, make_unit)
    if isinstance(pooling, WeightedSumPooling):
        return _WeightedSumHistory(
            pooling.unit, pooling.query, pooling.normalisation, pooling.scale, k, batch, make_unit
        )
    if isinstance(pooling, HeadSums):
        return _head_sums(pooling, k, batch, make_unit)
    if isinstance(pooling, InterestEvolution):
        return _evolution(pooling, k, batch)
    if isinstance(pooling, TemporalInterest):
        return _temporal(pooling, k, batch, make_unit)
    pooled = pooling(k[:0].new_zeros(1, k.shape[1]), k, with_candidates(batch, batch.behavior.new_zeros(1, 1)))
    return lambda q, rows: (pooled.interest.expand(len(q), -1), pooled.intensity.expand(len(q), -1))


def _head_sums(pooling: HeadSums, k: Tensor, batch: RaggedBatch, make_unit: MakeUnit) -> Pool:
    """A monotone model: each unit's weights, summed."""
    count = batch.count.to(k.dtype)
    units = [make_unit(unit, k, batch) for unit in pooling.units if isinstance(unit, ActivationUnit) and len(k)]

    def pool(q: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        if not units:
            return q[:, :0], q.new_zeros(len(q), len(pooling.units))
        return q[:, :0], torch.stack([weigh(q, rows) @ count for weigh in units], 1)

    return pool


def _evolution(pooling: InterestEvolution, k: Tensor, batch: RaggedBatch) -> Pool:
    """DIEN: interests are extracted once; candidates evolve together, step by step."""
    interest = pooling.extract(k, batch)

    def pool(q: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        batch_of_rows = with_candidates(batch, rows)
        attention = pooling.attend(q, interest, batch_of_rows)
        evolved = pooling.evolution(interest, attention, batch_of_rows)
        return pooling.with_sum(evolved, k, batch_of_rows), pair_sum(attention, batch_of_rows)[:, None]

    return pool


def _temporal(pooling: TemporalInterest, k: Tensor, batch: RaggedBatch, make_unit: MakeUnit) -> Pool:
    """TIN: behaviors are encoded once, and the sum over them multiplied by each candidate."""
    past = pooling.encode_behaviors(k, batch)
    summed = _WeightedSumHistory(pooling.dot, None, pooling.normalisation, pooling.scale, past, batch, make_unit)

    def pool(q: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        target = pooling.encode_target(q)
        total, intensity = summed(target, rows)
        return pooling.represent(target, total), intensity

    return pool


class _FieldwiseHistory:
    """One unit per item field. Candidates that share a value of a field get one pooled vector of it."""

    def __init__(self, pooling: FieldwisePooling, k: Tensor, batch: RaggedBatch, make_unit: MakeUnit) -> None:
        self.slices = pooling.slices
        self.fields = []
        kinds = behavior_kinds(batch, pooling.edges)
        for f, own in enumerate(self.slices):
            folded, first, _ = fold_field(batch, f, kinds)
            query = pooling.queries[f]
            self.fields.append(
                _WeightedSumHistory(
                    pooling.units[f], query, pooling.normalisation, pooling.scales[f], k[first, own], folded, make_unit
                )
            )

    def __call__(self, q: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        interests, intensities = [], []
        for f, (own, pool) in enumerate(zip(self.slices, self.fields, strict=True)):
            value, place = torch.unique(rows[:, f], return_inverse=True)
            first = place.new_empty(len(value)).scatter_(0, place, torch.arange(len(place), device=place.device))
            interest, intensity = pool(q[first, own], rows[first])
            interests.append(interest[place])
            intensities.append(intensity[place])
        return torch.cat(interests, 1), torch.cat(intensities, 1)


class _WeightedSumHistory:
    """v = Σ_t count_t · a(k_t, q) · k_t, for any attention and normalisation."""

    def __init__(
        self,
        unit: nn.Module,
        query: nn.Module | None,
        normalisation: str,
        scale: float,
        k: Tensor,
        batch: RaggedBatch,
        make_unit: MakeUnit,
    ) -> None:
        self.query, self.normalised, self.scale = query, normalisation != "none", scale
        ones = k.new_ones(len(k), 1)
        self.summed = batch.count.to(k.dtype)[:, None] * torch.cat([k, ones], 1)  # (T, D + 1)
        self.width = k.shape[1]
        if isinstance(unit, ActivationUnit):
            self.weigh: Weights = make_unit(unit, k, batch)
        elif isinstance(unit, LibraryUnit):
            against = unit.against(k)
            self.weigh = lambda q, rows: against(q)
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
