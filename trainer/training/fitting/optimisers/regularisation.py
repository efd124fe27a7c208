"""Mini-batch aware regularisation (Zhou et al., KDD 2018, arXiv:1706.06978, section 5.1, equations 4 to 6).

L2 on the embedding rows that a batch holds: row j's gradient gains λ·(α_mj / n_j)·w_j, where α_mj is 1 when
batch m holds the row and n_j counts how often training data hold it. As in the paper's update, the 2 of the
derivative is part of λ.

The paper's n_j counts samples. It comes from spreading the row's one penalty over the samples that hold it and
then counting a batch's samples as one; where an id repeats inside a batch, its penalties of an epoch therefore
add up to less than λ·w_j. With n_j counting the batches of an epoch they add up to λ·w_j for every row.

Dimensions: G groups (a history and the candidates scored against it), N behaviors, M candidates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args

import numpy as np
import torch
from torch import Tensor

from din_core.model.value_sets import members
from trainer.training.samples import Ints, Samples

Regularisation = Literal["decay", "mba-samples", "mba-batches"]
"""What holds item embeddings small: decoupled weight decay of every row, or mini-batch aware regularisation with n_j
counting samples (impressions) or batches."""
REGULARISATIONS: tuple[Regularisation, ...] = get_args(Regularisation)


def row_penalties(
    samples: Samples, batches: Sequence[Ints], lengths: Sequence[int], reading: Regularisation, strength: float
) -> list[Tensor]:
    """λ / n_j of every row of the item tables, (rows,) each, on the samples' device.

    `batches` are the groups of each batch of one epoch: where n_j counts batches it counts those, and another
    epoch's shuffling is taken to spread a row as widely. `lengths` are the tables' rows.
    """
    counts = []
    for field, rows in enumerate(lengths):
        if reading == "mba-samples":
            counts.append(samples_holding(samples, field, rows))
        else:
            counts.append(batches_holding(samples, field, rows, batches))
    device = samples.item_rows.device
    # A row that training data lack is never touched; its count of 0 only must not divide.
    return [torch.from_numpy(strength / np.maximum(count, 1)).float().to(device) for count in counts]


def samples_holding(samples: Samples, field: int, rows: int) -> Ints:
    """(rows,) impressions whose candidate, or at least one of whose behaviors, has each row of an item field."""
    past, shown = _held(samples, field, samples.behavior), _held(samples, field, samples.candidate)
    candidates = np.diff(samples.candidate_offsets)
    groups = np.arange(samples.groups)
    held = np.unique(np.repeat(groups, np.diff(samples.behavior_offsets))[past.which] * rows + past.row)  # group, row
    by_history = np.bincount(held % rows, weights=candidates[held // rows], minlength=rows)
    beyond = ~np.isin(np.repeat(groups, candidates)[shown.which] * rows + shown.row, held)  # the history lacks it
    return by_history.astype(np.int64) + np.bincount(shown.row[beyond], minlength=rows)


def batches_holding(samples: Samples, field: int, rows: int, batches: Sequence[Ints]) -> Ints:
    """(rows,) batches in which a behavior or a candidate has each row of an item field."""
    past, shown = _held(samples, field, samples.behavior), _held(samples, field, samples.candidate)
    batch_of = np.zeros(samples.groups, np.int64)
    batch_of[np.concatenate([*batches, np.zeros(0, np.int64)])] = np.repeat(
        np.arange(len(batches)), [len(groups) for groups in batches]
    )
    held = np.concatenate(
        [
            np.repeat(batch_of, np.diff(samples.behavior_offsets))[past.which] * rows + past.row,
            np.repeat(batch_of, np.diff(samples.candidate_offsets))[shown.which] * rows + shown.row,
        ]
    )
    return np.bincount(np.unique(held) % rows, minlength=rows)


class _Held(NamedTuple):
    """Rows that items read of a field: one each, or those of its set."""

    which: Ints
    """(E,) by which of the items"""
    row: Ints


def _held(samples: Samples, field: int, items: Tensor) -> _Held:
    index = samples.item_rows[:, field][items]
    sets = samples.sets[field] if samples.sets else None
    which, row = (torch.arange(len(index)), index) if sets is None else members(index, sets)
    return _Held(which.cpu().numpy(), row.cpu().numpy())
