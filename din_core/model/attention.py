"""Attention of a candidate on behaviors, and the weighted sum pooling it steers.

Local activation unit: Deep Interest Network (Zhou et al., KDD 2018, arXiv:1706.06978), equation 3 and figure 2.
Dot product and bilinear form (Luong et al., EMNLP 2015, arXiv:1508.04025, "dot" and "general") are the plain
other forms.

Dimensions: N behaviors, M candidates, P pairs ordered by (history, behavior, candidate), D item embedding
width, F item fields.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from din_core.model.config import ModelConfig, UnitActivation
from din_core.model.dice import Dice
from din_core.model.library.network_parts import LibraryUnit
from din_core.model.pairs import PairPooling, PairSoftmax, pair_hidden, pair_matches
from din_core.model.ragged import RaggedBatch, to_device


class Pooled(NamedTuple):
    """What became of the behaviors."""

    weight: Tensor
    """(P,) weight of one occurrence; with one unit per field (P, F), each field's own"""
    interest: Tensor
    """(M, D) interest vector"""
    intensity: Tensor
    """(M, 1) Σ of all occurrences' weights; with one unit per field (M, F)"""
    auxiliary: Tensor | None = None
    """() a loss of the pooling's own, in training only"""


class PointwiseActivation(nn.Module):
    """PReLU (one slope a channel) or sigmoid, called as Dice is."""

    def __init__(self, kind: UnitActivation, channels: int) -> None:
        super().__init__()
        self.function = nn.PReLU(channels) if kind == "prelu" else nn.Sigmoid()

    def forward(self, s: Tensor, weight: Tensor | None = None) -> Tensor:
        """(n, K) → (n, K); `weight` plays no part."""
        activated: Tensor = self.function(s)
        return activated


def activation(kind: UnitActivation, channels: int) -> nn.Module:
    """The unit's non-linearity."""
    return Dice(channels) if kind == "dice" else PointwiseActivation(kind, channels)


class ActivationUnit(nn.Module):
    """a(k, q): the local activation unit, on [q, k, q−k, q∘k] (official code) or [q, q∘k, k] (paper).

    The first layer is split: [q, k, q−k, q∘k]·W = q(W_q + W_d) + k(W_k − W_d) + (q∘k)W_p, so that only the
    product term is computed per pair. With match flags, [q_f = k_f] of each item field f is a further input. So are
    the embeddings of the behavior's type and of the time gap, where the unit reads them: neither meets q, so that they
    add to what k brings.
    """

    def __init__(
        self,
        widths: Sequence[int],
        config: ModelConfig,
        fields: Sequence[int],
        starts_from: Sequence[int] | None = None,
    ) -> None:
        """`fields` are the item fields that q and k hold, `widths` their embedding widths.

        `starts_from` are positions in `fields` whose match flags the weights start from; None for all of them.
        """
        super().__init__()
        width, hidden, kind = sum(widths), config.unit_hidden, config.unit_activation
        self.reads, self.fields = config.unit_input, list(fields)
        self.matches_sets = config.unit_matches and any(config.several[f] for f in fields)
        self.first = nn.Linear((4 if self.reads == "official" else 3) * width, hidden[0])
        self.first_activation = activation(kind, hidden[0])
        self.second = nn.Linear(hidden[0], hidden[1])
        self.second_activation = activation(kind, hidden[1])
        self.last = nn.Linear(hidden[1], 1)
        self.matches = nn.Parameter(torch.randn(len(self.fields), hidden[0]) * 0.3) if config.unit_matches else None
        self.behavior = BehaviorInput(config) if config.reads_types or config.reads_gaps else None
        self._start_from_equality(widths, range(len(widths)) if starts_from is None else starts_from)

    @torch.no_grad()
    def _start_from_equality(self, widths: Sequence[int], flagged: Sequence[int]) -> None:
        """Let hidden channels start as what tells equal values of a field from different ones, a field each.

        That is twice the flag where there are flags to start from, and then the weight starts as little else than the
        first of them; else it is twice the product of the embeddings.
        """
        channels = min(len(widths), self.first.out_features)
        if self.matches is not None and len(flagged):
            for channel, field in enumerate(flagged[:channels]):
                self.matches[field] = 0
                self.matches[field, channel] = 2
            self.second.weight[0] = 0
            self.second.weight[0, 0] = 1
            self.last.weight *= 0.1
            self.last.weight[0, 0] = 0.5
            nn.init.zeros_(self.last.bias)
            return
        total = sum(widths)
        product = total if self.reads == "paper" else 3 * total  # [q, q∘k, k] or [q, k, q−k, q∘k]
        for f, (start, stop) in enumerate(pairwise(accumulate(widths[:channels], initial=product))):
            self.first.weight[f] = 0
            self.first.weight[f, start:stop] = 2

    def forward(self, q: Tensor, k: Tensor, batch: RaggedBatch) -> Tensor:
        """q (M, D), k (N, D) → (P,) raw activation weights."""
        w_q, _, w_p = self.split()
        s = pair_hidden(q, k, q @ w_q, self.from_behaviors(k, batch), w_p, batch)
        if self.matches is not None:
            s = s + pair_matches(batch, self.fields).to(s.dtype) @ self.matches
        return self.after_first(s, batch.per_pair(batch.count))

    def from_behaviors(self, k: Tensor, batch: RaggedBatch) -> Tensor:
        """k (N, D) → (N, H): what the first layer makes of behaviors alone, its bias included."""
        from_k = k @ self.split()[1] + self.first.bias
        return from_k if self.behavior is None else from_k + self.behavior(batch)

    def split(self) -> tuple[Tensor, Tensor, Tensor]:
        """(D, H) each: what q, k and q∘k are multiplied by."""
        if self.reads == "paper":
            w_q, w_p, w_k = self.first.weight.T.chunk(3)
            return w_q, w_k, w_p.contiguous()
        w_q, w_k, w_d, w_p = self.first.weight.T.chunk(4)
        return w_q + w_d, w_k - w_d, w_p.contiguous()

    def after_first(self, s: Tensor, count: Tensor | None) -> Tensor:
        """What the first layer made of each pair, (P, H) → (P,); `count` (P,) is for training's statistics."""
        s = self.second(self.first_activation(s, count))
        weight: Tensor = self.last(self.second_activation(s, count))
        return weight.squeeze(1)


class BehaviorInput(nn.Module):
    """What a behavior's type and its time gap add to the unit's first layer: their embeddings times columns of it.

    The embeddings start from 0, so that the unit starts as one that reads neither, and what training never saw says
    nothing.
    """

    edges: Tensor

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        kinds = [(field.rows, field.width) for field in config.behavior_fields]
        gaps = [(len(config.gap_edges) + 1, config.gap_width)] if config.reads_gaps else []
        self.types = nn.Embedding(*kinds[0]) if kinds else None
        self.gaps = nn.Embedding(*gaps[0]) if gaps else None
        for table in filter(None, (self.types, self.gaps)):
            nn.init.zeros_(table.weight)
        self.columns = nn.Linear(sum(width for _, width in kinds + gaps), config.unit_hidden[0], bias=False)
        self.register_buffer("edges", gap_edges(config), persistent=False)

    def forward(self, batch: RaggedBatch) -> Tensor:
        """(N, H)."""
        added: Tensor = self.columns(self.embed(batch))
        return added

    def embed(self, batch: RaggedBatch) -> Tensor:
        """(N, E): the embeddings of each behavior's type and gap."""
        parts = []
        if self.types is not None:
            assert batch.behavior_type is not None
            parts.append(self.types(batch.behavior_type))
        if self.gaps is not None:
            parts.append(self.gaps(gap_ranges(batch, self.edges)))
        return torch.cat(parts, 1)


def gap_edges(config: ModelConfig) -> Tensor:
    """(ranges − 1,) days at which ranges of the gap begin."""
    return torch.tensor(config.gap_edges, dtype=torch.float32)


def gap_ranges(batch: RaggedBatch, edges: Tensor) -> Tensor:
    """(N,) in which range each behavior's gap lies; one of e days lies in that which begins at e."""
    return torch.bucketize(batch.age, edges.to(batch.age.dtype), right=True)


def behavior_kinds(batch: RaggedBatch, edges: Tensor) -> Tensor | None:
    """(N,) equal for two behaviors exactly when a unit reads the same type and gap of them; None for no such unit."""
    if batch.behavior_type is None:
        return gap_ranges(batch, edges) if len(edges) else None
    return gap_ranges(batch, edges) + batch.behavior_type * (len(edges) + 1)


class DotProduct(nn.Module):
    """q·k."""

    def forward(self, q: Tensor, k: Tensor, batch: RaggedBatch) -> Tensor:
        """q (M, D), k (N, D) → (P,)."""
        t, c = batch.pairs()
        return (q.index_select(0, c) * k.index_select(0, t)).sum(1)


class Bilinear(nn.Module):
    """q·W·k; W starts as the identity, a dot product."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.form = nn.Parameter(torch.eye(width))
        self.dot = DotProduct()

    def forward(self, q: Tensor, k: Tensor, batch: RaggedBatch) -> Tensor:
        """q (M, D), k (N, D) → (P,)."""
        weight: Tensor = self.dot(q @ self.form, k, batch)
        return weight


class WeightedSumPooling(nn.Module):
    """v = Σ_t count_t · a(k_t, q) · k_t: not normalised, or with a softmax over the history's behaviors."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width = config.item_width
        self.normalisation = config.normalisation
        self.scale = width**-0.5 if config.normalisation == "scaled softmax" else 1.0
        self.query = nn.Sequential(nn.Linear(width, width), nn.PReLU(width)) if config.project_query else None
        self.unit: ActivationUnit | LibraryUnit | Bilinear | DotProduct = (
            LibraryUnit(width, config.library)
            if config.library
            else ActivationUnit([f.width for f in config.item_fields], config, range(len(config.item_fields)))
            if config.attention == "unit"
            else Bilinear(width)
            if config.attention == "bilinear"
            else DotProduct()
        )
        self.softmax, self.pool = PairSoftmax(), PairPooling()

    def forward(self, q: Tensor, k: Tensor, batch: RaggedBatch) -> Pooled:
        """q (M, D), k (N, D) → weights (P,), interest vectors (M, D)."""
        weight = self.unit(q if self.query is None else self.query(q), k, batch)
        if self.normalisation != "none":
            weight = self.softmax(weight * self.scale, batch)
        interest, intensity = self.pool(weight, k, batch)
        return Pooled(weight, interest, intensity[:, None])


class FieldwisePooling(nn.Module):
    """One activation unit per item field: shop weighs shop, item weighs item.

    A unit sees nothing but its own field, so behaviors that share a value are one to it (and the type and gap, where
    it reads these): they are folded into one with their counts added, which is exact.
    """

    edges: Tensor

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        widths = [f.width for f in config.item_fields]
        self.slices = [slice(*span) for span in pairwise(accumulate(widths, initial=0))]
        self.normalisation = config.normalisation
        self.scales = [w**-0.5 if config.normalisation == "scaled softmax" else 1.0 for w in widths]
        self.queries = nn.ModuleList(
            nn.Sequential(nn.Linear(w, w), nn.PReLU(w)) if config.project_query else nn.Identity() for w in widths
        )
        library = config.library
        self.units = nn.ModuleList(
            LibraryUnit(w, library) if library else ActivationUnit([w], config, [f]) for f, w in enumerate(widths)
        )
        self.softmax, self.pool = PairSoftmax(), PairPooling()
        self.register_buffer("edges", gap_edges(config), persistent=False)

    def forward(self, q: Tensor, k: Tensor, batch: RaggedBatch) -> Pooled:
        """q (M, D), k (N, D) → weights (P, F), interest vectors (M, D)."""
        weights, interests, intensities = [], [], []
        kinds = behavior_kinds(batch, self.edges)
        for f, own in enumerate(self.slices):
            folded, first, place = fold_field(batch, f, kinds)
            k_f, q_f = k[first, own], q[:, own]
            weight = self.units[f](self.queries[f](q_f), k_f, folded)
            if self.normalisation != "none":
                weight = self.softmax(weight * self.scales[f], folded)
            interest, intensity = self.pool(weight, k_f, folded)
            interests.append(interest)
            intensities.append(intensity)
            weights.append(weight[unfolded_pairs(batch, folded, place)])
        return Pooled(torch.stack(weights, 1), torch.cat(interests, 1), torch.stack(intensities, 1))


def fold_field(batch: RaggedBatch, field: int, kinds: Tensor | None = None) -> tuple[RaggedBatch, Tensor, Tensor]:
    """`batch` with the behaviors of a history that share a value of `field` folded into one of n behaviors.

    With `kinds` (N,), those that share that too. Also (n,) a behavior of each, and (N,) where each behavior went.
    """
    row, history = batch.behavior[:, field], batch.history_of_behavior
    if kinds is not None and kinds.numel():
        row = row * (int(kinds.max()) + 1) + kinds
    rows = int(row.max()) + 1 if row.numel() else 1
    value, place = torch.unique(history * rows + row, return_inverse=True)
    n = value.numel()
    first = place.new_empty(n).scatter_(0, place, torch.arange(len(place), device=place.device))
    count = batch.count.new_zeros(n).index_add_(0, place, batch.count)
    groups = len(batch.behavior_offsets) - 1
    lengths = torch.bincount(value // rows, minlength=groups).tolist()
    return batch.with_behaviors(first, tuple(accumulate(lengths, initial=0)), count), first, place


def unfolded_pairs(batch: RaggedBatch, folded: RaggedBatch, place: Tensor) -> Tensor:
    """(P,) the folded pair that each pair of `batch` went to."""
    behavior, candidate = batch.pairs()
    candidates = to_device(np.asarray(batch.candidate_offsets), place.device)
    per_behavior = candidates.diff()[folded.history_of_behavior]
    first_pair = per_behavior.cumsum(0) - per_behavior  # (n,)
    history = batch.history_of_behavior[behavior]
    return first_pair[place[behavior]] + candidate - candidates[history]
