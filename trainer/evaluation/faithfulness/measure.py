"""Every figure of every checkpoint over one sample, and where they are written."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch

from din_core.domain import DinLensError
from din_core.model.checkpoint import Checkpoint, load_checkpoint
from din_core.scoring import Scorer
from din_core.store import BulkTables, masked_url, open_store
from trainer.evaluation.evaluate import Split
from trainer.evaluation.faithfulness.adversarial_weights import (
    TOLERANCE,
    AdversarialWeights,
    find_adversarial_weights,
)
from trainer.evaluation.faithfulness.distributions import distribution
from trainer.evaluation.faithfulness.examples import Key, examples, told
from trainer.evaluation.faithfulness.frozen_weights import retrained
from trainer.evaluation.faithfulness.impression_measures import (
    ImpressionMeasures,
    ScoredImpression,
    measure,
    score_impression,
    summarised,
)
from trainer.evaluation.faithfulness.metric_differences import metric_differences
from trainer.evaluation.faithfulness.planted_truth import Truth, read_truth
from trainer.evaluation.faithfulness.sampled_impressions import (
    SampledImpression,
    keys,
    read_impressions,
    sample_positions,
)
from trainer.evaluation.faithfulness.seed_variance import SeedPair, across_seeds, groups, mean_taus, seed_pairs
from trainer.evaluation.faithfulness.uniform_weights import with_mean_weights
from trainer.training.samples import check_fields, item_rows

Say = Callable[[str], None]
Bar = Callable[[Iterable[Any], int], Iterable[Any]]
Result = dict[str, Any]
CATEGORY = "category"


@dataclass(frozen=True, slots=True)
class FaithfulnessOptions:
    """What to measure, and on what."""

    store: str
    checkpoints: tuple[Path, ...]
    split: str = "test"
    sample: int = 500
    """Impressions; 0 for all."""
    seed: int = 0
    truth: Path | None = None
    by: str | None = None
    """Item field that tells candidates apart; None for "category", or the first field where there is none."""
    adversarial: int = 100
    """Impressions of the sample, drawn from it, that the adversarial search runs on; 0 for none."""
    retrain: bool = False
    """Also train two networks without attention on the trained weights, each as long as the checkpoint was."""
    device: str = "auto"


def faithfulness(options: FaithfulnessOptions, say: Say = lambda _: None, bar: Bar = lambda rows, _: rows) -> Result:
    """Figures of each checkpoint, as `faithfulness.json` holds them; nothing is written."""
    truth = None if options.truth is None else read_truth(options.truth)
    models = [_Model(load_checkpoint(folder)) for folder in options.checkpoints]
    seeds: dict[tuple[int, ...], list[SeedPair]] = {
        members: [] for members in groups([one.checkpoint for one in models])
    }
    with contextlib.closing(open_store(options.store)) as store:
        say(f"reading {masked_url(options.store)}")
        bulk = store.bulk()
        chosen, total = sample_positions(bulk, options.split, options.sample, options.seed)
        on = Split(bulk, options.split, options.device)
        field = category_field(bulk, options.by)
        _check_truth(truth, keys(bulk, chosen[bulk.impression_label[chosen] == 1]), options.truth)
        searched = _random_subset(len(chosen), options.adversarial, options.seed)
        numbered = [
            (*key, nth) for key, nth in zip(keys(bulk, chosen), bulk.impression_nth[chosen].tolist(), strict=True)
        ]
        for model in models:
            model.read(bulk)
        for n, (key, one) in enumerate(
            zip(keys(bulk, chosen), bar(read_impressions(store, bulk, chosen), len(chosen)), strict=True)
        ):
            causes = None if truth is None else truth.get(key)
            seen = [model.measure_impression(one, field, causes, n in searched) for model in models]
            for members, found in seeds.items():
                found += seed_pairs(one.user, [seen[member] for member in members])
    return {
        "split": options.split,
        "impressions": len(chosen),
        "of": total,
        "users": len(np.unique(bulk.impression_user[chosen])),
        "seed": options.seed,
        "category_field": field,
        "truth": truth is not None,
        "measured_at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "checkpoints": [model.result(on, options, say, numbered) for model in models],
        "seeds": [_seeds([models[member] for member in members], found, numbered) for members, found in seeds.items()],
    }


class _Model:
    """One checkpoint and what was found about it so far."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint, self.scorer = checkpoint, Scorer(checkpoint)
        self.rows: list[ImpressionMeasures] = []
        self.adversaries: dict[int, AdversarialWeights | None] = {}
        """By position in `rows`."""

    def read(self, bulk: BulkTables) -> None:
        """Field rows of all items of a store; CheckpointError where it lacks a field that the model reads."""
        check_fields(bulk, self.checkpoint.vocabulary)
        self.item_rows, self.sets = item_rows(bulk, self.checkpoint.vocabulary)
        self.position = {item: n for n, item in enumerate(bulk.items["item_id"])}

    def measure_impression(
        self, one: SampledImpression, field: str | None, causes: frozenset[str] | None, searched: bool
    ) -> ScoredImpression:
        """Measure one scenario."""
        seen = score_impression(self.scorer, one)
        self.rows.append(measure(seen, one, field, causes))
        if searched and self.checkpoint.config.sums_embeddings:
            rows = self.item_rows[[self.position[b.item.item_id] for b in seen.rescorer.behaviors]]
            with torch.no_grad():
                embeddings = self.checkpoint.model.item(rows, self.sets)
            self.adversaries[len(self.rows) - 1] = find_adversarial_weights(seen.rescorer, seen.scores, embeddings)
        return seen

    def result(self, on: Split, options: FaithfulnessOptions, say: Say, numbered: Sequence[Key]) -> Result:
        """All figures, with those on the whole split; the network may have moved to another device after."""
        checkpoint, uniform, frozen = self.checkpoint, None, None
        config = checkpoint.config
        if config.weighs_apart and not (config.monotone or config.external):  # sums of weights alone, or who knows what
            say(f"{checkpoint.folder.name}: all {options.split} impressions with uniform weights")
            uniform = metric_differences(on, checkpoint, {"uniform": with_mean_weights(checkpoint)})
            if options.retrain:
                say(f"{checkpoint.folder.name}: training two networks on its weights")
                frozen = retrained(checkpoint, on)
        return {
            "checkpoint": str(checkpoint.folder),
            "fingerprint": checkpoint.fingerprint,
            "title": checkpoint.config.title,
            **summarised(self.rows),
            "uniform": uniform,
            "frozen": frozen,
            "adversary": self._adversary(),
            "examples": examples(numbered, self.rows, [self._moved(n) for n in range(len(self.rows))]),
        }

    def _moved(self, n: int) -> float | None:
        found = self.adversaries.get(n)
        return None if found is None else found.moved

    def _adversary(self) -> Result | None:
        if not self.adversaries:
            return None
        users = [self.rows[n].user for n in self.adversaries]
        result: dict[str, Any] = {"tolerance": TOLERANCE}
        for name in ("moved", "divergence"):
            result[name] = distribution([getattr(found, name, None) for found in self.adversaries.values()], users)
        return result


def _seeds(models: Sequence[_Model], found: Sequence[SeedPair], numbered: Sequence[Key]) -> Result:
    checkpoints, rows = [model.checkpoint for model in models], models[0].rows
    return {
        "title": checkpoints[0].config.title,
        "seeds": len(checkpoints),
        "fingerprints": [checkpoint.fingerprint for checkpoint in checkpoints],
        **across_seeds(found),
        "examples": told(numbered, rows, mean_taus(found, len(rows))),
    }


def _random_subset(n: int, most: int, seed: int) -> frozenset[int]:
    """Positions of at most so many of n."""
    if most < 0:
        raise DinLensError(f"adversarial is {most}, but must be 0 or more; give another --adversarial")
    return frozenset(np.random.default_rng(seed).permutation(n)[:most].tolist())


def category_field(bulk: BulkTables, wanted: str | None) -> str | None:
    """The item field that tells categories apart: `wanted`, else "category", else the first; DinLensError for none."""
    fields = [name for name in bulk.items.columns if name != "item_id"]
    if wanted is None:
        return CATEGORY if CATEGORY in fields else next(iter(fields), None)
    if wanted not in fields:
        raise DinLensError(f"the store has no item field {wanted!r}; it has {', '.join(fields) or 'none'}")
    return wanted


def _check_truth(truth: Truth | None, clicked: Sequence[tuple[str, str, int]], path: Path | None) -> None:
    if truth is not None and not any(truth.get(key) for key in clicked):
        raise DinLensError(
            f"{path} names causes of 0 of the {len(clicked)} sampled positives; give the truth.parquet of the tables "
            "that this store was filled with, or a larger --sample"
        )
