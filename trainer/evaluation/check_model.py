"""What a model that is not this project's reads, found on impressions of a store by changing their histories."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from din_core.domain import DinLensError
from din_core.model.checkpoint import TRAITS, check_replaceable, fingerprint, load_checkpoint, rewrite_checkpoint
from din_core.model.external.module_batch import ModuleBatch, Padding, module_batch
from din_core.model.external.network import ExternalNetwork
from din_core.model.external.probe import traits_of
from din_core.model.external.traits import ModuleTraits
from din_core.scoring import Scorer
from din_core.store import masked_url, open_store
from trainer.evaluation.faithfulness.exactness_check import differences
from trainer.evaluation.faithfulness.sampled_impressions import SampledImpression, read_impressions, sample_positions


def check_model(
    store: str,
    folder: Path,
    split: str = "test",
    sample: int = 20,
    seed: int = 0,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """What makes a difference to the model, written into its `metrics.json`; weights and fingerprint stay.

    Also the largest difference, in logits, between the effects that the app shows and histories that were really built
    without the behavior. ModelFailure where the model gives what cannot be used, DinLensError where it is no such model
    or no history of the sample has two behaviors.
    """
    if sample < 1:
        raise DinLensError(f"sample is {sample}, but must be 1 or more; give another --sample")
    check_replaceable(folder)
    checkpoint = load_checkpoint(folder)
    network = checkpoint.model
    if not isinstance(network, ExternalNetwork):
        raise DinLensError(f"{folder} is a model of DIN Lens, of which all this is known; name one that is not")
    say(f"reading {masked_url(store)}")
    scorer = Scorer(checkpoint)
    with contextlib.closing(open_store(store)) as opened:
        bulk = opened.bulk()
        chosen, _ = sample_positions(bulk, split, sample, seed)
        shown = list(read_impressions(opened, bulk, chosen))
    say(f"changing the histories of {len(shown)} impressions")
    traits = joined([*traits_of_impressions(scorer, network, shown)])
    found = [differences(scorer, one, np.random.default_rng([seed, n]))[0] for n, one in enumerate(shown)]
    rewrite_checkpoint(checkpoint, {**checkpoint.metrics, TRAITS: traits.to_dict()}, checkpoint.card)
    return {
        "checkpoint": str(folder),
        "fingerprint": fingerprint(folder),
        "title": checkpoint.config.title,
        "split": split,
        "impressions": len(shown),
        TRAITS: traits.to_dict(),
        "leave_one_out": max(found),
    }


@torch.no_grad()
def traits_of_impressions(
    scorer: Scorer, network: ExternalNetwork, shown: Sequence[SampledImpression]
) -> list[ModuleTraits]:
    """Of each impression whose history has two behaviors; the candidate of the next one is the other candidate."""
    batches = [_batch(scorer, one) for one in shown]
    others = [*batches[1:], *batches[:1]]
    pairs = [(one, other) for one, other in zip(batches, others, strict=True) if int(one.lengths[0]) > 1]
    if not pairs:
        raise DinLensError(
            f"none of {len(shown)} sampled impressions has a history of two behaviors, so nothing can be taken away;"
            " give a larger --sample or another --split"
        )
    return [traits_of(network.run, one, other.candidate) for one, other in pairs]


def _batch(scorer: Scorer, one: SampledImpression) -> ModuleBatch:
    batch = scorer.batch([[scorer.prepare(one.history, [one.candidate], one.context)]])
    return module_batch(batch, Padding.of(batch), slice(0, 1))


def joined(found: Sequence[ModuleTraits]) -> ModuleTraits:
    """What makes a difference anywhere; weights sum to 1 where they do everywhere."""
    return ModuleTraits(
        weights_depend_on_others=any(one.weights_depend_on_others for one in found),
        weights_depend_on_candidate=any(one.weights_depend_on_candidate for one in found),
        reads_order=any(one.reads_order for one in found),
        reads_ages=any(one.reads_ages for one in found),
        weights_sum_to_one=all(one.weights_sum_to_one for one in found),
    )
