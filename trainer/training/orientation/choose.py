"""Choosing each unit's sign on validation data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from din_core.domain.results import Floats
from din_core.explain.agreement import covered, kendall_tau, pooled_correlation, resolved, same_sign
from din_core.model.network import InterestNetwork
from trainer.training.orientation.pair_effects import pair_effects
from trainer.training.orientation.sign import fixed_sign, flip, unit_names
from trainer.training.samples import Samples

IMPRESSIONS = 300
"""Drawn from the validation split, always the same of one split."""
TOGETHER = 16
"""Impressions that are measured at once: of histories of 2,000 behaviors some tens of MB."""
TOP = 5
CORRELATION = "correlation"
"""Of weight × count and leave-one-out effects over all scenarios; by it the sign is chosen."""
MEANS = ("tau", "same_sign", "covered")
"""Of the same in one scenario; shown beside it."""
Record = dict[str, Any]


@dataclass(frozen=True)
class OneImpression:
    """One scenario. Dimensions: T behaviors, I units."""

    weight: Floats
    """(T, I) weight × count"""
    effect: Floats
    """(T,) leave-one-out; what is below the network's own error is 0"""


def orient(network: InterestNetwork, valid: Samples, impressions: int = IMPRESSIONS) -> Record:
    """Give each unit of `network` the sign with which its weights agree with effects, in place; no score changes.

    A unit is flipped where weights and effects, each less its history's mean, are correlated below 0 over a sample of
    the validation impressions. That is what the eye compares: do the behaviors whose weights stand out raise the score
    more than others? What all weights of a history share says nothing of its behaviors, and Kendall's τ and the share
    of equal signs count all behaviors alike, most of which have next to no effect. The record, which is ready for
    JSON, has the figures of each unit before and after; or only why the sign is fixed.
    """
    reason = fixed_sign(network.config)
    if reason is not None:
        return {"fixed": reason}
    training = network.training
    network.eval()
    seen = list(measure(network, sample(valid, impressions)))
    network.train(training)
    units = [_unit(name, seen, unit) for unit, name in enumerate(unit_names(network.config))]
    flip(network, [unit for unit, found in enumerate(units) if found["flipped"]])
    return {"impressions": len(seen), "of": valid.impressions, "units": units}


def sample(samples: Samples, impressions: int) -> Samples:
    """So many of the impressions, drawn at random, and their histories."""
    m = samples.impressions
    chosen = np.sort(np.random.default_rng(0).choice(m, min(m, impressions), replace=False))
    group_of = np.repeat(np.arange(samples.groups), np.diff(samples.candidate_offsets))[chosen]
    groups, lengths = np.unique(group_of, return_counts=True)
    shown = {name: getattr(samples, name)[chosen] for name in ("candidate", "context", "label", "impression")}
    offsets = np.concatenate([[0], lengths.cumsum()])
    return replace(samples.of_groups(groups), candidate_offsets=offsets, **shown)


def measure(network: InterestNetwork, samples: Samples) -> Iterator[OneImpression]:
    """Weights and effects of every impression, of a network in evaluation mode."""
    for groups in samples.in_order(TOGETHER):
        batch, _ = samples.batch(groups)
        found = pair_effects(network, batch)
        candidate = batch.pairs()[1].cpu().numpy()
        order = np.argsort(candidate, kind="stable")
        ends = np.bincount(candidate, minlength=len(batch.candidate)).cumsum()[:-1]
        weights, effects = (np.split(part.cpu().numpy()[order], ends) for part in (found.weight, found.effect))
        for weight, effect, logit in zip(weights, effects, found.logit.tolist(), strict=True):
            yield OneImpression(weight, resolved(effect, logit))


def _unit(name: str, seen: Sequence[OneImpression], unit: int) -> Record:
    """Whether to flip a unit, and its figures as trained and as it is then."""
    trained = _figures(seen, unit, 1.0)
    flipped = (trained[CORRELATION] or 0.0) < 0
    return {
        "unit": name,
        "flipped": flipped,
        "before": trained,
        "after": _figures(seen, unit, -1.0) if flipped else trained,
    }


def _figures(seen: Sequence[OneImpression], unit: int, sign: float) -> dict[str, float | None]:
    """The correlation, and means over the impressions in which a figure has a value, by name."""
    rows = [_of_one(sign * one.weight[:, unit], one.effect) for one in seen]
    columns = ([value for value in column if value is not None] for column in zip(*rows, strict=True))
    means = [float(np.mean(column)) if column else None for column in columns] or [None] * len(MEANS)
    correlation = pooled_correlation((sign * one.weight[:, unit], one.effect) for one in seen)
    return {CORRELATION: correlation, **dict(zip(MEANS, means, strict=True))}


def _of_one(weight: Floats, effect: Floats) -> tuple[float | None, ...]:
    """MEANS of a unit's weights (T,) and the effects (T,)."""
    return (
        kendall_tau(weight, effect),
        same_sign(weight, effect),
        covered(abs(weight), abs(effect), (TOP,))[TOP],
    )
