"""The padded formulation of every pooling, as the reference for the ragged one. It exists only here.

Histories and candidates are padded to the longest and beyond with large random vectors and counts, which stand for
whatever a real padded code would hold there; masks come from lengths alone.

Dimensions: G histories, T and C padded behaviors and candidates of a history, D item embedding width.
"""

import torch
from torch import Tensor, nn

from din_core.model.attention import ActivationUnit, Bilinear, FieldwisePooling, Pooled, WeightedSumPooling
from din_core.model.dice import Dice
from din_core.model.library.network_parts import LibraryUnit
from din_core.model.monotone import HeadSums
from din_core.model.poolings.base import BasePooling
from din_core.model.poolings.dien import InterestEvolution
from din_core.model.poolings.temporal_interest import TemporalInterest


class PaddedPooling(nn.Module):
    """Stands in a network's place of pooling; its parameters are those of the one it wraps."""

    def __init__(self, pooling: nn.Module, extra: int) -> None:
        super().__init__()
        self.inner, self.extra = pooling, extra

    def forward(self, q, k, batch):
        self.generator = torch.Generator().manual_seed(self.extra)
        k_pad, behaviors = self.pad(k, batch.behavior_offsets)
        q_pad, candidates = self.pad(q, batch.candidate_offsets)
        count = self.pad(batch.count[:, None], batch.behavior_offsets)[0][..., 0]
        age = self.pad(batch.age[:, None], batch.behavior_offsets)[0][..., 0]
        pairs = behaviors[:, :, None] & candidates[:, None, :]  # (G, T, C)
        rows = [
            self.pad(batch.behavior, batch.behavior_offsets)[0],
            self.pad(batch.candidate, batch.candidate_offsets)[0],
        ]
        self.days = age
        self.kind = (
            None
            if batch.behavior_type is None
            else self.pad(batch.behavior_type[:, None], batch.behavior_offsets)[0][..., 0]
        )
        self.match = (rows[0][:, :, None] == rows[1][:, None]) & (rows[1][:, None] > 0)  # (G, T, C, F)
        if isinstance(self.inner, BasePooling):
            weight, v = self.base(q_pad, k_pad, count, age, behaviors)
        elif isinstance(self.inner, InterestEvolution):
            weight, v = self.evolve(q_pad, k_pad, pairs)
            if self.inner.history_sum:
                summed = torch.where(behaviors[..., None], k_pad, 0.0).sum(1, keepdim=True)
                v = torch.cat([v, summed.expand_as(q_pad)], -1)
        elif isinstance(self.inner, TemporalInterest):
            weight, v = self.interest(q_pad, k_pad, count, pairs)
        elif isinstance(self.inner, FieldwisePooling):
            weight, v = self.fieldwise(q_pad, k_pad, count, pairs)
        elif isinstance(self.inner, HeadSums):
            heads = [self.activate(unit, q_pad, k_pad, count[:, :, None] * pairs) for unit in self.inner.units]
            weight, v = torch.where(pairs[..., None], torch.stack(heads, -1), 0.0), q_pad[..., :0]
        else:
            assert isinstance(self.inner, WeightedSumPooling)
            query = q_pad if self.inner.query is None else by_row(self.inner.query, q_pad)
            weight, v = self.weigh(self.inner.unit, query, q_pad, k_pad, count, pairs, self.inner.scale)
        each = weight if weight.dim() == 4 else weight[..., None]  # (G, T, C, F), or F = 1
        intensity = torch.where(pairs[..., None], count[:, :, None, None] * each, 0.0).sum(1)
        return Pooled(weight[pairs], v[candidates], intensity[candidates])

    def pad(self, rows: Tensor, offsets: tuple[int, ...]) -> tuple[Tensor, Tensor]:
        """(n, D) ragged → (G, longest + extra, D) with rubbish at the end, and the mask of what is real."""
        lengths = torch.tensor(offsets).diff()
        longest = int(lengths.max()) + self.extra if len(lengths) else 0
        mask = torch.arange(longest)[None] < lengths[:, None]
        rubbish = 10 * torch.randn(len(lengths), longest, rows.shape[1], generator=self.generator, dtype=torch.float64)
        rubbish = rubbish.to(rows.dtype)
        return rubbish.masked_scatter(mask[..., None].expand_as(rubbish), rows), mask

    def base(self, q, k, count, age, mask):
        kept = {
            "sum": torch.ones_like(count),
            "average": torch.ones_like(count),
            "time decay": 2 ** (-age / getattr(self.inner, "half_life", 1.0)),
        }[self.inner.kind]
        kept = torch.where(mask, kept, 0.0)
        if self.inner.kind != "sum":
            total = (count * kept).sum(1, keepdim=True)
            kept = kept / torch.where(total == 0, 1.0, total)
        v = torch.einsum("gt,gtd->gd", count * kept, k)
        return kept[:, :, None].expand(-1, -1, q.shape[1]), v[:, None].expand_as(q)

    def weigh(self, unit, query, q, k, count, pairs, scale):
        counted = count[:, :, None] * pairs  # (G, T, C)
        if isinstance(unit, ActivationUnit):
            weight = self.activate(unit, query, k, counted)
        elif isinstance(unit, LibraryUnit):
            wide, past = torch.broadcast_tensors(query[:, None], k[:, :, None])
            layers = unit.layers(torch.cat([wide, past, wide - past, wide * past], -1))
            weight = unit.output(layers[..., None])[..., 0] / unit.divisor
        else:
            form = unit.form if isinstance(unit, Bilinear) else torch.eye(q.shape[2], dtype=q.dtype)
            weight = torch.einsum("gcd,de,gte->gtc", query, form, k)
        if self.inner.normalisation != "none":
            share = (weight * scale).masked_fill(~pairs, -torch.inf).exp()
            total = (count[:, :, None] * share).sum(1, keepdim=True)
            weight = share / torch.where(total == 0, 1.0, total)
        weight = torch.where(pairs, weight, 0.0)
        return weight, torch.einsum("gtc,gtd->gcd", counted * weight, k)

    def interest(self, q, k, count, pairs):
        """As the paper has it: every pair's product, weighed and summed."""
        inner = self.inner
        if inner.temporal is not None:
            length, step = pairs.any(2).sum(1, keepdim=True), torch.arange(k.shape[1])[None]
            begun = torch.stack([self.days >= edge for edge in [0.0, *inner.edges.tolist()]], -1).sum(-1)
            place = (length - step if inner.encoding == "rank" else begun).clamp(1, len(inner.temporal.weight) - 1)
            q, k = q + inner.temporal.weight[0], k + inner.temporal.weight[place]
        score = torch.einsum("gcd,gtd->gtc", q, k) * inner.scale
        if inner.normalisation != "none":
            share = score.masked_fill(~pairs, -torch.inf).exp()
            total = (count[:, :, None] * share).sum(1, keepdim=True)
            score = share / torch.where(total == 0, 1.0, total)
        weight = torch.where(pairs, score, 0.0)
        each = q[:, None] * k[:, :, None] if inner.multiplies else k[:, :, None].expand(-1, -1, q.shape[1], -1)
        return weight, ((count[:, :, None] * weight)[..., None] * each).sum(1)

    def activate(self, unit, q, k, counted):
        """(G, T, C) a(k, q) on the concatenated input, unsplit."""
        q, k = torch.broadcast_tensors(q[:, None], k[:, :, None])
        x = torch.cat([q, k, q - k, q * k] if unit.reads == "official" else [q, q * k, k], -1)
        s = unit.first(x)
        if unit.matches is not None:
            s = s + self.match[..., unit.fields].to(s.dtype) @ unit.matches
        if unit.behavior is not None:
            s = s + self.beside(unit.behavior)[:, :, None]
        hidden = self.nonlinear(unit.first_activation, s, counted)
        return unit.last(self.nonlinear(unit.second_activation, unit.second(hidden), counted))[..., 0]

    def beside(self, behavior):
        """(G, T, H) what types and gaps add, behavior by behavior: whatever stands in the padding has some value."""
        edges = [0.0, *behavior.edges.tolist()]
        parts = []
        if behavior.types is not None:
            rows = self.kind.clamp(0, behavior.types.num_embeddings - 1)
            parts.append(behavior.types.weight[rows])
        if behavior.gaps is not None:
            begun = torch.stack([self.days >= edge for edge in edges[1:]], -1)  # (G, T, edges)
            parts.append(behavior.gaps.weight[begun.sum(-1)])
        return torch.cat(parts, -1) @ behavior.columns.weight.T

    def nonlinear(self, layer, s, counted):
        """Dice's statistics are over real pairs, each as often as its behavior counts."""
        if not isinstance(layer, Dice):
            return by_row(layer, s)
        mean, variance = layer.moments.mean, layer.moments.variance
        if layer.training and counted.sum():
            share = (counted / counted.sum())[..., None]
            mean = (share * s).sum((0, 1, 2))
            variance = (share * (s - mean) ** 2).sum((0, 1, 2))
        p = torch.sigmoid((s - mean) / torch.sqrt(variance + 1e-8))
        return p * s + (1 - p) * layer.alpha * s

    def fieldwise(self, q, k, count, pairs):
        weights, interests = [], []
        for own, unit, query, scale in zip(
            self.inner.slices, self.inner.units, self.inner.queries, self.inner.scales, strict=True
        ):
            weight, v = self.weigh(unit, by_row(query, q[..., own]), q[..., own], k[..., own], count, pairs, scale)
            weights.append(weight)
            interests.append(v)
        return torch.stack(weights, -1), torch.cat(interests, -1)

    def evolution_score(self, q, interest):
        """(G, T, C) before the softmax."""
        if self.inner.unit is None:
            return torch.einsum("gcd,de,gte->gtc", q, self.inner.form, interest)
        wide, past = torch.broadcast_tensors(q[:, None], interest[:, :, None])
        return self.inner.unit.layers(torch.cat([wide, past, wide - past, wide * past], -1))

    def evolve(self, q, k, pairs):
        behaviors = pairs.any(2)
        interest, state = [], k.new_zeros(k.shape[0], k.shape[2])
        for t in range(k.shape[1]):
            state = torch.where(behaviors[:, t, None], self.extract(k[:, t], state), state)
            interest.append(state)
        interest = torch.stack(interest, 1) if interest else k
        score = self.evolution_score(q, interest).masked_fill(~pairs, -1e30)
        attention = torch.where(pairs, score.softmax(1), 0.0) if k.shape[1] else score
        evolved = torch.zeros_like(q)
        for t in range(k.shape[1]):
            projected = (interest[:, t] @ self.inner.evolution.cell.weight_ih.T)[:, None].expand(-1, q.shape[1], -1)
            flat = [x.reshape(x[..., 0].numel(), x.shape[-1]) for x in (projected, evolved, attention[:, t, :, None])]
            moved = self.inner.evolution.step(*flat).reshape(q.shape)
            evolved = torch.where(pairs[:, t, :, None], moved, evolved)
        return attention, evolved

    def extract(self, x, state):
        gru = self.inner.extractor
        from_input = nn.functional.linear(x, gru.weight_ih_l0, gru.bias_ih_l0)
        from_state = nn.functional.linear(state, gru.weight_hh_l0, gru.bias_hh_l0)
        (r_x, z_x, n_x), (r_h, z_h, n_h) = from_input.chunk(3, -1), from_state.chunk(3, -1)
        z = torch.sigmoid(z_x + z_h)
        return z * state + (1 - z) * torch.tanh(n_x + torch.sigmoid(r_x + r_h) * n_h)


def by_row(layer: nn.Module, x: Tensor) -> Tensor:
    """(..., K) through a layer that takes (n, K)."""
    return layer(x.reshape(x[..., 0].numel(), x.shape[-1])).reshape(x.shape)
