"""Counts that a tower may read beside the interest vector: what hand-made features of repeats tell a booster.

Dimensions: G histories, N behaviors, M candidates, F item fields, R_f values of field f.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import torch
from torch import Tensor, nn

from din_core.model.config import FieldConfig
from din_core.model.pairs import pair_sum
from din_core.model.ragged import RaggedBatch, Sets
from din_core.model.value_sets import known_members, mean_of_sets, shared_values


class Counts(nn.Module):
    """How often the candidate's item and its other values occur: in the history, and in everybody's of the
    training weeks. Of a field with several values, behaviors that share one with the candidate.

    Unknown values (row 0) are counted nowhere.
    """

    everybody: Tensor
    first: Tensor
    """(F,) where each field's values begin in it"""

    def __init__(self, fields: Sequence[FieldConfig]) -> None:
        super().__init__()
        self.rows = [field.rows for field in fields]
        self.several = [field.several for field in fields]
        self.starts = list(accumulate(self.rows, initial=0))
        self.register_buffer("everybody", torch.zeros(self.starts[-1]))
        self.register_buffer("first", torch.tensor(self.starts[:-1]), persistent=False)

    @property
    def width(self) -> int:
        """Features a candidate."""
        return 3 * len(self.rows) + 1

    def count_everybody(self, behavior: Tensor, sets: Sets = ()) -> None:
        """Count everybody's behaviors, (n, F) item field rows or indices of `sets`, once and for all."""
        for f, rows in enumerate(self.rows):
            own = sets[f] if sets else None
            held = behavior[:, f] if own is None else known_members(behavior[:, f], own)[1]
            found = torch.bincount(held, minlength=rows)
            found[0] = 0
            self.everybody[self.starts[f] : self.starts[f + 1]] = found.to(self.everybody)

    def repeats(self, batch: RaggedBatch) -> Tensor:
        """(M, F + 1): behaviors that share the candidate's value of each field, and all behaviors, repeats counted.

        A sum over behaviors: without a behavior it is less by what that behavior adds.
        """
        history = batch.history_of_behavior
        owner = batch.history_of_candidate
        count = batch.count.double()
        columns = [
            pair_sum(shared_values(batch, f).double(), batch)
            if self.several[f]
            else _matching(history * rows + batch.behavior[:, f], count, owner * rows + batch.candidate[:, f])
            * (batch.candidate[:, f] > 0)
            for f, rows in enumerate(self.rows)
        ]
        length = count.new_zeros(len(batch.behavior_offsets) - 1).index_add(0, history, count)
        return torch.stack([*columns, length[owner]], 1).to(self.everybody.dtype)

    def forward(self, candidate: Tensor, repeats: Tensor, sets: Sets = ()) -> Tensor:
        """candidate (M, F) rows or indices of `sets`, repeats (M, F + 1) → (M, 3F + 1).

        log(1 + n) and n/H of the history's n, log(1 + H), and log(1 + n) of everybody's n: of several values the mean.
        """
        everybody = self._of_everybody(candidate, sets) if sets else self.everybody[candidate + self.first]
        share = repeats[:, :-1] / repeats[:, -1:].clamp(min=1)
        return torch.cat([repeats.log1p(), share, everybody.log1p()], 1)

    def _of_everybody(self, candidate: Tensor, sets: Sets) -> Tensor:
        """(M, F)."""
        tables = torch.split(self.everybody[:, None], self.rows)
        means = [table if own is None else mean_of_sets(own, table) for table, own in zip(tables, sets, strict=True)]
        return torch.cat([table[candidate[:, f]] for f, table in enumerate(means)], 1)


def _matching(key: Tensor, count: Tensor, wanted: Tensor) -> Tensor:
    """(M,) Σ count of the N keys that equal each wanted one, without holding N × M."""
    ordered, order = key.sort()
    before = torch.cat([count.new_zeros(1), count[order].cumsum(0)])
    return before[torch.searchsorted(ordered, wanted, right=True)] - before[torch.searchsorted(ordered, wanted)]
