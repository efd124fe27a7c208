"""A network on one history and its candidates, as dense operations that ONNX has.

It shares the network's parameters and is checked against it. What the network computes for pairs of a ragged batch is
computed here for a T × C block, so that both lengths may be any, 0 behaviors too.

Dimensions: T behaviors, C candidates, D item embedding width, F item fields, V values of a field, H hidden width of the
activation unit, I intensities.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch._higher_order_ops import scan

from din_core.model.attention import ActivationUnit, Bilinear, FieldwisePooling, WeightedSumPooling
from din_core.model.monotone import HeadSums, MonotoneTower
from din_core.model.network import FieldEmbeddings, InterestNetwork
from din_core.model.poolings.base import BasePooling
from din_core.model.poolings.dien import InterestEvolution
from din_core.model.poolings.temporal_interest import TemporalInterest

LEAST = -3e38
"""Below every weight: the largest of none."""


class HistoryInputs(NamedTuple):
    """What the graph reads, in this order; each a tuple of one tensor a field."""

    behavior: tuple[Tensor, ...]
    """Rows of each item field: (T,), or (T, V) where an item has several values, filled up with 0."""
    counts: Tensor
    """(T,) float"""
    age: Tensor
    """(T,) float, days"""
    behavior_type: tuple[Tensor, ...]
    """(T,) where the network reads types"""
    candidate: tuple[Tensor, ...]
    """Rows of each item field: (C,), or (C, V)"""
    user: tuple[Tensor, ...]
    """Rows of each profile field's values: (n,)"""
    context: tuple[Tensor, ...]
    """Rows of each context field: (C,)"""


class PooledHistory(NamedTuple):
    """What became of the behaviors."""

    weight: Tensor
    """(T, C); with one unit per field or several heads (T, C, I)"""
    interest: Tensor
    """(C, D)"""
    intensity: Tensor
    """(C, I)"""


class OneHistory(nn.Module):
    """`InterestNetwork` in evaluation mode for one history."""

    def __init__(self, network: InterestNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(
        self,
        behavior: tuple[Tensor, ...],
        count: Tensor,
        age: Tensor,
        behavior_type: tuple[Tensor, ...],
        candidate: tuple[Tensor, ...],
        user: tuple[Tensor, ...],
        context: tuple[Tensor, ...],
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Probabilities (C,), logits (C,) and weights (T, C), with one unit per field (T, C, F)."""
        given = HistoryInputs(behavior, count, age, behavior_type, candidate, user, context)
        network = self.network
        q, k = embed(network.item, candidate), embed(network.item, behavior)
        weight, v, intensity = _pool(network, q, k, given)
        x = network.input(self._others(given, len_of(q)), q, v, intensity)
        if network.counts is not None:
            x = torch.cat([x, self._counts(given)], 1)
        if isinstance(network.tower, MonotoneTower):
            weight = (weight * network.tower.slopes(x)[None]).sum(2)
        logit = network.tower(x)
        return torch.sigmoid(logit), logit, weight

    def _others(self, given: HistoryInputs, candidates: int) -> Tensor:
        """(C, U + X)."""
        profile = [
            table[rows].sum(0) / torch.clamp(torch.ones_like(rows).sum(), min=1)
            for table, rows in zip(self.network.profile.parameters(), given.user, strict=True)
        ]
        shown = [table(rows) for table, rows in zip(self.network.context.tables, given.context, strict=True)]
        return torch.cat([*(part[None].expand(candidates, -1) for part in profile), *shown, given_nothing(given)], 1)

    def _counts(self, given: HistoryInputs) -> Tensor:
        """(C, 3F + 1): as `Counts.forward`, of repeats counted here."""
        counts = self.network.counts
        assert counts is not None
        repeats = (matches(given).to(torch.float32) * given.counts[:, None, None]).sum(0)  # (C, F)
        length = given.counts.sum().expand(len_of(repeats))[:, None]
        tables = torch.split(counts.everybody, counts.rows)
        everybody = torch.stack(
            [mean_of(table[:, None], rows)[:, 0] for table, rows in zip(tables, given.candidate, strict=True)], 1
        )
        repeated = torch.cat([repeats, length], 1)
        return torch.cat([repeated.log1p(), repeats / length.clamp(min=1), everybody.log1p()], 1)


def len_of(rows: Tensor) -> int:
    """The first dimension, which stays free in the graph."""
    return rows.shape[0]


def given_nothing(given: HistoryInputs) -> Tensor:
    """(C, 0)"""
    rows = given.candidate[0]
    return torch.zeros(len_of(rows), 0)


def embed(fields: FieldEmbeddings, rows: Sequence[Tensor]) -> Tensor:
    """Rows of each field, (n,) or (n, V) → (n, D)."""
    return torch.cat(
        [
            table(own) if own.ndim == 1 else mean_of(cast(Tensor, table.weight), own)
            for table, own in zip(fields.tables, rows, strict=True)
        ],
        1,
    )


def mean_of(table: Tensor, rows: Tensor) -> Tensor:
    """table (R, W), rows (n,) → (n, W); of rows (n, V) the mean of those that are not 0, row 0 where all are."""
    if rows.ndim == 1:
        return table[rows]
    known = (rows > 0).to(table.dtype)  # (n, V)
    number = known.sum(1, keepdim=True)
    mean = (table[rows] * known[..., None]).sum(1) / number.clamp(min=1)
    return torch.where(number > 0, mean, table[0])


def matches(given: HistoryInputs, fields: Sequence[int] | None = None) -> Tensor:
    """(T, C, fields) bool: whether behavior and candidate share a known value; of all fields where None."""
    found = []
    for field in range(len(given.behavior)) if fields is None else fields:
        past, shown = given.behavior[field], given.candidate[field]
        if past.ndim == 1:
            found.append((past[:, None] == shown[None]) & (shown > 0)[None])
        else:
            equal = (past[:, None, :, None] == shown[None, :, None, :]) & (shown > 0)[None, :, None, :]
            found.append(equal.to(torch.int64).sum((2, 3)) > 0)
    return torch.stack(found, 2)


def _pool(network: InterestNetwork, q: Tensor, k: Tensor, given: HistoryInputs) -> PooledHistory:
    pooling = network.pooling
    if isinstance(pooling, BasePooling):
        return _average(pooling, q, k, given)
    if isinstance(pooling, TemporalInterest):
        return _temporal(pooling, q, k, given)
    if isinstance(pooling, InterestEvolution):
        return _evolved(pooling, q, k, given)
    if isinstance(pooling, HeadSums):
        weight = torch.stack([unit_weights(cast(ActivationUnit, unit), q, k, given) for unit in pooling.units], 2)
        return PooledHistory(weight, q[:, :0], (weight * given.counts[:, None, None]).sum(0))
    if isinstance(pooling, FieldwisePooling):
        return _fieldwise(pooling, q, k, given)
    assert isinstance(pooling, WeightedSumPooling)
    query = q if pooling.query is None else pooling.query(q)
    weight = normalised(_attention(pooling, query, k, given), given.counts, pooling.normalisation, pooling.scale)
    return _summed(weight, k, given.counts)


def _attention(pooling: WeightedSumPooling, q: Tensor, k: Tensor, given: HistoryInputs) -> Tensor:
    """(T, C) before it is normalised."""
    if isinstance(pooling.unit, ActivationUnit):
        return unit_weights(pooling.unit, q, k, given)
    return k @ (q @ pooling.unit.form if isinstance(pooling.unit, Bilinear) else q).T


def unit_weights(unit: ActivationUnit, q: Tensor, k: Tensor, given: HistoryInputs) -> Tensor:
    """(T, C): as `ActivationUnit.forward`."""
    w_q, w_k, w_p = unit.split()
    from_k = k @ w_k + unit.first.bias
    if unit.behavior is not None:
        from_k = from_k + unit.behavior.columns(_beside(unit, given))
    s = (q @ w_q)[None] + from_k[:, None] + (k[:, None] * q[None]) @ w_p  # (T, C, H)
    if unit.matches is not None:
        s = s + matches(given, unit.fields).to(s.dtype) @ unit.matches
    flat: Tensor = unit.after_first(s.flatten(0, 1), None)
    return flat.reshape(len_of(k), len_of(q))


def _beside(unit: ActivationUnit, given: HistoryInputs) -> Tensor:
    """(T, E): the embeddings of each behavior's type and gap."""
    read = unit.behavior
    assert read is not None
    parts = [] if read.types is None else [read.types(given.behavior_type[0])]
    parts += [] if read.gaps is None else [read.gaps(gap_range(given.age, read.edges))]
    return torch.cat(parts, 1)


def gap_range(age: Tensor, edges: Tensor) -> Tensor:
    """(T,) days → (T,) in which range each lies, as `gap_ranges`."""
    return (age[:, None] >= edges[None]).to(torch.int64).sum(1)


def normalised(weight: Tensor, count: Tensor, how: str, scale: float) -> Tensor:
    """(T, C): each occurrence's share, or the weights as they are."""
    if how == "none":
        return weight
    weight = weight * scale
    least = torch.full_like(weight.sum(0, keepdim=True), LEAST)
    share = torch.exp(weight - torch.cat([weight, least]).amax(0))
    return share / (share * count[:, None]).sum(0)


def _summed(weight: Tensor, k: Tensor, count: Tensor) -> PooledHistory:
    counted = weight * count[:, None]  # (T, C)
    return PooledHistory(weight, counted.T @ k, counted.sum(0)[:, None])


def _fieldwise(pooling: FieldwisePooling, q: Tensor, k: Tensor, given: HistoryInputs) -> PooledHistory:
    found = []
    for field, own in enumerate(pooling.slices):
        weight = unit_weights(
            cast(ActivationUnit, pooling.units[field]), pooling.queries[field](q[:, own]), k[:, own], given
        )
        weight = normalised(weight, given.counts, pooling.normalisation, pooling.scales[field])
        found.append(_summed(weight, k[:, own], given.counts))
    join: Callable[[list[Tensor]], Tensor] = lambda parts: torch.cat(parts, 1)  # noqa: E731
    return PooledHistory(
        torch.stack([part.weight for part in found], 2),
        join([part.interest for part in found]),
        join([part.intensity for part in found]),
    )


def _temporal(pooling: TemporalInterest, q: Tensor, k: Tensor, given: HistoryInputs) -> PooledHistory:
    target, past = pooling.encode_target(q), k
    if pooling.temporal is not None:
        rank = given.counts.shape[0] - torch.arange(given.counts.shape[0])
        place = gap_range(given.age, pooling.edges) + 1 if pooling.encoding == "gap" else pooling.known(rank)
        past = k + pooling.temporal(place)
    weight = normalised(past @ target.T, given.counts, pooling.normalisation, pooling.scale)
    summed = _summed(weight, past, given.counts)
    return summed._replace(interest=pooling.represent(target, summed.interest))


def _average(pooling: BasePooling, q: Tensor, k: Tensor, given: HistoryInputs) -> PooledHistory:
    mass = torch.ones_like(given.counts)
    if pooling.kind == "time decay":
        newest = torch.cat([given.age, given.age.new_full((1,), -LEAST)]).amin(0)
        mass = torch.exp2((newest - given.age) / pooling.half_life)
    total = (given.counts * mass).sum()
    weight = mass if pooling.kind == "sum" else mass / total
    intensity = total if pooling.kind == "sum" else (total > 0).to(total.dtype)
    v = (given.counts * weight) @ k  # (D,)
    c = len_of(q)
    return PooledHistory(weight[:, None].expand(-1, c), v[None].expand(c, -1), intensity.expand(c)[:, None])


def _evolved(pooling: InterestEvolution, q: Tensor, k: Tensor, given: HistoryInputs) -> PooledHistory:
    """As `InterestEvolution.forward`: two GRUs, each a scan over the history."""
    interest = _extracted(pooling.extractor, k)  # (T, D)
    assert pooling.form is not None  # what another library trained is not exported
    attention = normalised(interest @ (q @ pooling.form).T, given.counts, "softmax", 1.0)  # (T, C)
    layer = pooling.evolution
    projected = one_more(interest @ layer.cell.weight_ih.T)  # (T + 1, 3D)
    real = one_more(torch.ones_like(given.counts))[:, None]  # 0 in the last step, which changes nothing

    def evolve(state: Tensor, step: tuple[Tensor, Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        new = step[2] * layer.step(step[0][None], state, step[1][:, None]) + (1 - step[2]) * state
        return new, new.sum(1)

    last, _ = scan(evolve, torch.zeros_like(q), (projected, one_more(attention), real))
    sums = k.sum(0)[None].expand(len_of(q), -1)
    interests = torch.cat([last, sums], 1) if pooling.history_sum else last
    return PooledHistory(attention, interests, (attention * given.counts[:, None]).sum(0)[:, None])


def _extracted(gru: nn.GRU, k: Tensor) -> Tensor:
    """k (T, D) → the state of torch's GRU after each behavior, (T, D)."""
    w_input, w_state, b_input, b_state = gru.parameters()
    from_input = k @ w_input.T + b_input  # (T, 3D)

    def step(state: Tensor, given: Tensor) -> tuple[Tensor, Tensor]:
        reset_input, update_input, new_input = given.chunk(3)
        reset_state, update_state, new_state = (w_state @ state + b_state).chunk(3)
        new = torch.tanh(new_input + torch.sigmoid(reset_input + reset_state) * new_state)
        update = torch.sigmoid(update_input + update_state)
        kept = (1 - update) * new + update * state
        return kept, kept.clone()

    states: Tensor = scan(step, k.new_zeros(k.shape[1]), one_more(from_input))[1]
    return states[:-1]


def one_more(rows: Tensor) -> Tensor:
    """(T, …) → (T + 1, …) with zeros behind: onnxruntime scans nothing but what has a row."""
    return torch.cat([rows, torch.zeros_like(rows.sum(0, keepdim=True))])
