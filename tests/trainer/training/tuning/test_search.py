"""A search in a given time: what it tries, what it keeps, and that it can be gone on with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from din_core.domain import CheckpointError, DinLensError
from trainer.training.fitting.fit import Fitted, Progress, Step
from trainer.training.fitting.trials import FitSetting
from trainer.training.tuning import search as module
from trainer.training.tuning.search import FIRST, BestSetting, Parameters, SettingSearch, describe_search, search_space


class Clock:
    """Stands in the place of `time`."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(module, "time", made)
    return made


Curve = Callable[[Parameters], list[float]]


def searched(
    folder: Path,
    clock: Clock,
    curve: Curve,
    minutes: float = 2.0,
    trials: list[Parameters] | None = None,
    identity: str = "this",
    seconds: float = 1.0,
) -> BestSetting:
    """A search in which a trial's evaluations have the values of a curve, and take so many seconds each."""

    def run_trial(parameters: Parameters, hear: Progress) -> tuple[dict[str, torch.Tensor], Fitted]:
        seen: list[float] = []
        for n, value in enumerate(curve(parameters), 1):
            clock.now += seconds
            seen.append(value)
            if hear(Step(n, 10, 0.5, n, n, None, max(seen), n)):
                break
        if trials is not None:
            trials.append(parameters)
        entries = [{"step": n, "epoch": n / 4, "gauc": value} for n, value in enumerate(seen, 1)]
        fitted = Fitted(1, len(seen), 1.0, "gauc", entries, FitSetting(parameters["learning_rate"], 1.0), 64)
        return {"rate": torch.tensor(parameters["learning_rate"])}, fitted

    search = SettingSearch(
        minutes, search_space({}), run_trial, folder, seed=0, measure="gauc", identity={"which": identity}
    )
    return search.run(lambda _: None)


def flat(parameters: Parameters) -> list[float]:
    """Worth the more the lower the rate is, in five evaluations."""
    return [0.7 - parameters["learning_rate"]] * 5


def test_the_first_trial_is_the_setting_that_a_run_starts_from(tmp_path: Path, clock: Clock) -> None:
    trials: list[Parameters] = []
    searched(tmp_path, clock, flat, trials=trials)
    assert trials[0] == FIRST and trials[1] != FIRST


def test_the_best_trials_weights_are_kept(tmp_path: Path, clock: Clock) -> None:
    trials: list[Parameters] = []
    found = searched(tmp_path, clock, flat, trials=trials)
    best = min(one["learning_rate"] for one in trials)
    assert found.parameters["learning_rate"] == best
    assert float(found.weights["rate"]) == pytest.approx(best)
    assert found.fitted.setting == FitSetting(best, 1.0)


def test_no_trial_begins_after_the_time_and_the_one_under_way_ends_with_what_it_has(
    tmp_path: Path, clock: Clock
) -> None:
    found = searched(tmp_path, clock, lambda _: [0.6] * 100, minutes=0.5)
    assert clock.now == 30
    (only,) = found.record["trials"]
    assert (only["value"], only["ended"], found.record["seconds"]) == (0.6, "complete", 30)


def test_trials_behind_the_others_are_pruned(tmp_path: Path, clock: Clock) -> None:
    found = searched(tmp_path, clock, lambda p: [0.7 if p == FIRST else 0.7 - p["learning_rate"]] * 20, minutes=10)
    ended = [trial["ended"] for trial in found.record["trials"]]
    assert "pruned" in ended and "complete" in ended
    assert f"{ended.count('pruned')} of them pruned" in describe_search(found)
    assert "best: rate 0.004, decay 4, dropout 0.3, width by vocabulary size, validation GAUC 0.7000" in (
        describe_search(found)
    )


class Killed(Exception):
    pass


def test_a_killed_search_goes_on_with_the_time_that_is_left(tmp_path: Path, clock: Clock) -> None:
    def killed(parameters: Parameters) -> list[float]:
        if clock.now >= 30:
            raise Killed
        return flat(parameters)

    with pytest.raises(Killed):
        searched(tmp_path, clock, killed, minutes=1)
    before = clock.now
    found = searched(tmp_path, clock, flat, minutes=1)
    assert clock.now - before <= 60 - 30 + 5
    ended = [trial["ended"] for trial in found.record["trials"]]
    assert ended.count("fail") == 1  # what ran when it was killed


def test_a_search_on_other_data_is_refused(tmp_path: Path, clock: Clock) -> None:
    searched(tmp_path, clock, flat)
    with pytest.raises(CheckpointError, match="unfinished run with which = this, not that"):
        searched(tmp_path, clock, flat, identity="that")


def test_where_every_trial_fails_the_error_says_why(tmp_path: Path, clock: Clock) -> None:
    def failing(parameters: Parameters) -> list[float]:
        clock.now += 20
        raise DinLensError("the training loss is nan")

    with pytest.raises(DinLensError, match=r"no trial came to an evaluation in 1 minutes.*the training loss is nan"):
        searched(tmp_path, clock, failing, minutes=1)


def test_what_is_given_is_not_searched() -> None:
    space = search_space({"learning_rate": 0.01, "item_width": 8})
    assert set(space.first) == {"embedding_decay", "tower_dropout"}
    assert set(space.ranges) | set(space.shares) | set(space.choices) == set(space.first)
    with pytest.raises(DinLensError, match="nothing to search, as all of learning_rate, embedding_decay"):
        search_space(FIRST)
