"""Made training data of a given shape, and the same data without what makes it cheap.

Dimensions: G groups (a history and the candidates scored against it), N behaviors, M candidates.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from din_core.model.config import ModelConfig
from trainer.bench.sizes import Shape
from trainer.training.recipes import RECIPES
from trainer.training.samples import Ints, Samples


def made_samples(shape: Shape, impressions: int, seed: int = 0) -> Samples:
    """At least so many impressions with random labels; lengths of histories and popularity of items have long tails."""
    draw = np.random.default_rng(seed)
    groups = -(-impressions // shape.candidates)
    lengths = _lengths(draw, groups, shape.histories, shape.window)
    behavior_offsets = np.append(0, lengths.cumsum())
    candidates = groups * shape.candidates
    items = shape.fields[0].rows - 1
    rows = [np.arange(1, items + 1), *(draw.integers(1, field.rows, items) for field in shape.fields[1:])]
    count = draw.geometric(1 / shape.repeats, behavior_offsets[-1])
    newest_first = np.repeat(behavior_offsets[1:], lengths) - np.arange(behavior_offsets[-1])
    return Samples(
        item_rows=torch.from_numpy(np.stack(rows, 1)),
        behavior=torch.from_numpy(_popular(draw, items, behavior_offsets[-1])),
        count=torch.from_numpy(count.astype(np.float32)),
        age=torch.from_numpy(newest_first.astype(np.float32)),
        behavior_offsets=behavior_offsets,
        candidate=torch.from_numpy(_popular(draw, items, candidates)),
        candidate_offsets=np.arange(groups + 1) * shape.candidates,
        context=torch.zeros(candidates, 0, dtype=torch.int64),
        label=torch.from_numpy(draw.integers(0, 2, candidates).astype(np.float32)),
        profile_rows=(),
        profile_offsets=(),
        user=np.arange(groups),
        time=np.zeros(groups, np.int64),
        impression=np.arange(candidates),
    )


def _lengths(draw: np.random.Generator, groups: int, mean: float, window: int) -> Ints:
    """Log-normal, at least 1 and at most `window`, of about this mean."""
    lengths = draw.lognormal(0.0, 0.6, groups)
    for _ in range(8):  # what is cut off at the ends is given to the rest
        lengths = np.clip(lengths * mean / lengths.mean(), 1, window)
    return np.rint(lengths).astype(np.int64)


def _popular(draw: np.random.Generator, items: int, size: int) -> Ints:
    """Item positions, low ones often."""
    return (items * draw.random(size) ** 2).astype(np.int64)


def config_of(model: str, shape: Shape) -> ModelConfig:
    """A recipe's model on a shape's fields: no profile, no context, no dropout."""
    recipe = RECIPES[model]
    return ModelConfig(
        recipe.architecture, shape.fields, (), (), **{"max_history": recipe.max_history, **recipe.options}
    )


def read_by(config: ModelConfig, samples: Samples) -> Samples:
    """The samples as a model reads them: unfolded, and the newest only, where that is its way."""
    if not config.folds:
        samples = unfolded(samples)
    lengths = np.diff(samples.behavior_offsets)
    kept = np.minimum(lengths, config.max_history)
    return _behaviors(samples, _runs(samples.behavior_offsets[1:] - kept, kept), kept)


def unfolded(samples: Samples) -> Samples:
    """Every repeat a behavior of its own."""
    count = samples.count.numpy().astype(np.int64)
    ends = np.append(0, count.cumsum())[samples.behavior_offsets]
    index = np.repeat(np.arange(len(count)), count)
    return replace(_behaviors(samples, index, np.diff(ends)), count=torch.ones(len(index)))


def each_alone(samples: Samples) -> Samples:
    """Every impression with a history of its own."""
    candidates = np.diff(samples.candidate_offsets)
    lengths = np.repeat(np.diff(samples.behavior_offsets), candidates)
    alone = _behaviors(samples, _runs(np.repeat(samples.behavior_offsets[:-1], candidates), lengths), lengths)
    return replace(
        alone,
        candidate_offsets=np.arange(samples.impressions + 1),
        user=np.repeat(samples.user, candidates),
        time=np.repeat(samples.time, candidates),
    )


def _behaviors(samples: Samples, index: Ints, lengths: Ints) -> Samples:
    """Other behaviors: (N,) positions among the present ones, and (G,) how many each group has."""
    at = torch.from_numpy(index)
    return replace(
        samples,
        behavior=samples.behavior[at],
        count=samples.count[at],
        age=samples.age[at],
        behavior_offsets=np.append(0, lengths.cumsum()),
    )


def _runs(starts: Ints, lengths: Ints) -> Ints:
    """Positions start, start + 1, … of runs end to end."""
    return np.arange(lengths.sum()) + np.repeat(starts - (lengths.cumsum() - lengths), lengths)
