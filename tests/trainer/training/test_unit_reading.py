"""Units that read types and time gaps: their samples, what they can learn, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from din_core.domain import CheckpointError, DinLensError
from din_core.metrics import auc
from din_core.model.config import BEHAVIOR_TYPE, GAP_EDGES
from din_core.model.network import InterestNetwork
from din_core.store import BulkTables
from trainer.commands.models.train import with_unit_reading
from trainer.training.fields.training_vocabulary import build_vocabulary
from trainer.training.fitting.fit import fit
from trainer.training.fitting.options import FitOptions
from trainer.training.fitting.prediction import predict
from trainer.training.model_fields import ModelFields
from trainer.training.samples import build_samples
from trainer.training.train import TrainOptions, build_config

ITEMS, USERS, DAY = 12, 900, 86_400
SPLITS = ("train", "valid")


def bought_and_viewed(decides: str, seed: int = 0) -> BulkTables:
    """Everybody has two behaviors with each of four items, and is shown two of these, of which one is taken.

    Where the type `decides`, it is one that was bought, the other was only viewed; where the gap does, one of today,
    the other of a month ago. All else is chance.
    """
    rng = np.random.default_rng(seed)
    users, now = np.arange(USERS), 100 * DAY
    seen = np.array([rng.permutation(ITEMS)[:4] for _ in users])  # (users, 4), of which the first two decide
    items = np.repeat(seen, 2, axis=1)
    good = np.tile([True] * 4 + [False] * 4, (USERS, 1))
    days = np.where(good, 0.5, 30.0) if decides == "gap" else rng.uniform(0.1, 40, items.shape)
    types = ~good if decides == "type" else rng.integers(0, 2, items.shape)
    order = np.argsort(-days, axis=1)
    flat = [np.take_along_axis(np.asarray(own), order, 1).ravel() for own in (items, days, types)]
    shown_user = np.repeat(users, 2)
    return BulkTables(
        items=pd.DataFrame({"item_id": [f"i{n}" for n in range(ITEMS)]}, dtype=object),
        users=pd.DataFrame({"user_id": [f"u{n}" for n in users]}, dtype=object),
        behavior_user=np.repeat(users, 8),
        behavior_item=flat[0],
        behavior_time=now - (flat[1] * DAY).astype(np.int64),
        behavior_types=("buy", "view"),
        behavior_type=flat[2].astype(np.int64),
        impression_user=shown_user,
        impression_item=seen[:, [0, 2]].ravel(),
        impression_time=np.where(shown_user < USERS * 2 // 3, now, now + 1),
        impression_label=np.tile([1, 0], USERS).astype(np.int8),
        impression_split=np.where(shown_user < USERS * 2 // 3, *SPLITS),
        impression_context=pd.DataFrame(index=range(2 * USERS)),
    )


def fitted(tables: BulkTables, *beside: str, epochs: int = 6) -> tuple[InterestNetwork, float]:
    """A DIN fitted for some steps, and its AUC on validation data."""
    options = with_unit_reading(TrainOptions("", "din", Path()), beside)
    vocabulary = build_vocabulary(tables, 1, options.fields)
    torch.manual_seed(0)
    model = InterestNetwork(build_config(vocabulary, options))
    config = model.config
    train, valid = (build_samples(tables, vocabulary, split, config.max_history, config.folds) for split in SPLITS)
    fit(model, train, valid, FitOptions(epochs=epochs, batch_size=64, learning_rate=8e-3, evaluations_per_epoch=1))
    return model, auc(valid.label.numpy(), predict(model, valid))


@pytest.mark.parametrize("decides", ["type", "gap"])
def test_what_decides_is_learned_by_a_unit_that_reads_it_and_by_no_other(decides: str) -> None:
    tables = bought_and_viewed(decides)
    others = {"type": "gap", "gap": "type"}
    assert fitted(tables, decides)[1] > 0.9
    assert fitted(tables, others[decides])[1] < 0.6
    assert fitted(tables)[1] < 0.6


def test_what_training_never_saw_says_nothing() -> None:
    model, _ = fitted(bought_and_viewed("gap"), "type", "gap", epochs=1)
    said = model.pooling.unit.behavior
    assert said.gaps.weight.any(1).sum() == 2  # half a day, and a month
    assert said.types.weight.any(1).tolist() == [False, True, True]  # unknown, buy, view


def test_behaviors_stand_for_themselves_with_the_rows_of_their_types() -> None:
    tables = replace(bought_and_viewed("type"), behavior_types=("buy", "cart", "view"))
    tables = replace(tables, behavior_type=np.arange(8 * USERS) % 4 - 1)  # missing, buy, cart, view
    vocabulary = build_vocabulary(tables, 1, ModelFields((), (), (), behaviors=(BEHAVIOR_TYPE,)))
    assert vocabulary.behavior[BEHAVIOR_TYPE].values == ("buy", "cart", "view")
    samples = build_samples(tables, vocabulary, "train", 5)
    assert np.diff(samples.behavior_offsets).tolist() == [5] * samples.groups
    batch, _ = samples.batch(np.array([3, 1]))
    newest = [tables.behavior_type[8 * user + 3 : 8 * user + 8] + 1 for user in (3, 1)]
    assert batch.behavior_type is not None
    assert batch.behavior_type.tolist() == np.concatenate(newest).tolist()


def test_types_too_rare_in_training_share_the_row_of_unknown_ones() -> None:
    tables = bought_and_viewed("type")
    codes = tables.behavior_type.copy()
    codes[0] = 2
    tables = replace(tables, behavior_types=("buy", "view", "wish"), behavior_type=codes)
    vocabulary = build_vocabulary(tables, 3, ModelFields((), (), (), behaviors=(BEHAVIOR_TYPE,)))
    assert vocabulary.behavior[BEHAVIOR_TYPE].values == ("buy", "view")
    rows = build_samples(tables, vocabulary, "train", 50).behavior_type
    assert rows is not None
    assert rows[:2].tolist() == [0, codes[1] + 1]


def test_samples_of_other_types_are_other_samples() -> None:
    tables = bought_and_viewed("type")
    vocabulary = build_vocabulary(tables, 1, ModelFields((), (), (), behaviors=(BEHAVIOR_TYPE,)))
    swapped = replace(tables, behavior_type=1 - tables.behavior_type)
    prints = {build_samples(own, vocabulary, "train", 50).fingerprint() for own in (tables, swapped)}
    assert len(prints) == 2


def test_a_store_without_types_has_none_to_read() -> None:
    typed = bought_and_viewed("type")
    tables = replace(typed, behavior_types=(), behavior_type=None)
    vocabulary = build_vocabulary(typed, 1, ModelFields((), (), (), behaviors=(BEHAVIOR_TYPE,)))
    with pytest.raises(CheckpointError, match="the model reads behavior_type of behaviors, which the store lacks"):
        build_samples(tables, vocabulary, "train", 50)
    with pytest.raises(DinLensError, match="the store's behaviors have no behavior_type"):
        build_vocabulary(tables, 1, ModelFields((), (), (), behaviors=(BEHAVIOR_TYPE,)))


def test_the_gap_needs_nothing_of_the_store() -> None:
    options = with_unit_reading(TrainOptions("", "din", Path()), ["gap"])
    config = build_config(build_vocabulary(bought_and_viewed("gap"), 1, options.fields), options)
    assert (config.gap_edges, config.behavior_fields) == (GAP_EDGES, ())
    assert config.title == "DIN · gaps"
