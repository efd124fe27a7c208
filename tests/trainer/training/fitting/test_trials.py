"""Trials: which settings are tried, and that the best of them goes on as if nothing else had been tried."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from din_core.domain import CheckpointError, DinLensError
from din_core.model.network import InterestNetwork
from tests.trainer.planted_tables import planted_bulk
from trainer.training.fields.training_vocabulary import build_vocabulary
from trainer.training.fitting import trials
from trainer.training.fitting.fit import Fitted, Step, fit
from trainer.training.fitting.options import FitOptions
from trainer.training.fitting.prediction import predict
from trainer.training.fitting.trials import FitSetting, Trial, next_setting, trial_steps
from trainer.training.samples import Samples, build_samples
from trainer.training.train import TrainOptions, build_config

OPTIONS = FitOptions(batch_size=64, warmup_steps=5, epochs=3, save_seconds=0.0)

CHOSEN = FitOptions()
"""Nothing is given."""


def tried(worth_of: Callable[[FitSetting], float | None], options: FitOptions = CHOSEN) -> list[tuple[float, ...]]:
    """(rate, decay) of all trials in a world where each is worth so much."""
    done: list[Trial] = []
    while (setting := next_setting(done, options, "gauc")) is not None:
        done.append(Trial(setting, worth_of(setting), 1, 0.0))
        assert len(done) < 20
    return [(trial.setting.learning_rate, trial.setting.embedding_decay) for trial in done]


def peak(decay: float, rate: float = 4e-3) -> Callable[[FitSetting], float | None]:
    """The best is at this decay and rate."""

    def worth_of(setting: FitSetting) -> float:
        assert setting.embedding_decay is not None
        return -abs(math.log(setting.embedding_decay / decay)) - abs(math.log(setting.learning_rate / rate))

    return worth_of


@pytest.mark.parametrize(
    ("best", "expected"),
    [
        (peak(4), [(4e-3, 4), (4e-3, 1), (4e-3, 16), (1e-3, 16)]),
        (peak(0.25), [(4e-3, 4), (4e-3, 1), (4e-3, 0.25), (4e-3, 0.0625), (1e-3, 1)]),
        (peak(16), [(4e-3, 4), (4e-3, 1), (4e-3, 16), (4e-3, 64), (1e-3, 64)]),
    ],
)
def test_the_decay_climbs_to_its_best_then_a_lower_rate_is_tried(best, expected) -> None:
    assert tried(best) == expected


def test_no_decay_beyond_its_limits_is_tried() -> None:
    decays = [decay for _, decay in tried(lambda setting: -(setting.embedding_decay or 0))]
    assert min(decays) == trials.LEAST_DECAY
    decays = [decay for rate, decay in tried(lambda setting: setting.embedding_decay or 0) if rate == 4e-3]
    assert max(decays) == trials.MOST_DECAY


@pytest.mark.parametrize(("gain", "expected"), [(0.002, 4), (0.004, 1)])
def test_a_weaker_decay_must_gain_more_than_noise(gain: float, expected: float) -> None:
    values = {4.0: 0.8, 1.0: 0.8 + gain, 16.0: 0.7, 0.25: 0.7}
    done = [Trial(FitSetting(4e-3, decay), value, 1, 0.0) for decay, value in values.items()]
    best = trials.best_trial(done, "gauc")
    assert best is not None and best.setting.embedding_decay == expected


def test_a_stronger_decay_needs_no_such_gain_and_a_log_loss_is_the_better_the_lower() -> None:
    done = [Trial(FitSetting(4e-3, decay), value, 1, 0.0) for decay, value in ((4.0, 0.5), (16.0, 0.4999))]
    found = [trials.best_trial(done, measure) for measure in ("log_loss", "gauc")]
    assert [best and best.setting.embedding_decay for best in found] == [16, 4]


def test_what_is_given_stays_as_given() -> None:
    assert {rate for rate, _ in tried(peak(1), FitOptions(learning_rate=0.01))} == {0.01}
    assert {decay for _, decay in tried(peak(1), FitOptions(embedding_decay=3.0))} == {3.0}
    assert {decay for _, decay in tried(lambda setting: 0.5, FitOptions(regularisation="mba-batches"))} == {None}


def test_a_rate_at_which_the_loss_is_no_number_is_left_for_a_lower_one() -> None:
    rates = [rate for rate, _ in tried(lambda setting: None if setting.learning_rate > 1e-3 else 0.5)]
    assert rates[:2] == [4e-3, 1e-3] and 4e-3 not in rates[1:]


def test_a_trial_reaches_into_the_second_epoch_between_its_limits() -> None:
    assert [trial_steps(steps) for steps in (8, 400, 100_000)] == [300, 500, 3000]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory):
    """Train and validation samples, and a function that makes the network of a seed."""
    folder = tmp_path_factory.mktemp("planted")
    bulk = planted_bulk(folder)
    vocabulary = build_vocabulary(bulk, min_count=1)

    def network(seed: int = 0) -> InterestNetwork:
        torch.manual_seed(seed)
        return InterestNetwork(build_config(vocabulary, TrainOptions("", "base", Path(), max_history=50)))

    return *(build_samples(bulk, vocabulary, split, 50) for split in ("train", "valid")), network


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trials of a quarter of an epoch."""
    shorten(monkeypatch)


def shorten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(trials, "LEAST_STEPS", 5)
    patch.setattr(trials, "TRIAL_EPOCHS", 0.25)


Planted = tuple[Samples, Samples, Callable[..., InterestNetwork]]


@dataclass(frozen=True)
class Chosen:
    """A run whose setting was chosen by short trials: what it found, its network, and the folder of its states."""

    fitted: Fitted
    network: InterestNetwork
    folder: Path


@pytest.fixture(scope="module")
def chosen(planted: Planted, tmp_path_factory: pytest.TempPathFactory) -> Chosen:
    train, valid, network = planted
    own, folder = network(), tmp_path_factory.mktemp("chosen")
    with pytest.MonkeyPatch.context() as patch:
        shorten(patch)
        return Chosen(fit(own, train, valid, OPTIONS, folder), own, folder)


def test_the_run_is_the_one_that_the_chosen_setting_alone_would_make(planted: Planted, chosen: Chosen) -> None:
    train, valid, network = planted
    fitted = chosen.fitted
    assert fitted.setting is not None and len(fitted.trials) >= 3
    assert fitted.setting in {trial.setting for trial in fitted.trials}
    alone = network()
    given = replace(OPTIONS, learning_rate=fitted.setting.learning_rate, embedding_decay=fitted.setting.embedding_decay)
    expected = fit(alone, train, valid, given)
    assert expected.trials == [] and fitted.curve == expected.curve
    np.testing.assert_array_equal(predict(chosen.network, valid), predict(alone, valid))


class Killed(Exception):
    pass


@pytest.mark.parametrize("where", ["in the second trial", "after the trials"])
def test_a_killed_choice_goes_on_to_the_same_result(
    planted: Planted, chosen: Chosen, short: None, tmp_path: Path, where: str
) -> None:
    train, valid, network = planted
    second = chosen.fitted.trials[1].setting
    seen = 0

    def kill(step: Step) -> None:
        nonlocal seen
        seen += step.trial == (second if where == "in the second trial" else None)
        if seen == 3:
            raise Killed

    with pytest.raises(Killed):
        fit(network(), train, valid, OPTIONS, tmp_path, on_step=kill)
    resumed = fit(network(), train, valid, OPTIONS, tmp_path)
    assert [trial.setting for trial in resumed.trials] == [trial.setting for trial in chosen.fitted.trials]
    assert resumed.curve == chosen.fitted.curve


def test_only_the_best_trials_state_is_kept(chosen: Chosen) -> None:
    assert len([path for path in chosen.folder.iterdir() if path.is_dir()]) == 1


def test_trials_of_another_run_are_refused(planted: Planted, chosen: Chosen, short: None, tmp_path: Path) -> None:
    train, valid, network = planted
    folder = shutil.copytree(chosen.folder, tmp_path / "copy")
    with pytest.raises(CheckpointError, match="unfinished run with seed = 0, not 5"):
        fit(network(), train, valid, replace(OPTIONS, seed=5), folder)


def test_a_run_no_longer_than_a_trial_has_none(planted: Planted) -> None:
    train, valid, network = planted
    fitted = fit(network(), train, valid, replace(OPTIONS, epochs=1))
    assert fitted.trials == [] and fitted.setting == FitSetting(4e-3, 4.0)


def test_where_every_rate_fails_the_error_says_so(
    planted: Planted, short: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    train, valid, network = planted
    monkeypatch.setattr("trainer.training.fitting.run.LOOK_STEPS", {"cpu": 1})
    broken = network()
    with torch.no_grad():
        broken.tower.last.bias.fill_(math.inf)
    with pytest.raises(DinLensError, match=r"the training loss is (inf|nan) at step 1, so nothing more is learned"):
        fit(broken, train, valid, OPTIONS)


def test_the_file_of_trials_holds_numbers_alone(chosen: Chosen) -> None:
    found: Mapping[str, object] = json.loads((chosen.folder / trials.TRIALS).read_text("utf-8"))
    assert [trial["value"] for trial in found["trials"]] == [trial.value for trial in chosen.fitted.trials]  # type: ignore[attr-defined]
