"""Which rescorer a scenario's model has, and what each behavior brings to it.

Dimensions: T behaviors, D item embedding width, F item fields, I intensities.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from din_core.domain import FoldedBehavior, History, Item
from din_core.model.attention import FieldwisePooling, WeightedSumPooling
from din_core.model.library.padding import with_one_padding
from din_core.model.monotone import HeadSums
from din_core.model.network import InterestNetwork
from din_core.model.pairs import pair_matches
from din_core.model.poolings.base import BasePooling
from din_core.model.poolings.temporal_interest import TemporalInterest
from din_core.model.ragged import RaggedBatch
from din_core.scoring.module_rescoring import ModuleRescorer
from din_core.scoring.padded_rescoring import PaddedRescorer
from din_core.scoring.rescoring import (
    EvolutionRescorer,
    RankRescorer,
    Rescorer,
    RescoringInputs,
    SumRescorer,
)
from din_core.scoring.scorer import Request, Scorer

LEAST = -700.0
"""exp of less is 0 in double precision: behaviors whose weights lie further apart than this count as this far."""


@torch.no_grad()
def rescorer_for(
    scorer: Scorer,
    history: History,
    candidate: Item,
    context: Mapping[str, str | None],
    added: Sequence[Item] = (),
) -> Rescorer:
    """A rescorer of one candidate against one history.

    `added` are items that are not there, but may be: each follows as one more behavior at the impression's last
    second, with a count of 0 until `logits` is given another.
    """
    config, network = scorer.config, scorer.checkpoint.model
    seen = history.folded(config.max_history) if config.folds else history.plain(config.max_history)
    now = history.as_of - 1
    behaviors = (*seen, *(FoldedBehavior(item, 1, now, now) for item in added))
    batch = scorer.batch([[Request(history, behaviors, (candidate,), (context,))]])
    if config.external:
        q, k, others = (torch.zeros(n, 0) for n in (1, len(behaviors), 1))  # nothing of it is known
    else:
        q, k = network.item.several(batch.candidate, batch.behavior, sets=batch.sets)
        others = network.others(batch)
    inputs = RescoringInputs(
        network=network,
        others=others,
        candidate=batch.candidate,
        sets=batch.sets,
        q=q,
        item=candidate,
        as_of=history.as_of,
        behaviors=behaviors,
        history=history,
        folds=config.folds,
        count=np.array([*(b.count for b in seen), *(0 for _ in added)], dtype=np.float64),
        matches=_matches(batch) if network.counts else None,
    )
    if config.external:
        return ModuleRescorer(inputs, batch)
    if config.architecture == "dien":
        return EvolutionRescorer(inputs, k, batch)
    if config.reads_ranks:
        return RankRescorer(inputs, k)
    if config.library is not None and config.library.padding != "masked":
        padded = with_one_padding(batch)
        k = network.item(padded.behavior, padded.sets)
        return PaddedRescorer(inputs, k.double(), *_mass(network, q, k, padded), config)
    mass, normalised = _mass(network, q, k, batch)
    return SumRescorer(inputs, _summed(network, q, k, batch).double(), mass, normalised)


def _summed(network: InterestNetwork, q: Tensor, k: Tensor, batch: RaggedBatch) -> Tensor:
    """(T, D) what is weighed and summed of each behavior: its embedding, but for TIN; nothing of a monotone model."""
    pooling = network.pooling
    if isinstance(pooling, HeadSums):
        return k[:, :0]
    if not isinstance(pooling, TemporalInterest):
        return k
    return pooling.represent(pooling.encode_target(q), pooling.encode_behaviors(k, batch))


def _matches(batch: RaggedBatch) -> Tensor:
    """(T, F + 1): whether a behavior shares each known value of the candidate, and 1."""
    same = pair_matches(batch, list(range(batch.behavior.shape[1])))
    return torch.cat([same, torch.ones_like(same[:, :1])], 1)


def _mass(network: InterestNetwork, q: Tensor, k: Tensor, batch: RaggedBatch) -> tuple[Tensor, bool]:
    """(T, I) what an occurrence weighs before any total divides it, and whether one does; T may be 0."""
    pooling = network.pooling
    if isinstance(pooling, BasePooling):
        if pooling.kind != "time decay":
            return torch.ones(len(k), 1, dtype=torch.float64), pooling.kind == "average"
        halvings = batch.age.double()[:, None] / pooling.half_life.double()
        return _exp(-halvings * np.log(2)), True
    if isinstance(pooling, HeadSums):
        return pooling(q, k, batch).weight.double(), False
    assert isinstance(pooling, WeightedSumPooling | FieldwisePooling | TemporalInterest)
    raw = pooling
    if pooling.normalisation != "none":
        raw = copy.copy(pooling)  # the same units, not normalised
        raw.normalisation = "none"
    weight = raw(q, k, batch).weight.double()
    weight = weight if weight.ndim > 1 else weight[:, None]
    if raw is pooling:
        return weight, False
    scales = pooling.scales if isinstance(pooling, FieldwisePooling) else [pooling.scale]
    return _exp(weight * torch.tensor(scales, dtype=torch.float64)), True


def _exp(weight: Tensor) -> Tensor:
    """exp of each column up to a factor: of a normalised sum it divides out."""
    if not len(weight):
        return weight
    return (weight - weight.amax(0)).clamp(min=LEAST).exp()
