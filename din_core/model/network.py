"""The networks, top to bottom: embeddings → activation unit → weighted sum pooling → tower.

Deep Interest Network for Click-Through Rate Prediction (Zhou et al., KDD 2018, arXiv:1706.06978), and the
base model it is measured against, which differs in the pooling alone.

Dimensions: G histories, N behaviors, M candidates, P pairs, D item embedding width, U and X widths of all
profile and context embeddings.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from din_core.model.config import FieldConfig, ModelConfig
from din_core.model.dice import Dice, RunningMoments
from din_core.model.ragged import RaggedBatch, pair_hidden, pair_pool

INPUT_EPSILON = 1e-5
"""Keeps a tower input that never varies from being divided by 0."""


class Output(NamedTuple):
    """One forward pass."""

    logit: Tensor
    """(M,)"""
    weight: Tensor
    """(P,) weight of one occurrence in the pooling sum, pairs ordered by (history, behavior, candidate)"""
    interest: Tensor
    """(M, D) interest vector"""


class FieldEmbeddings(nn.Module):
    """One table per field, concatenated.

    Rows start as random directions of about unit length: q∘k then sums to about 1 for two equal values and
    to about 0 for two different ones, so that the activation unit can tell a repeat before any row is trained.
    """

    def __init__(self, fields: tuple[FieldConfig, ...]) -> None:
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(f.rows, f.width) for f in fields)
        for table, f in zip(self.tables, fields, strict=True):
            assert isinstance(table, nn.Embedding)
            nn.init.normal_(table.weight, std=f.width**-0.5)

    def forward(self, rows: Tensor) -> Tensor:
        """(n, F) rows → (n, ΣD_f)."""
        parts = [table(rows[:, f]) for f, table in enumerate(self.tables)]
        return torch.cat(parts, 1) if parts else rows.new_zeros(rows.shape[0], 0, dtype=torch.float32)


class ProfileEmbeddings(FieldEmbeddings):
    """Multi-valued fields: the mean of a user's values, 0 where nothing is known."""

    def pool(self, batch: RaggedBatch) -> Tensor:
        """(G, U)."""
        groups = len(batch.candidate_offsets) - 1
        parts = [
            nn.functional.embedding_bag(field.rows, weight, field.offsets, mode="mean")
            for weight, field in zip(self.parameters(), batch.profile, strict=True)
        ]
        return torch.cat(parts, 1) if parts else batch.count.new_zeros(groups, 0)


class ActivationUnit(nn.Module):
    """a(k, q): the local activation unit on [q, k, q−k, q∘k], the official code's input; equation 3.

    The first layer is split: [q, k, q−k, q∘k]·W = q(W_q + W_d) + k(W_k − W_d) + (q∘k)W_p, so that only the
    product term is computed per pair.
    """

    def __init__(self, width: int, hidden: tuple[int, int]) -> None:
        super().__init__()
        self.first = nn.Linear(4 * width, hidden[0])
        self.first_dice = Dice(hidden[0])
        self.second = nn.Linear(hidden[0], hidden[1])
        self.second_dice = Dice(hidden[1])
        self.last = nn.Linear(hidden[1], 1)
        self._training_rest = self.rest

    def fuse(self) -> None:
        """Compile the per-pair layers for training, and try them once; raises what the compiler raises.

        Needs a C++ compiler on a CPU. The trial leaves parameters, gradients and statistics as they were.
        """
        compiled = torch.compile(self.rest, dynamic=True)
        before = {name: tensor.clone() for name, tensor in self.state_dict().items()}
        was_training, device = self.training, self.last.weight.device
        try:
            s = torch.ones(5, self.first.out_features, device=device, requires_grad=True)
            self.train()
            torch.autograd.backward(compiled(s, torch.ones(5, device=device)).sum())
        finally:
            self.train(was_training)
            self.zero_grad(set_to_none=True)
            self.load_state_dict(before)
        self._training_rest = compiled

    def forward(self, q: Tensor, k: Tensor, batch: RaggedBatch) -> Tensor:
        """q (M, D), k (N, D) → (P,) raw activation weights."""
        w_q, w_k, w_d, w_p = self.first.weight.T.chunk(4)  # (D, H) each
        from_q = q @ (w_q + w_d)
        from_k = k @ (w_k - w_d) + self.first.bias
        s = pair_hidden(q, k, from_q, from_k, w_p.contiguous(), batch)
        if self.training:
            return self._training_rest(s, batch.pair_count())
        return self.rest(s, None)

    def rest(self, s: Tensor, count: Tensor | None) -> Tensor:
        """(P, H) pre-activations → (P,)."""
        s = self.second(self.first_dice(s, count))
        weight: Tensor = self.last(self.second_dice(s, count))
        return weight.squeeze(1)


class Tower(nn.Module):
    """The MLP on top: standardised input (as in the official code), two Dice layers, one logit.

    asinh bends the tails of the standardised input: a sum over hundreds of behaviors, some with a count of a
    hundred, is far from normal, and asinh is linear near 0 and logarithmic far from it.
    """

    def __init__(self, width: int, hidden: tuple[int, int], dropout: float) -> None:
        super().__init__()
        self.moments = RunningMoments(width)
        self.first = nn.Linear(width, hidden[0])
        self.first_dice = Dice(hidden[0])
        self.second = nn.Linear(hidden[0], hidden[1])
        self.second_dice = Dice(hidden[1])
        self.last = nn.Linear(hidden[1], 1)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(M, W) → (M,) logits."""
        mean, variance = self.moments(x)
        x = torch.asinh((x - mean) * torch.rsqrt(variance + INPUT_EPSILON))
        x = self.dropout(self.first_dice(self.first(x)))
        x = self.dropout(self.second_dice(self.second(x)))
        logit: Tensor = self.last(x)
        return logit.squeeze(1)


class InterestNetwork(nn.Module):
    """DIN or the base model, by `config.architecture`; everything but the pooling is the same."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.item = FieldEmbeddings(config.item_fields)
        self.profile = ProfileEmbeddings(config.user_fields)
        self.context = FieldEmbeddings(config.context_fields)
        width = config.item_width
        self.unit = ActivationUnit(width, config.unit_hidden) if config.architecture == "din" else None
        others = sum(f.width for f in config.user_fields + config.context_fields)
        self.tower = Tower(others + 3 * width, config.tower_hidden, config.tower_dropout)

    def forward(self, batch: RaggedBatch) -> Output:
        """Score every candidate of the batch against its history."""
        q = self.item(batch.candidate)  # (M, D)
        k = self.item(batch.behavior)  # (N, D)
        weight, v = self.pool(q, k, batch)  # (P,), (M, D)
        profile = self.profile.pool(batch)[batch.owner(batch.candidate_offsets)]  # (M, U)
        x = torch.cat([profile, self.context(batch.context), q, v, v * q], 1)
        return Output(self.tower(x), weight, v)

    def pool(self, q: Tensor, k: Tensor, batch: RaggedBatch) -> tuple[Tensor, Tensor]:
        """(P,) weights and the (M, D) interest vectors they make."""
        if self.unit is not None:
            weight = self.unit(q, k, batch)
            return weight, pair_pool(weight, k, batch)
        history = batch.owner(batch.behavior_offsets)  # (N,)
        groups = len(batch.behavior_offsets) - 1
        length = batch.count.new_zeros(groups).index_add(0, history, batch.count).clamp(min=1)  # (G,) H
        total = k.new_zeros(groups, k.shape[1]).index_add(0, history, batch.count[:, None] * k)
        mean = total / length[:, None]  # (G, D)
        behavior_weight = (1 / length)[history]  # (N,)
        repeats = torch.tensor(batch.candidate_offsets).diff().to(k.device)[history]
        weight = behavior_weight.repeat_interleave(repeats)  # (P,)
        return weight, mean[batch.owner(batch.candidate_offsets)]
