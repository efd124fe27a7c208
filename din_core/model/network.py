"""The networks, top to bottom: embeddings → pooling of behaviors → tower.

Deep Interest Network for Click-Through Rate Prediction (Zhou et al., KDD 2018, arXiv:1706.06978), its relatives,
and the base models they are measured against. They differ in the pooling alone: `attention.py` (DIN),
`dien.py`, `pooling.py` (base models).

Dimensions: G histories, N behaviors, M candidates, P pairs, D item embedding width, U and X widths of all
profile and context embeddings.
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn

from din_core.model.attention import ActivationUnit, FieldwisePooling, WeightedSumPooling
from din_core.model.config import FieldConfig, ModelConfig
from din_core.model.counts import Counts
from din_core.model.dice import EPSILON, MOMENTUM, Dice, RunningMoments, mlp_of
from din_core.model.dien import InterestEvolution
from din_core.model.native import Kernels, kernels_for
from din_core.model.native.din import LossOf, WholeDin
from din_core.model.native.hidden import Keep, Mlp, fits
from din_core.model.native.layers import Embed, Features
from din_core.model.native.tower import TowerLogits, TowerSettings
from din_core.model.pairs import in_blocks
from din_core.model.pooling import BasePooling
from din_core.model.ragged import RaggedBatch

INPUT_EPSILON = 1e-5
"""Keeps a tower input that never varies from being divided by 0."""
STILL = 1e-11
"""An input whose variance is less than this part of its square never varied: what is left of it is rounding."""
KNEE = 4.0
"""Sums over hundreds of behaviors have long tails: asinh(4s) is linear below about 1/4, what one repeat adds, and
logarithmic above, so that the first repeats count most."""


class Output(NamedTuple):
    """One forward pass."""

    logit: Tensor
    """(M,)"""
    weight: Tensor
    """(P,) weight of one occurrence in the pooling sum, pairs ordered by (history, behavior, candidate); with one
    unit per field (P, F), each field's own; for DIEN the attention on that behavior"""
    interest: Tensor
    """(M, D) interest vector; (M, 2D) where it holds the history's sum too"""
    auxiliary: Tensor | None = None
    """() the pooling's own loss, in training; None where it has none"""


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
        return self.of(rows)[0]

    def of(self, *several: Tensor) -> tuple[Tensor, ...]:
        """(n, F) rows each → (n, ΣD_f) each, read at once: one gradient as large as the tables."""
        native = kernels_for(*self.parameters())
        if native and self.tables and not self.sparse:
            found: tuple[Tensor, ...] = Embed.apply(  # type: ignore[no-untyped-call]
                native, len(several), *several, *self.parameters()
            )
            return found
        rows = torch.cat(several)
        parts = [table(rows[:, f]) for f, table in enumerate(self.tables)]
        embedded = torch.cat(parts, 1) if parts else rows.new_zeros(rows.shape[0], 0, dtype=torch.float32)
        return torch.split(embedded, [len(own) for own in several])

    @property
    def sparse(self) -> bool:
        """Whether a gradient holds the rows of its batch alone."""
        return any(table.sparse for table in self.tables)


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


class Tower(nn.Module):
    """The MLP on top: standardised input (as in the official code), two Dice layers, one logit."""

    def __init__(self, width: int, hidden: tuple[int, int], dropout: float) -> None:
        super().__init__()
        self.moments = RunningMoments(width)
        self.first = nn.Linear(width, hidden[0])
        self.first_dice = Dice(hidden[0])
        self.second = nn.Linear(hidden[0], hidden[1])
        self.second_dice = Dice(hidden[1])
        self.last = nn.Linear(hidden[1], 1)
        self.dropout = nn.Dropout(dropout)
        self.fits = fits(width, *hidden)

    def forward(self, x: Tensor) -> Tensor:
        """(M, W) → (M,) logits."""
        native = kernels_for(x, self.first.weight)
        if native and self.training and len(x) and self.fits:
            return self._in_c(native, x)
        mean, variance = self.moments(x)
        x = (x - mean) * standard_scale(mean, variance)
        x = self.dropout(self.first_dice(self.first(x)))
        x = self.dropout(self.second_dice(self.second(x)))
        logit: Tensor = self.last(x)
        return logit.squeeze(1)

    def _in_c(self, native: Kernels, x: Tensor) -> Tensor:
        logit: Tensor = TowerLogits.apply(  # type: ignore[no-untyped-call]
            native, self.settings(), self.kept(len(x)), x, *self.mlp()
        )
        return logit

    def mlp(self) -> Mlp:
        """All parameters, as the kernels read them."""
        return mlp_of(self.first, self.first_dice, self.second, self.second_dice, self.last)

    def settings(self) -> TowerSettings:
        """All else that the kernels read but dropout."""
        running = (moments.values() for moments in (self.moments, self.first_dice.moments, self.second_dice.moments))
        return TowerSettings(MOMENTUM, EPSILON, INPUT_EPSILON, STILL, *running)

    def kept(self, n: int) -> Keep:
        """(n, H) and (n, H₂): what dropout multiplies by, drawn as it draws; None where nothing is dropped."""
        kept = 1 - self.dropout.p
        if kept == 1:
            return None, None
        like = self.last.weight
        first, second = (
            like.new_empty(n, layer.out_features).bernoulli_(kept).div_(kept) for layer in (self.first, self.second)
        )
        return first, second


def beside(q: Tensor, v: Tensor) -> Tensor:
    """q (M, D), once for each interest that v (M, D) or (M, 2D) holds."""
    return q if q.shape[1] == v.shape[1] else torch.cat([q, q], 1)


def standard_scale(mean: Tensor, variance: Tensor) -> Tensor:
    """(W,) what each input less its mean is multiplied by; 0 where it never varied, as nothing was learned of it.

    So it is with the intensity of a model that normalises, where every history of the training data holds a
    behavior: divided by a deviation of about 0, the empty history's 0 would drown all else in untrained weights.
    """
    varied = variance > STILL * (1 + mean.square())
    return torch.rsqrt(variance + INPUT_EPSILON) * varied


class InterestNetwork(nn.Module):
    """A member of the family, by its config; everything but the pooling is the same."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.item = FieldEmbeddings(config.item_fields)
        self.profile = ProfileEmbeddings(config.user_fields)
        self.context = FieldEmbeddings(config.context_fields)
        self.pooling = _pooling(config)
        self.counts = Counts(config.item_fields) if config.counts else None
        others = sum(f.width for f in config.user_fields + config.context_fields)
        parts = config.interest_fields
        self._widths = torch.tensor(parts)
        sums = 2 * sum(parts) + len(parts) + (len(parts) if config.unit_per_field else 1)
        counted = self.counts.width if self.counts else 0
        self.tower = Tower(others + config.item_width + sums + counted, config.tower_hidden, config.tower_dropout)

    def forward(self, batch: RaggedBatch) -> Output:
        """Score every candidate of the batch against its history."""
        q, k = self.item.of(batch.candidate, batch.behavior)  # (M, D), (N, D)
        weight, v, intensity, auxiliary = self.pooling(q, k, batch)  # (P,), (M, D), (M, 1)
        repeats = self.counts.repeats(batch) if self.counts else None
        logit = self.head(self.others(batch), batch.candidate, q, v, intensity, repeats)
        return Output(logit, weight, v, auxiliary)

    def whole(self) -> WholeDin | None:
        """What `learn` needs, where this is the paper's DIN and the kernels are in use and can train it."""
        pooling, tower = self.pooling, self.tower
        native = kernels_for(*self.parameters())
        plain = isinstance(pooling, WeightedSumPooling) and pooling.plain and self.counts is None
        if native is None or not plain or self.item.sparse or not tower.fits:
            return None
        assert isinstance(pooling, WeightedSumPooling)
        assert isinstance(pooling.unit, ActivationUnit)
        unit, tables = pooling.unit, list(self.item.parameters())
        settings = unit.settings(), tower.settings()
        return WholeDin(native, unit.mlp(), tower.mlp(), tables, settings, self._widths, KNEE)

    def learn(self, whole: WholeDin, batch: RaggedBatch, loss_of: LossOf) -> Tensor | None:
        """Forwards and back at once, without a graph: sets every parameter's gradient, moves running values, and
        returns the loss (); None, with nothing done, where there is no pair, or where pieces are faster."""
        if not batch.pair_total or in_blocks(batch):
            return None
        others = self.others(batch)
        with torch.no_grad():
            keep = self.tower.kept(len(batch.candidate))
            loss, d_others, gradients = whole.gradients(batch, others, keep, loss_of)
        for parameter, gradient in zip(whole.parameters, gradients, strict=True):
            parameter.grad = gradient
        if others.requires_grad:
            others.backward(d_others)  # type: ignore[no-untyped-call]
        return loss

    def others(self, batch: RaggedBatch) -> Tensor:
        """(M, U + X): what the tower reads of profile and context."""
        if not self.config.user_fields + self.config.context_fields:
            return batch.count.new_empty(len(batch.candidate), 0)
        profile = self.profile.pool(batch)[batch.history_of_candidate]
        return torch.cat([profile, self.context(batch.context)], 1)

    def head(
        self, others: Tensor, candidate: Tensor, q: Tensor, v: Tensor, intensity: Tensor, repeats: Tensor | None = None
    ) -> Tensor:
        """From interest vectors to (M,) logits: all that a behavior can move is in v, intensity and repeats.

        others (M, U + X), candidate (M, F) rows, q (M, D), v (M, D) or with the history's sum (M, 2D), intensity
        (M, 1) or with one unit per field (M, F), repeats (M, F + 1) where the tower reads counts.
        """
        logit: Tensor = self.tower(self.tower_input(others, candidate, q, v, intensity, repeats))
        return logit

    def tower_input(
        self, others: Tensor, candidate: Tensor, q: Tensor, v: Tensor, intensity: Tensor, repeats: Tensor | None = None
    ) -> Tensor:
        """(M, W): what the tower reads, as `head` takes it; `input_spans` says what stands where."""
        x = self._features(others, q, v, intensity.to(v.dtype))
        if self.counts is None:
            return x
        assert repeats is not None
        return torch.cat([x, self.counts(candidate, repeats).to(q.dtype)], 1)

    def _features(self, others: Tensor, q: Tensor, v: Tensor, intensity: Tensor) -> Tensor:
        """All of `tower_input` but the counts."""
        native = kernels_for(others, q, v, intensity)
        if native:
            features: Tensor = Features.apply(  # type: ignore[no-untyped-call]
                native, KNEE, self._widths, others, q, v, intensity
            )
            return features
        product = v * beside(q, v)
        likeness = [part.sum(1) for part in torch.split(product, list(self.config.interest_fields), 1)]  # v_f·q_f
        sums = torch.cat([v, product, torch.stack(likeness, 1), intensity], 1)
        return torch.cat([others, q, torch.asinh(KNEE * sums)], 1)

    def input_spans(self) -> dict[str, slice]:
        """The columns of `tower_input` that a behavior can move: "interest vector" (v), "product" (v∘q and each
        field's v·q), "intensity", and "counts" where the tower reads them."""
        config, parts = self.config, self.config.interest_fields
        widths = {
            "others": sum(f.width for f in config.user_fields + config.context_fields) + config.item_width,
            "interest vector": sum(parts),
            "product": sum(parts) + len(parts),
            "intensity": len(parts) if config.unit_per_field else 1,
            "counts": self.counts.width if self.counts else 0,
        }
        spans = zip(widths, pairwise(accumulate(widths.values(), initial=0)), strict=True)
        return {name: slice(*span) for name, span in spans if name != "others" and span[0] < span[1]}

    def fuse(self) -> bool:
        """Compile the Dice layers of activation units, for training; False where there is none.

        Needs a C++ compiler on a CPU; raises what the compiler raises.
        """
        units = [module for module in self.pooling.modules() if isinstance(module, Dice)]
        for unit in units:
            unit.fuse()
        return bool(units)


def _pooling(config: ModelConfig) -> nn.Module:
    if config.architecture == "base":
        return BasePooling(config)
    if config.architecture == "dien":
        return InterestEvolution(config)
    return FieldwisePooling(config) if config.unit_per_field else WeightedSumPooling(config)
