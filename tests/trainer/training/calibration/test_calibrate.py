"""A calibration in the last layer is the map itself, of every network of the family and wherever it is scored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from din_core.domain import CheckpointError
from din_core.explain import leave_one_out
from din_core.metrics import auc, gauc
from din_core.model.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from din_core.model.network import InterestNetwork
from din_core.scoring import Scorer, rescorer_for
from din_core.store import BulkTables, open_store
from trainer.training.calibration.calibrate import calibrate, map_logits, map_of, record
from trainer.training.calibration.logit_fit import IDENTITY, LogitFit, LogitMap
from trainer.training.fields.training_vocabulary import build_vocabulary
from trainer.training.fitting.prediction import predict
from trainer.training.recipes import RECIPES
from trainer.training.samples import Samples, build_samples
from trainer.training.train import TrainOptions, build_config

MAP, OTHER = LogitMap(0.37, -0.81), LogitMap(1.9, 0.4)


def untrained(bulk: BulkTables, model: str) -> tuple[InterestNetwork, Samples]:
    """A network of random weights whose logits differ by more than rounding, and the validation samples."""
    vocabulary = build_vocabulary(bulk, min_count=1)
    torch.manual_seed(5)
    config = build_config(vocabulary, TrainOptions("", model, Path()))
    network = InterestNetwork(config).eval()
    with torch.no_grad():
        network.tower.last.weight.mul_(8)
    return network, build_samples(bulk, vocabulary, "valid", config.max_history, config.folds)


@pytest.mark.parametrize("model", RECIPES)
def test_logits_afterwards_are_the_map_of_those_before(
    untrained_world: tuple[str, BulkTables, Path], model: str
) -> None:
    _, bulk, _ = untrained_world
    network, valid = untrained(bulk, model)
    before = predict(network, valid)
    map_logits(network, IDENTITY, MAP)
    after = predict(network, valid)
    assert before.std() > 0.01
    assert after == pytest.approx(MAP(before), rel=1e-6, abs=1e-6)
    user = np.repeat(valid.user, np.diff(valid.candidate_offsets))
    label = valid.label.numpy()
    assert auc(label, after) == auc(label, before)
    assert gauc(user, label, after) == gauc(user, label, before)


@pytest.mark.parametrize("model", ["din", "dien"])
def test_a_calibration_is_replaced_and_taken_back_not_stacked(
    untrained_world: tuple[str, BulkTables, Path], model: str
) -> None:
    network, valid = untrained(untrained_world[1], model)
    before = predict(network, valid)
    map_logits(network, IDENTITY, MAP)
    map_logits(network, MAP, OTHER)
    assert predict(network, valid) == pytest.approx(OTHER(before), abs=2e-6)
    map_logits(network, OTHER, IDENTITY)
    assert predict(network, valid) == pytest.approx(before, abs=2e-6)


@pytest.mark.parametrize("model", ["din-0", "base-0"])
def test_scores_and_effects_of_the_app_are_those_of_the_map(
    untrained_world: tuple[str, BulkTables, Path], tmp_path: Path, model: str
) -> None:
    url, _, folder = untrained_world
    checkpoint = load_checkpoint(folder / model)
    store = open_store(url)
    impression = store.impressions("u1")[-1]
    history = store.history("u1", impression.timestamp)

    def logit_and_effects(one: Checkpoint) -> tuple[float, np.ndarray]:
        rescorer = rescorer_for(Scorer(one), history, impression.item, impression.context)
        return float(rescorer.full), leave_one_out(rescorer).values

    logit, effects = logit_and_effects(checkpoint)
    map_logits(checkpoint.model, IDENTITY, MAP)
    save_checkpoint(tmp_path / "mapped", checkpoint.model, checkpoint.vocabulary, {}, "")
    mapped, scaled = logit_and_effects(load_checkpoint(tmp_path / "mapped"))
    store.close()
    assert mapped == pytest.approx(MAP.slope * logit + MAP.bias, abs=1e-6)
    assert scaled == pytest.approx(MAP.slope * effects, abs=1e-6)


def test_a_miscalibrated_network_is_mended_and_both_states_are_recorded(
    untrained_world: tuple[str, BulkTables, Path],
) -> None:
    network, valid = untrained(untrained_world[1], "din")
    logit = predict(network, valid)
    # Labels as the network has it, from logits 5 times as far apart around 0.3
    rng = np.random.default_rng(0)
    scale = 1.5 / logit.std()
    true = scale * (logit - logit.mean()) - 0.5
    valid.label.copy_(torch.from_numpy(rng.random(len(true)) < 1 / (1 + np.exp(-true))))
    map_logits(network, IDENTITY, LogitMap(8 * scale, 3.0))
    held = calibrate(network, valid, "affine")
    assert (held["form"], held["reason"], held["impressions"]) == ("affine", None, len(logit))
    assert held["positives"] == int(valid.label.sum())
    assert held["before"]["log_loss"] > 2 * held["base_rate_log_loss"]
    assert held["after"]["log_loss"] < held["base_rate_log_loss"]
    assert held["after"]["ece"] < held["before"]["ece"] / 2
    assert held["after"]["log_loss"] < held["cross_fitted_log_loss"] < held["before"]["log_loss"]
    again = calibrate(network, valid, "affine", map_of({"calibration": held}))
    assert (again["slope"], again["bias"]) == (held["slope"], held["bias"])
    assert again["before"]["log_loss"] == pytest.approx(held["before"]["log_loss"])
    now = record(LogitFit(reason="asked"), "none", valid.label.numpy().astype(int), predict(network, valid))
    assert now["after"]["log_loss"] == pytest.approx(held["after"]["log_loss"], abs=1e-6)


def test_scores_that_are_no_numbers_are_refused(untrained_world: tuple[str, BulkTables, Path]) -> None:
    network, valid = untrained(untrained_world[1], "base")
    with torch.no_grad():
        network.tower.last.bias.fill_(torch.inf)
    with pytest.raises(CheckpointError, match=r"gives 144 of 144 validation impressions a score that is no number"):
        calibrate(network, valid, "affine")


def test_one_label_leaves_a_network_as_it_is(untrained_world: tuple[str, BulkTables, Path]) -> None:
    network, valid = untrained(untrained_world[1], "din")
    before = predict(network, valid)
    valid.label.fill_(1.0)
    held = calibrate(network, valid, "affine")
    assert (held["reason"], held["base_rate_log_loss"], held["slope"], held["bias"]) == ("one label", None, 1.0, 0.0)
    assert held["before"] == held["after"]
    assert (predict(network, valid) == before).all()
