"""Weights beside leave-one-out effects, of all pairs of a batch at once.

For units whose weights are not normalised: what the tower reads are then sums over behaviors, and a history without one
is the sums without its terms. `din_core.explain` measures the same of one scenario, for every model.

Dimensions: P pairs ordered by (history, behavior, candidate), M candidates, D item embedding width, I units.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from din_core.model.network import InterestNetwork
from din_core.model.pairs import pair_matches
from din_core.model.ragged import RaggedBatch
from trainer.training.orientation.sign import unit_names


class PairEffects(NamedTuple):
    """What each behavior weighs for each candidate, and what the score loses with it."""

    weight: Tensor
    """(P, I) weight × count, each unit's own; double"""
    effect: Tensor
    """(P,) full logit less the logit without the behavior, all its repeats; double"""
    logit: Tensor
    """(M,)"""


@torch.no_grad()
def pair_effects(network: InterestNetwork, batch: RaggedBatch) -> PairEffects:
    """Of a network in evaluation mode; sums in double precision, the tower in the network's own."""
    q, k = network.item.several(batch.candidate, batch.behavior, sets=batch.sets)
    others, repeats = network.others(batch), network.counts.repeats(batch) if network.counts else None
    t, c = batch.pairs()
    d, i = k.shape[1], len(unit_names(network.config))
    each = network.pooling(q, k, batch).weight.double().reshape(len(t), i)
    weight = each * batch.count[t].double()[:, None]  # (P, I)
    widths = network.config.interest_fields if i > 1 else (d,)
    spread = weight.repeat_interleave(torch.tensor(widths, device=k.device), 1)
    terms = torch.cat([spread * k[t].double(), weight], 1)  # (P, D + I): v, intensity
    sums = terms.new_zeros(len(q), d + i).index_add(0, c, terms)

    def logits(of: Tensor, pooled: Tensor, counted: Tensor | None) -> Tensor:
        """(n,) of candidates `of` (n,) with these sums (n, D + I)."""
        v, intensity = torch.split(pooled.to(q.dtype), [d, i], 1)
        return network.head(others[of], batch.candidate[of], q[of], v, intensity, counted, batch.sets)

    full = logits(torch.arange(len(q), device=c.device), sums, repeats)
    without = logits(c, sums[c] - terms, None if repeats is None else repeats[c] - _repeats_of(batch))
    return PairEffects(weight, full[c].double() - without.double(), full)


def _repeats_of(batch: RaggedBatch) -> Tensor:
    """(P, F + 1) what each behavior brings to the counts of repeats."""
    same = pair_matches(batch, list(range(batch.behavior.shape[1])))
    return torch.cat([same, torch.ones_like(same[:, :1])], 1) * batch.per_pair(batch.count)[:, None]
