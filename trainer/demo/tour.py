"""The numbers of the guided tour: the three planted stories under two DINs and average pooling."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from din_core.domain import DinLensError, History, Impression
from din_core.domain.tour import MODELS, Tour, TourCandidate, TourCategory, TourStory
from din_core.explain import by_field, leave_one_out
from din_core.model.checkpoint import load_checkpoint
from din_core.scoring import Scorer, rescorer_for
from din_core.store import BehaviorStore, open_store
from trainer.datasets.planted.stories import STORIES
from trainer.evaluation.faithfulness.planted_truth import Truth, read_truth

DIGITS = 5
CATEGORY = "category"


def make_tour(store_url: str, checkpoints: Mapping[str, Path], truth: Path) -> Tour:
    """`checkpoints` has a folder for each of MODELS; `truth` is the truth.parquet of the same planted tables."""
    causes = read_truth(truth)
    scorers = {name: Scorer(load_checkpoint(checkpoints[name])) for name in MODELS}
    store = open_store(store_url)
    try:
        stories = tuple(_story(store, story.user_id, scorers, causes) for story in STORIES)
    finally:
        store.close()
    return Tour(
        stories,
        {name: scorer.fingerprint for name, scorer in scorers.items()},
        {name: int(scorer.metrics["options"]["seed"]) for name, scorer in scorers.items()},
        datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )


def _story(store: BehaviorStore, user_id: str, scorers: Mapping[str, Scorer], causes: Truth) -> TourStory:
    impressions = store.impressions(user_id)
    if not impressions:
        raise DinLensError(f"{user_id} has 0 impressions in the store; give the store of `python -m trainer planted`")
    history = store.history(user_id, impressions[0].timestamp)
    candidates = tuple(
        _candidate(history, shown, scorers, causes.get((user_id, shown.item.item_id, shown.timestamp), frozenset()))
        for shown in sorted(impressions, key=lambda i: (i.label != 1, i.item.label))
    )
    return TourStory(user_id, len(history.behaviors), candidates)


def _candidate(
    history: History, shown: Impression, scorers: Mapping[str, Scorer], causes: frozenset[str]
) -> TourCandidate:
    category = [behavior.item.first(CATEGORY) or f"no {CATEGORY}" for behavior in history.behaviors]
    names = sorted(set(category))
    probability: dict[str, float] = {}
    weight: dict[str, dict[str, float]] = {name: {} for name in names}
    effect: dict[str, dict[str, float]] = {name: {} for name in names}
    for model, scorer in scorers.items():
        scores = scorer.score(history, [shown.item], shown.context)
        rescorer = rescorer_for(scorer, history, shown.item, shown.context)
        groups = by_field(rescorer, CATEGORY)
        points = leave_one_out(rescorer, groups).probability
        assert points is not None
        probability[model] = round(float(scores.probability[0]), DIGITS)
        for group, lost in zip(groups, points.tolist(), strict=True):
            weight[group.name][model] = round(float(scores.weight[0] @ np.array(group.occurrences)), DIGITS)
            effect[group.name][model] = round(100 * lost, DIGITS - 2)
    lines = {name: category.count(name) for name in names}
    caused = {
        name for name, behavior in zip(category, history.behaviors, strict=True) if behavior.item.item_id in causes
    }
    return TourCandidate(
        shown.item.label,
        shown.label == 1,
        probability,
        tuple(TourCategory(name, lines[name], name in caused, weight[name], effect[name]) for name in names),
    )
