"""The networks, top to bottom: embeddings → pooling of behaviors → tower.

Deep Interest Network for Click-Through Rate Prediction (Zhou et al., KDD 2018, arXiv:1706.06978), its relatives,
and the base models they are measured against. They differ in the pooling alone: `attention.py` (DIN),
`poolings/dien.py`, `poolings/temporal_interest.py` (TIN), `poolings/base.py` (base models); and `monotone.py`, a DIN
whose tower is another one too.

Dimensions: G histories, N behaviors, M candidates, P pairs, D item embedding width, U and X widths of all
profile and context embeddings.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate, pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn

from din_core.model.attention import FieldwisePooling, WeightedSumPooling
from din_core.model.config import FieldConfig, ModelConfig, Vectors
from din_core.model.counts import Counts
from din_core.model.fields.vector_embedding import VectorEmbedding
from din_core.model.library.network_parts import PlainInput, PlainTower
from din_core.model.library.padding import PaddedBatch, with_padding
from din_core.model.monotone import HeadSums, MonotoneTower, SumInput
from din_core.model.poolings.base import BasePooling
from din_core.model.poolings.dien import InterestEvolution
from din_core.model.poolings.temporal_interest import TemporalInterest
from din_core.model.ragged import RaggedBatch, Sets
from din_core.model.tower import Tower, TowerInput
from din_core.model.value_sets import mean_of_sets


class Output(NamedTuple):
    """One forward pass."""

    logit: Tensor
    """(M,)"""
    weight: Tensor
    """(P,) weight of one occurrence in the pooling sum, pairs ordered by (history, behavior, candidate); with one
    unit per field (P, F), each field's own; for DIEN the attention on that behavior, for TIN that on its product; of
    a monotone model the logits that it adds, in training (P, H) each head's own"""
    interest: Tensor
    """(M, D) interest vector; (M, 2D) where it holds the history's sum too; (M, 0) where there is none"""
    auxiliary: Tensor | None = None
    """() the pooling's own loss, in training; None where it has none"""


ITEM_LENGTH = 0.3
"""Of an item's rows at the start. At 1 rare items, which stay about as they started, are loud: on Amazon's Sports and
Beauty validation GAUC was .003 and .012 lower after two epochs. At .1 repeats are told late."""


class FieldEmbeddings(nn.Module):
    """One table per field, concatenated; a pretrained vector is the last.

    Rows start as random directions of one `length`: q∘k then sums to about its square for two equal values and
    to about 0 for two different ones, so that the activation unit can tell a repeat before any row is trained.
    """

    def __init__(
        self,
        fields: tuple[FieldConfig, ...],
        vectors: Vectors = "none",
        vector_length: int = 0,
        length: float = 1.0,
    ) -> None:
        super().__init__()
        plain, last = (fields, None) if vectors == "none" else (fields[:-1], fields[-1])
        self.tables = nn.ModuleList(nn.Embedding(f.rows, f.width) for f in plain)
        for table, f in zip(self.tables, plain, strict=True):
            assert isinstance(table, nn.Embedding)
            nn.init.normal_(table.weight, std=length * f.width**-0.5)
        if last is not None:
            self.tables.append(VectorEmbedding(last.rows, vector_length, last.width, vectors == "fine-tuned"))

    @property
    def vectors(self) -> VectorEmbedding | None:
        """The table of pretrained vectors, where there is one."""
        last = self.tables[-1] if len(self.tables) else None
        return last if isinstance(last, VectorEmbedding) else None

    def forward(self, rows: Tensor, sets: Sets = ()) -> Tensor:
        """(n, F) rows, or indices of `sets` → (n, ΣD_f)."""
        if sets:
            return self.with_sets(sets)(rows)
        parts = [table(rows[:, f]) for f, table in enumerate(self.tables)]
        return torch.cat(parts, 1) if parts else rows.new_zeros(rows.shape[0], 0, dtype=torch.float32)

    def several(self, *rows: Tensor, sets: Sets = ()) -> tuple[Tensor, ...]:
        """(n, F) rows each → (n, ΣD_f) each, read at once: one gradient as large as the tables."""
        return torch.split(self(torch.cat(rows), sets), [len(own) for own in rows])

    def weights(self, sets: Sets) -> list[Tensor]:
        """(R_f, D_f) of each field but the vectors; of one with several values (S_f, D_f), the mean of each set."""
        tables = [table for table in self.tables if isinstance(table, nn.Embedding)]
        return [
            table.weight if own is None else mean_of_sets(own, table.weight, table.sparse)
            for table, own in zip(tables, sets[: len(tables)] or [None] * len(tables), strict=True)
        ]

    def with_sets(self, sets: Sets) -> Callable[[Tensor], Tensor]:
        """`forward` for any number of rows, the means computed once."""
        sparse = [bool(table.sparse) and own is None for table, own in zip(self.tables, sets, strict=True)]
        weights = list(zip(self.weights(sets), sparse, strict=False))  # the vectors are read by their own layer

        def embed(rows: Tensor) -> Tensor:
            lookup = nn.functional.embedding
            parts = [lookup(rows[:, f], own, sparse=thin) for f, (own, thin) in enumerate(weights)]
            if self.vectors is not None:
                parts.append(self.vectors(rows[:, -1]))
            return torch.cat(parts, 1)

        return embed


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


class InterestNetwork(nn.Module):
    """A member of the family, by its config; everything but the pooling is the same."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.item = FieldEmbeddings(config.item_fields, config.vectors, config.vector_length, ITEM_LENGTH)
        self.profile = ProfileEmbeddings(config.user_fields)
        self.context = FieldEmbeddings(config.context_fields)
        self.pooling = _pooling(config)
        self.counts = Counts(config.item_fields) if config.counts else None
        others = sum(f.width for f in config.user_fields + config.context_fields)
        counted = self.counts.width if self.counts else 0
        self.input: TowerInput | SumInput | PlainInput
        self.tower: Tower | MonotoneTower | PlainTower
        self.input, self.tower = _tower(config, others + counted)

    def forward(self, batch: RaggedBatch) -> Output:
        """Score every candidate of the batch against its history."""
        padded = self.padded(batch)
        q, k = self.item.several(batch.candidate, padded.batch.behavior, sets=batch.sets)  # (M, D), (N, D)
        weight, v, intensity, auxiliary = self.pooling(q, k, padded.batch)  # (P,), (M, D), (M, 1)
        repeats = self.counts.repeats(batch) if self.counts else None
        x = self.tower_input(self.others(batch), batch.candidate, q, v, intensity, repeats, batch.sets)
        if isinstance(self.tower, MonotoneTower) and not self.training:
            weight = (weight * self.tower.slopes(x)[batch.pairs()[1]]).sum(1)
        return Output(self.tower(x), padded.of_behaviors(weight), v, auxiliary)

    def padded(self, batch: RaggedBatch) -> PaddedBatch:
        """The batch with padding, where the library that a network is from has it take part; else as it is."""
        library = self.config.library
        if library is None or library.padding == "masked":
            return PaddedBatch(batch, None)
        return with_padding(batch, library.padding, self.config.max_history)

    def others(self, batch: RaggedBatch) -> Tensor:
        """(M, U + X): what the tower reads of profile and context."""
        if not self.config.user_fields + self.config.context_fields:
            return batch.count.new_empty(len(batch.candidate), 0)
        profile = self.profile.pool(batch)[batch.history_of_candidate]
        return torch.cat([profile, self.context(batch.context)], 1)

    def head(
        self,
        others: Tensor,
        candidate: Tensor,
        q: Tensor,
        v: Tensor,
        intensity: Tensor,
        repeats: Tensor | None = None,
        sets: Sets = (),
    ) -> Tensor:
        """From interest vectors to (M,) logits: all that a behavior can move is in v, intensity and repeats.

        others (M, U + X), candidate (M, F) rows, q (M, D), v (M, D) or with the history's sum (M, 2D), intensity
        (M, 1) or with one unit per field (M, F) or several heads (M, H), repeats (M, F + 1) where the tower reads
        counts, and then the sets that candidates hold the indices of.
        """
        logit: Tensor = self.tower(self.tower_input(others, candidate, q, v, intensity, repeats, sets))
        return logit

    def tower_input(
        self,
        others: Tensor,
        candidate: Tensor,
        q: Tensor,
        v: Tensor,
        intensity: Tensor,
        repeats: Tensor | None = None,
        sets: Sets = (),
    ) -> Tensor:
        """(M, W): what the tower reads, as `head` takes it; `input_spans` says what stands where."""
        x: Tensor = self.input(others, q, v, intensity.to(v.dtype))
        if self.counts is None:
            return x
        assert repeats is not None
        return torch.cat([x, self.counts(candidate, repeats, sets).to(q.dtype)], 1)

    def input_spans(self) -> dict[str, slice]:
        """The columns of `tower_input` that a behavior can move: "interest vector" (v), "product" (v∘q and each
        field's v·q), "intensity", and "counts" where the tower reads them."""
        config, parts = self.config, self.config.interest_fields
        widths = {
            "others": sum(f.width for f in config.user_fields + config.context_fields) + config.item_width,
            "interest vector": 0 if config.monotone else sum(parts),
            "product": 0 if config.monotone else sum(parts) + len(parts),
            "intensity": config.intensities,
            "counts": self.counts.width if self.counts else 0,
        }
        if config.library is not None:
            widths |= {"product": sum(parts) if config.library.tower_product else 0, "intensity": 0}
        spans = zip(widths, pairwise(accumulate(widths.values(), initial=0)), strict=True)
        return {name: slice(*span) for name, span in spans if name != "others" and span[0] < span[1]}


def _tower(
    config: ModelConfig, others: int
) -> tuple[TowerInput | SumInput | PlainInput, Tower | MonotoneTower | PlainTower]:
    """What the tower reads, and the tower; `others` are its inputs beside those of candidate and behaviors."""
    if config.library is not None:
        plain = PlainInput(config.item_width, config.library)
        return plain, PlainTower(others + plain.width, config.library)
    if config.monotone:
        sums = SumInput(config)
        return sums, MonotoneTower(others + sums.width, config.unit_heads, config.tower_hidden, config.tower_dropout)
    read = TowerInput(config)
    return read, Tower(others + read.width, config.tower_hidden, config.tower_dropout)


def _pooling(config: ModelConfig) -> nn.Module:
    if config.architecture == "base":
        return BasePooling(config)
    if config.architecture == "dien":
        return InterestEvolution(config)
    if config.architecture == "tin":
        return TemporalInterest(config)
    if config.monotone:
        return HeadSums(config)
    return FieldwisePooling(config) if config.unit_per_field else WeightedSumPooling(config)
