"""What can be had without a network: popularity, logistic regression, gradient boosting.

All are fitted on the train split; what is chosen (the regression's penalty, the number of trees) is chosen by
GAUC on the validation split; the reported split takes part in nothing but the report.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from din_core.domain import DinLensError, values_of
from din_core.metrics import MetricError, auc, gauc
from din_core.store import BulkTables
from trainer.evaluation.repeat_features import (
    Bools,
    Events,
    Floats,
    Ints,
    Keys,
    SeveralKeys,
    popularity_features,
    repeat_features,
    seen_before,
)
from trainer.training.fields.training_vocabulary import has_several

PENALTIES = (0.001, 0.01, 0.1, 1.0, 10.0)
"""The regression's C to choose from; smaller is a stronger penalty."""
TREES = 300
"""The most trees boosted; how many are kept is chosen in steps of TREE_STEP."""
TREE_STEP = 10
SLICES = ("all", "new")
"""All impressions, and those of items new to the user."""

Progress = Callable[[str], None]
Scores = NDArray[np.float64]


@dataclass(frozen=True)
class BaselineSamples:
    """M impressions as the baselines see them."""

    user: Ints
    item: Ints
    label: Bools
    new: Bools
    """(M,) whether the user's history lacks the item."""
    features: Floats
    """(M, F)"""

    def where(self, rows: Bools) -> BaselineSamples:
        """The impressions of one split or slice."""
        user, item, label = self.user[rows], self.item[rows], self.label[rows]
        return BaselineSamples(user, item, label, self.new[rows], self.features[rows])

    def without(self, last: int) -> BaselineSamples:
        """The same impressions without the `last` features."""
        kept = self.features[:, : self.features.shape[1] - last]
        return BaselineSamples(self.user, self.item, self.label, self.new, kept)


@dataclass(frozen=True)
class FittedBaseline:
    """One baseline's scores of the reported split; several where it was fitted with several seeds."""

    name: str
    chosen: list[dict[str, float]]
    """What the validation split chose, for each fit."""
    scores: list[Scores]


def measure(
    tables: BulkTables, split: str, seeds: Sequence[int], progress: Progress = lambda message: None
) -> dict[str, Any]:
    """AUC and GAUC of each baseline on one split, over all impressions and over items new to the user.

    Both models are measured on the user's own repeat counts alone and with popularity features added.
    Gradient boosting is the mean over `seeds`; the others have no randomness. JSON-ready; a metric without a
    value (a slice with one label only) is None. DinLensError when a split is empty or has one label only.
    """
    rows = {name: _rows_of(tables, name) for name in ("train", "valid", split)}
    progress("counting repeats")
    samples, features = make_samples(tables)
    train, valid, reported = (samples.where(rows[name]) for name in ("train", "valid", split))
    fitted = [popularity(train, reported)]
    n_popularity = len(features["popularity"])
    for added, last in (("", n_popularity), (" with popularity", 0)):
        fit, choose, score = train.without(last), valid.without(last), reported.without(last)
        progress(f"logistic regression{added}")
        fitted.append(logistic_regression(f"logistic regression{added}", fit, choose, score))
        progress(f"gradient boosting{added}, {len(seeds)} seeds")
        fitted.append(gradient_boosting(f"gradient boosting{added}", fit, choose, score, seeds))
    return {
        "split": split,
        "features": features,
        "seeds": list(seeds),
        "slices": {name: _counts(_slice(reported, name)) for name in SLICES},
        "baselines": [_report(one, reported) for one in fitted],
    }


def make_samples(tables: BulkTables) -> tuple[BaselineSamples, dict[str, list[str]]]:
    """Every impression of a store with its features: the repeats', then the popularity's, by name."""
    lines = Events(tables.behavior_user, tables.behavior_item, tables.behavior_time)
    shown = Events(tables.impression_user, tables.impression_item, tables.impression_time)
    fields = {name: keys_of(tables.items[name]) for name in tables.items.columns if name != "item_id"}
    repeats, repeat_names = repeat_features(lines, shown, fields)
    common, common_names = popularity_features(lines, shown, fields)
    features = np.concatenate([repeats, common], axis=1)
    new = ~seen_before(lines, shown)
    samples = BaselineSamples(shown.user, shown.item, tables.impression_label == 1, new, features)
    return samples, {"repeats": repeat_names, "popularity": common_names}


def keys_of(values: pd.Series) -> Keys:
    """The value codes of a field by item, -1 where missing; several where items may have several."""
    if not has_several(values):
        return pd.factorize(values)[0].astype(np.int64)  # None becomes -1
    each = [values_of(value) for value in values]
    codes = pd.factorize(np.array([value for own in each for value in own], dtype=object))[0].astype(np.int64)
    return SeveralKeys(codes, np.cumsum([0, *map(len, each)]).astype(np.int64))


def popularity(train: BaselineSamples, reported: BaselineSamples) -> FittedBaseline:
    """An item's number of positives in the train split, whoever the user is."""
    n_items = int(max(train.item.max(), reported.item.max())) + 1
    positives = np.bincount(train.item[train.label], minlength=n_items)
    return FittedBaseline("popularity", [{}], [positives[reported.item].astype(np.float64)])


def logistic_regression(
    name: str, train: BaselineSamples, valid: BaselineSamples, reported: BaselineSamples
) -> FittedBaseline:
    """A linear model of the standardised features; the penalty by validation GAUC."""
    models = {}
    for penalty in PENALTIES:
        model = make_pipeline(StandardScaler(), LogisticRegression(C=penalty, max_iter=1000))
        models[penalty] = model.fit(train.features, train.label)
    measured = {
        penalty: gauc(valid.user, valid.label, model.decision_function(valid.features)).value
        for penalty, model in models.items()
    }
    chosen = max(measured, key=measured.__getitem__)
    return FittedBaseline(name, [{"C": chosen}], [models[chosen].decision_function(reported.features)])


def gradient_boosting(
    name: str, train: BaselineSamples, valid: BaselineSamples, reported: BaselineSamples, seeds: Sequence[int]
) -> FittedBaseline:
    """Boosted trees on the features, once a seed; their number by validation GAUC."""
    chosen: list[dict[str, float]] = []
    scores: list[Scores] = []
    for seed in seeds:
        # Half of the features at each split: without such a draw the seed would change next to nothing.
        model = HistGradientBoostingClassifier(
            max_iter=TREES, learning_rate=0.1, max_features=0.5, early_stopping=False, random_state=seed
        )
        model.fit(train.features, train.label)
        measured = {
            trees: gauc(valid.user, valid.label, score.ravel()).value
            for trees, score in enumerate(model.staged_decision_function(valid.features), start=1)
            if trees % TREE_STEP == 0
        }
        best = max(measured, key=measured.__getitem__)
        staged = model.staged_decision_function(reported.features)
        chosen.append({"trees": best})
        scores.append(next(score.ravel() for trees, score in enumerate(staged, start=1) if trees == best))
    return FittedBaseline(name, chosen, scores)


def _rows_of(tables: BulkTables, split: str) -> Bools:
    """The impressions of one split, which must hold both labels."""
    rows: Bools = tables.impression_split == split
    positives = int((tables.impression_label[rows] == 1).sum())
    if not 0 < positives < rows.sum():
        raise DinLensError(
            f"the {split} split holds {positives} positives among {rows.sum()} impressions, but baselines need "
            "both labels in it; ingest impressions of that split."
        )
    return rows


def _slice(samples: BaselineSamples, name: str) -> BaselineSamples:
    return samples if name == "all" else samples.where(samples.new)


def _counts(samples: BaselineSamples) -> dict[str, int]:
    return {"impressions": len(samples.label), "positives": int(samples.label.sum())}


def _report(fitted: FittedBaseline, reported: BaselineSamples) -> dict[str, Any]:
    """A baseline's metrics for each slice, each the mean over its fits."""
    return {
        "name": fitted.name,
        "chosen": fitted.chosen,
        "all": _metrics(reported, fitted.scores),
        "new": _metrics(_slice(reported, "new"), [score[reported.new] for score in fitted.scores]),
    }


def _metrics(samples: BaselineSamples, scores: list[Scores]) -> dict[str, float | None]:
    def auc_of(score: Scores) -> float:
        return auc(samples.label, score)

    def gauc_of(score: Scores) -> float:
        return gauc(samples.user, samples.label, score).value

    return {"auc": _mean(auc_of, scores), "gauc": _mean(gauc_of, scores)}


def _mean(metric: Callable[[Scores], float], scores: list[Scores]) -> float | None:
    """Mean over the fits; None where the labels leave the metric without a value."""
    try:
        return float(np.mean([metric(score) for score in scores]))
    except MetricError:
        return None
