"""Item fields of which an item may have several values: an item's row there is the index of a set of embedding rows.

Sets lie end to end with offsets, each sorted and without repeats, so that equal ones have one index. Set 0 is that of
no known value; it holds row 0, and no set is empty.

Dimensions: N behaviors, M candidates, P pairs ordered by (history, behavior, candidate), F item fields, S sets of a
field, E rows of all these sets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from din_core.model.batches.item_sets import Column, interned_rows
from din_core.model.ragged import Multi, RaggedBatch, Sets, sets_of


def intern_sets(columns: Sequence[Column], several: Sequence[bool]) -> tuple[Tensor, Sets]:
    """F columns of n items → (n, F) rows and indices of sets, and the sets; () where no field has several values."""
    rows, sets = interned_rows(columns, several)
    return torch.from_numpy(rows), sets_of(sets)


def mean_of_sets(sets: Multi, table: Tensor, sparse: bool = False) -> Tensor:
    """table (R, D) → (S, D), the mean of each set's rows; its gradient is sparse where asked."""
    return nn.functional.embedding_bag(sets.rows, table, sets.offsets, mode="mean", sparse=sparse)


def shared_values(batch: RaggedBatch, field: int) -> Tensor:
    """(P,) bool: whether behavior and candidate share a known value of an item field."""
    sets = batch.sets[field] if batch.sets else None
    behavior, candidate = batch.behavior[:, field], batch.candidate[:, field]
    if sets is None:
        t, c = batch.pairs()
        return (behavior[t] == candidate[c]) & (candidate[c] > 0)
    past, past_row = known_members(behavior, sets)
    shown, shown_row = known_members(candidate, sets)
    rows = int(sets.rows.max()) + 1
    past_key = batch.history_of_behavior[past] * rows + past_row
    shown_key = batch.history_of_candidate[shown] * rows + shown_row
    order = past_key.argsort()
    ordered = past_key[order]
    first = torch.searchsorted(ordered, shown_key)
    found = torch.searchsorted(ordered, shown_key, right=True) - first  # behaviors with each candidate's value
    which = torch.repeat_interleave(found)
    within = torch.arange(len(which), device=which.device) - (found.cumsum(0) - found)[which]
    shared = torch.zeros(batch.pair_total, dtype=torch.bool, device=behavior.device)
    shared[batch.pair_of(past[order[first[which] + within]], shown[which])] = True
    return shared


def known_members(index: Tensor, sets: Multi) -> tuple[Tensor, Tensor]:
    """As `members`, known rows alone."""
    which, row = members(index, sets)
    return which[row > 0], row[row > 0]


def members(index: Tensor, sets: Multi) -> tuple[Tensor, Tensor]:
    """(n,) indices of sets → (e,) which of the n, and (e,) a row that its set holds."""
    lengths = torch.diff(sets.offsets, append=sets.offsets.new_tensor([len(sets.rows)]))[index]
    which = torch.repeat_interleave(lengths)
    within = torch.arange(len(which), device=which.device) - (lengths.cumsum(0) - lengths)[which]
    return which, sets.rows[sets.offsets[index[which]] + within]


def behind(batch: RaggedBatch, sets: Sets) -> RaggedBatch:
    """The batch with its sets behind others, so that both have one numbering."""
    if not sets:
        return batch
    joined = [None if own is None else _joined(own, more) for own, more in zip(sets, batch.sets, strict=True)]
    shift = torch.tensor([0 if own is None else len(own.offsets) for own in sets], device=batch.behavior.device)
    return replace(batch, behavior=batch.behavior + shift, candidate=batch.candidate + shift, sets=tuple(joined))


def _joined(first: Multi, second: Multi | None) -> Multi:
    assert second is not None
    offsets = torch.cat([first.offsets, second.offsets + len(first.rows)])
    return Multi(torch.cat([first.rows, second.rows]), offsets)


def used_sets(batch: RaggedBatch) -> RaggedBatch:
    """The batch with those sets alone that it uses, where a field has more of them than the batch has rows."""
    for f, sets in enumerate(batch.sets):
        if sets is not None and len(sets.offsets) > len(batch.behavior) + len(batch.candidate):
            batch = _with_used(batch, f, sets)
    return batch


def _with_used(batch: RaggedBatch, field: int, sets: Multi) -> RaggedBatch:
    index = torch.cat([sets.offsets.new_zeros(1), batch.behavior[:, field], batch.candidate[:, field]])
    used, place = torch.unique(index, return_inverse=True)  # set 0 first
    which, rows = members(used, sets)
    lengths = torch.bincount(which, minlength=len(used))
    offsets = lengths.cumsum(0) - lengths
    n = 1 + len(batch.behavior)
    behavior, candidate = batch.behavior.clone(), batch.candidate.clone()
    behavior[:, field], candidate[:, field] = place[1:n], place[n:]
    others = [Multi(rows, offsets) if f == field else own for f, own in enumerate(batch.sets)]
    return replace(batch, behavior=behavior, candidate=candidate, sets=tuple(others))
