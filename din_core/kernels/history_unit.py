"""The activation unit of any number of candidates against one history, which is projected once.

The first layer is linear in the candidate q for a given behavior k, so all it computes is one matrix a behavior:
[q, k, q−k, q∘k]·W + b = q·(diag(k)·W_p + W_q + W_d) + (k·(W_k − W_d) + b), made once a history.

Dimensions: n candidates, T behaviors, F item fields, D item embedding width, H and H₂ hidden widths of the unit.
"""

from __future__ import annotations

import torch
from torch import Tensor

from din_core.kernels.evaluation import has_kernel, unit_constants
from din_core.kernels.evaluation_operators import CHANNELS, ROWS, VECTOR, history_weights, padded
from din_core.model.attention import ActivationUnit
from din_core.model.ragged import RaggedBatch

TILE_BYTES = 1 << 20
"""What the first hidden layer of one tile may take: a core's second-level cache is 1 to 2 MB."""


class HistoryUnit:
    """The weights of candidates against all behaviors of a history, in PyTorch. Safe to share between threads."""

    def __init__(self, unit: ActivationUnit, k: Tensor, batch: RaggedBatch) -> None:
        """k (T, D) of the one history that `batch` holds."""
        from_query, _, product = unit.split()  # (D, H) each
        constant = unit.from_behaviors(k, batch)  # (T, H)
        matrices = torch.addcmul(from_query, k[:, :, None], product)  # (T, D, H)
        self.unit = unit
        self.matrices = torch.cat([matrices, constant[:, None]], 1)  # (T, D + 1, H): the last row meets ones
        self.fields = [] if unit.matches is None else unit.fields
        self.behavior = batch.behavior[:, self.fields]  # (T, F)

    def __call__(self, q: Tensor, rows: Tensor) -> Tensor:
        """Queries (n, D) and item field rows (n, F) → (n, T) weights."""
        queries = torch.cat([q, q.new_ones(len(q), 1)], 1)  # (n, D + 1)
        size = max(1, TILE_BYTES // max(1, q.element_size() * len(q) * self.matrices.shape[2]))
        spans = [slice(start, start + size) for start in range(0, len(self.matrices), size)]
        return torch.cat([self._tile(queries, rows, span) for span in spans]).T

    def _tile(self, queries: Tensor, rows: Tensor, span: slice) -> Tensor:
        """(t, n) weights of some of the behaviors."""
        s = torch.matmul(queries, self.matrices[span])  # (t, n, H)
        if self.unit.matches is not None:
            s = s + self._matches(rows, span).to(s.dtype) @ self.unit.matches
        return self.unit.after_first(s.flatten(0, 1), None).view(s.shape[:2])

    def _matches(self, rows: Tensor, span: slice) -> Tensor:
        """(t, n, F): whether candidate and behavior share a known value of each field."""
        candidate = rows[:, self.fields]
        return (self.behavior[span, None] == candidate) & (candidate > 0)


class AcceleratedHistoryUnit(HistoryUnit):
    """The same by one operator: each tile of pairs stays in a core's first-level cache."""

    def __init__(self, unit: ActivationUnit, k: Tensor, batch: RaggedBatch) -> None:
        super().__init__(unit, k, batch)
        self.matrices = padded(self.matrices, ROWS)
        self.of_match = padded(unit.first.weight.T[:0] if unit.matches is None else unit.matches, ROWS)  # (F, H)
        self.constants = unit_constants(unit, ROWS)

    def __call__(self, q: Tensor, rows: Tensor) -> Tensor:
        """Queries (n, D) and item field rows (n, F) → (n, T) weights."""
        n = len(q)
        wide = -(-n // VECTOR) * VECTOR
        queries = q.new_zeros(q.shape[1] + 1, wide)
        queries[:-1, :n], queries[-1, :n] = q.T, 1
        matches = q.new_zeros(*self.behavior.shape, wide)  # (T, F, n and more)
        matches[:, :, :n] = self._matches(rows, slice(None)).mT
        weight: Tensor = history_weights(queries, self.matrices, matches, self.of_match, *self.constants)
        return weight[:, :n].T


def history_unit(unit: ActivationUnit, k: Tensor, batch: RaggedBatch) -> HistoryUnit:
    """Accelerated where the operator computes such a unit, and can here."""
    kind = AcceleratedHistoryUnit if unit.first.out_features <= CHANNELS and has_kernel(unit) else HistoryUnit
    return kind(unit, k, batch)
