"""One pass over a split: every impression's score, its extreme weights, and sums of its weights.

Dimensions: M impressions, T distinct behaviors of one history, C candidates shown against it, B bins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from din_core.cases import AGES, RANKS, REPEATS
from din_core.cases.table import DIMENSIONS, Ints, WeightColumns
from din_core.domain.results import Floats
from din_core.model.checkpoint import Checkpoint
from trainer.demo.cases.history_bins import Categories, Histories, Occurrences
from trainer.evaluation.evaluate import Split
from trainer.training.fitting.prediction import for_scoring
from trainer.training.samples import Samples, build_samples

Bar = Callable[[Iterable[Any], int], Iterable[Any]]
BATCH = 256
"""Impressions whose weights are held at once: some 150,000 pairs."""


@dataclass(frozen=True)
class Weights(WeightColumns):
    """What one model's weights say of M impressions, items by their positions in the store, and sums of them."""

    weight: Mapping[str, Floats]
    """By dimension: (M, B)"""
    count: Mapping[str, Floats]


def read_weights(checkpoint: Checkpoint, on: Split, categories: Categories, bar: Bar = lambda rows, _: rows) -> Weights:
    """The weights of every impression of the split, in its order; with one unit per item field, the first field's."""
    config = checkpoint.config
    samples = build_samples(on.bulk, checkpoint.vocabulary, on.name, config.max_history, config.folds)
    histories = Histories(on.bulk, categories)
    found = _empty(samples.impressions, len(categories.bins))
    resident = samples.to(on.device)
    network = for_scoring(checkpoint.model.to(on.device).eval())
    batches = list(samples.in_order(BATCH))
    with torch.inference_mode():
        for groups in bar(batches, len(batches)):
            batch, _ = resident.batch(groups)
            output = network(batch)
            rows = samples.candidate_offsets[groups[0]], samples.candidate_offsets[groups[-1] + 1]
            found.probability[slice(*rows)] = output.logit.double().sigmoid().cpu().numpy()
            weight = output.weight if output.weight.ndim == 1 else output.weight[:, 0]
            _read_groups(found, samples, groups, weight.double().cpu().numpy(), histories, categories, config.folds)
    return found


def _empty(m: int, categories: int) -> Weights:
    """Weights of nothing yet."""
    bins = {"age": len(AGES), "rank": len(RANKS), "repeats": len(REPEATS), "category": categories, "own_age": len(AGES)}
    return Weights(
        probability=np.zeros(m),
        behaviors=np.zeros(m, np.int64),
        distinct=np.zeros(m, np.int64),
        intensity=np.zeros(m),
        top_weight=np.full(m, np.nan),
        top_item=np.full(m, -1),
        low_weight=np.full(m, np.nan),
        low_item=np.full(m, -1),
        weight={name: np.zeros((m, bins[name])) for name in DIMENSIONS},
        count={name: np.zeros((m, bins[name])) for name in DIMENSIONS},
    )


def _read_groups(
    found: Weights,
    samples: Samples,
    groups: Ints,
    weight: Floats,
    histories: Histories,
    categories: Categories,
    folds: bool,
) -> None:
    """The histories of one batch; `weight` (P,) lies history by history, behavior by behavior."""
    behavior, count = samples.behavior.numpy(), samples.count.numpy().astype(np.float64)
    start = 0
    for g in groups.tolist():
        t, c = (slice(*pair) for pair in (samples.behavior_offsets[g : g + 2], samples.candidate_offsets[g : g + 2]))
        size = (t.stop - t.start) * (c.stop - c.start)
        own = weight[start : start + size].reshape(t.stop - t.start, c.stop - c.start)  # (T, C)
        start += size
        seen = histories.read(int(samples.user[g]), int(samples.time[g]), behavior[t], folds)
        shown = categories.of_item[samples.candidate[c].numpy()]
        _read_history(found, c, own, behavior[t], count[t])
        _sum_history(found, c, own, seen, seen.own(shown, categories.unknown))


def _read_history(found: Weights, rows: slice, weight: Floats, behavior: Ints, count: Floats) -> None:
    """`weight` (T, C) of the impressions `rows`, on behaviors (T,) with counts (T,)."""
    found.behaviors[rows] = round(count.sum())
    found.distinct[rows] = len(np.unique(behavior))
    found.intensity[rows] = count @ weight
    if len(behavior):
        each = np.arange(weight.shape[1])
        for place, weights, items in (
            (weight.argmax(0), found.top_weight, found.top_item),
            (weight.argmin(0), found.low_weight, found.low_item),
        ):
            weights[rows], items[rows] = weight[place, each], behavior[place]


def _sum_history(found: Weights, rows: slice, weight: Floats, seen: Occurrences, own: NDArray[np.bool_]) -> None:
    """`own` (T, C) whether behavior and candidate share a category."""
    for name, part in seen.parts.items():
        found.weight[name][rows] = (part @ weight).T
        found.count[name][rows] = part.sum(1)
    found.weight["own_age"][rows] = (seen.parts["age"] @ (weight * own)).T
    found.count["own_age"][rows] = (seen.parts["age"] @ own).T
