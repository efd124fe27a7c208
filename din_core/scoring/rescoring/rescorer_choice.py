"""Which rescorer a network has, and what each behavior brings to it.

Dimensions: T behaviors, C candidates, D item embedding width, F item fields, I intensities, R counts of repeats.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from din_core.domain.results import Floats
from din_core.model.attention import FieldwisePooling, WeightedSumPooling
from din_core.model.library.padding import with_one_padding
from din_core.model.monotone import HeadSums
from din_core.model.network import InterestNetwork
from din_core.model.pairs import pair_matches
from din_core.model.poolings.base import BasePooling
from din_core.model.poolings.temporal_interest import TemporalInterest
from din_core.model.ragged import RaggedBatch
from din_core.scoring.fixed_context_tower import FixedContextTower
from din_core.scoring.rescoring.module_rescoring import ModuleRescorer
from din_core.scoring.rescoring.padded_rescoring import PaddedRescorer
from din_core.scoring.rescoring.rescorer import CountRescorer
from din_core.scoring.rescoring.tower_rescoring import (
    EvolutionRescorer,
    RankRescorer,
    RescoringInputs,
    SumRescorer,
)

LEAST = -700.0
"""exp of less is 0 in double precision: behaviors whose weights lie further apart than this count as this far."""


@torch.no_grad()
def count_rescorers(
    network: InterestNetwork, accelerated: Callable[[], InterestNetwork], batch: RaggedBatch, count: Floats
) -> Iterator[CountRescorer]:
    """One for each candidate of a batch of one history, one after the other; `count` (T,) is 0 for additions.

    What the history brings is computed once for all, and the activation unit runs over all pairs at once: memory
    grows with T · C. `accelerated` gives the same network by compiled kernels, and is asked where it is of use.
    """
    config, candidates = network.config, len(batch.candidate)
    if config.external:
        q, k, others = (torch.zeros(n, 0) for n in (candidates, len(batch.behavior), candidates))  # not known
    else:
        q, k = network.item.several(batch.candidate, batch.behavior, sets=batch.sets)
        others = network.others(batch)
    tower = None if config.external else FixedContextTower(network, others[:1])
    matches = _matches(batch) if network.counts else None  # (T, C, R)
    make = _maker(network, accelerated, batch, q, k)
    for place in range(candidates):
        own = slice(place, place + 1)
        inputs = RescoringInputs(
            network=network,
            others=others[own],
            candidate=batch.candidate[own],
            sets=batch.sets,
            q=q[own],
            count=count,
            tower=tower and tower.in_context(others[own]),
            matches=None if matches is None else matches[:, place],
        )
        yield make(inputs, place)


def _maker(
    network: InterestNetwork, accelerated: Callable[[], InterestNetwork], batch: RaggedBatch, q: Tensor, k: Tensor
) -> Callable[[RescoringInputs, int], CountRescorer]:
    """Of the inputs of a candidate and its place among the batch's, q (C, D), its rescorer; k (T, D)."""
    config = network.config
    if config.external:
        return lambda inputs, place: ModuleRescorer(inputs, one_candidate(batch, place))
    if config.architecture == "dien":
        return lambda inputs, place: EvolutionRescorer(inputs, k, one_candidate(batch, place))
    if config.reads_ranks:
        return lambda inputs, _: RankRescorer(inputs, k)
    pooling = accelerated().pooling
    if config.library is not None and config.library.padding != "masked":
        padded = with_one_padding(batch)
        k = network.item(padded.behavior, padded.sets)
        mass, normalised = _mass(pooling, q, k, padded)
        summed = k.double()
        return lambda inputs, place: PaddedRescorer(inputs, summed, mass[:, place], normalised, config)
    mass, normalised = _mass(pooling, q, k, batch)
    if isinstance(pooling, TemporalInterest):
        past = pooling.encode_behaviors(k, batch)
        target = pooling.encode_target(q)
        return lambda inputs, place: SumRescorer(
            inputs, pooling.represent(target[place : place + 1], past).double(), mass[:, place], normalised
        )
    summed = (k[:, :0] if isinstance(pooling, HeadSums) else k).double()  # a monotone model sums weights alone
    return lambda inputs, place: SumRescorer(inputs, summed, mass[:, place], normalised)


def one_candidate(batch: RaggedBatch, place: int) -> RaggedBatch:
    """The same with one of its candidates alone."""
    own = slice(place, place + 1)
    return replace(batch, candidate=batch.candidate[own], candidate_offsets=(0, 1), context=batch.context[own])


def _matches(batch: RaggedBatch) -> Tensor:
    """(T, C, F + 1): whether a behavior shares each known value of a candidate, and 1."""
    t, fields = batch.behavior.shape
    same = pair_matches(batch, list(range(fields)))
    return torch.cat([same, same.new_ones(len(same), 1)], 1).view(t, len(batch.candidate), fields + 1)


def _mass(pooling: nn.Module, q: Tensor, k: Tensor, batch: RaggedBatch) -> tuple[Tensor, bool]:
    """(T, C, I) what an occurrence weighs before any total divides it, and whether one does; T may be 0."""
    t, c = len(k), len(q)
    if isinstance(pooling, BasePooling):
        if pooling.kind != "time decay":
            return torch.ones(t, c, 1, dtype=torch.float64), pooling.kind == "average"
        halvings = batch.age.double()[:, None, None] / pooling.half_life.double()
        return _exp(-halvings * np.log(2)).expand(t, c, 1), True
    if isinstance(pooling, HeadSums):
        return pooling(q, k, batch).weight.double().view(t, c, len(pooling.units)), False
    assert isinstance(pooling, WeightedSumPooling | FieldwisePooling | TemporalInterest)
    raw = pooling
    if pooling.normalisation != "none":
        raw = copy.copy(pooling)  # the same units, not normalised
        raw.normalisation = "none"
    weight = raw(q, k, batch).weight.double()
    weight = weight.view(t, c, weight.shape[1] if weight.ndim > 1 else 1)
    if raw is pooling:
        return weight, False
    scales = pooling.scales if isinstance(pooling, FieldwisePooling) else [pooling.scale]
    return _exp(weight * torch.tensor(scales, dtype=torch.float64)), True


def _exp(weight: Tensor) -> Tensor:
    """exp of each column up to a factor: of a normalised sum it divides out."""
    if not len(weight):
        return weight
    return (weight - weight.amax(0)).clamp(min=LEAST).exp()
