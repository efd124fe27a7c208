"""A search by Optuna (Akiba et al., KDD 2019) for the setting that validation data like best, in a given time.

Each trial is a run of `fit`; one that is behind the others at the same evaluation is pruned, and what runs when the
time is over is ended with the best that it found. The weights of the best trial are kept, so that nothing has to be
trained once more. Finished trials lie in a journal beside them: a search that was killed goes on with the time that
was left.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors.torch import load_file, save_file
from torch import Tensor

from din_core.domain import DinLensError
from trainer.training.fitting.fit import Fitted, Progress, Step
from trainer.training.fitting.resume import check_identity
from trainer.training.fitting.run import EMBEDDING_DECAY, LEARNING_RATE
from trainer.training.fitting.selection import NAMES, Measure, worth
from trainer.training.fitting.trials import FitSetting, best_value

if TYPE_CHECKING:
    import optuna

JOURNAL, BEST = "trials.log", "best.safetensors"
USED, IDENTITY, BEST_TRIAL, BEST_VALUE = "seconds used", "identity", "best trial", "best value"
"""Of the study."""
FITTED = "fitted"
"""Of a trial."""
STARTUP_TRIALS, STARTUP_EVALUATIONS = 4, 4
"""Trials, and evaluations of each, before any is pruned."""
INSTALL = "pip install optuna==5.0.0"

FIRST = {"learning_rate": LEARNING_RATE, "embedding_decay": EMBEDDING_DECAY, "tower_dropout": 0.3, "item_width": 0}

Parameters = Mapping[str, Any]
"""Values by name, as FIRST has them; an item_width of 0 is a width by vocabulary size."""
RunTrial = Callable[[Parameters, Progress], tuple[dict[str, Tensor], Fitted]]
"""Fits a network with these parameters; its best weights, and how it went."""


@dataclass(frozen=True, slots=True)
class BestSetting:
    """The best of a search."""

    parameters: dict[str, Any]
    weights: dict[str, Tensor]
    fitted: Fitted
    record: dict[str, Any]
    """What the checkpoint keeps of all trials"""


@dataclass(frozen=True, slots=True)
class Space:
    """What is searched; a parameter that the caller was given is no part of it."""

    ranges: Mapping[str, tuple[float, float]]
    """Name → least and most, on a scale of logarithms."""
    shares: Mapping[str, tuple[float, float]]
    """Name → least and most, on a plain scale."""
    choices: Mapping[str, tuple[Any, ...]]
    first: Parameters
    """Tried first."""

    def ask(self, trial: optuna.Trial) -> dict[str, Any]:
        """A point of it."""
        return {
            **{name: trial.suggest_float(name, *ends, log=True) for name, ends in self.ranges.items()},
            **{name: trial.suggest_float(name, *ends) for name, ends in self.shares.items()},
            **{name: trial.suggest_categorical(name, values) for name, values in self.choices.items()},
        }


def search_space(given: Parameters) -> Space:
    """All that is searched but what is given (and not None)."""

    def free(whole: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in whole.items() if given.get(name) is None}

    if all(given.get(name) is not None for name in FIRST):
        raise DinLensError(
            f"--tune has nothing to search, as all of {', '.join(FIRST)} are given; leave out one of them"
        )
    return Space(
        free({"learning_rate": (5e-4, 2e-2), "embedding_decay": (0.03, 64.0)}),
        free({"tower_dropout": (0.0, 0.6)}),
        free({"item_width": (0, 8, 16, 32, 64)}),
        free(FIRST),
    )


class SettingSearch:
    """Trials of `run_trial` in `folder`, as many as fit into `minutes`; goes on from the journal there."""

    def __init__(
        self,
        minutes: float,
        space: Space,
        run_trial: RunTrial,
        folder: Path,
        *,
        seed: int,
        measure: Measure,
        identity: Mapping[str, Any],
    ) -> None:
        """CheckpointError where the journal is of another search: `identity` says of which."""
        self.minutes, self.space, self.run_trial, self.folder = minutes, space, run_trial, folder
        self.measure, self.begun, self.error = measure, time.monotonic(), ""
        self.study = _study(folder, seed)
        self.used = float(self.study.user_attrs.get(USED, 0.0))
        if IDENTITY in self.study.user_attrs:
            check_identity(folder, self.study.user_attrs[IDENTITY], identity)
        self.study.set_user_attr(IDENTITY, json.loads(json.dumps(identity)))

    @property
    def left(self) -> float:
        """Seconds."""
        return 60 * self.minutes - self.used - (time.monotonic() - self.begun)

    def run(self, on_step: Progress) -> BestSetting:
        """The best of all trials; DinLensError where none came to an evaluation."""
        if not self.study.trials:
            self.study.enqueue_trial(dict(self.space.first))
        while self.left > 0:
            self._try(self.study.ask(), on_step)
            self.study.set_user_attr(USED, 60 * self.minutes - self.left)
        return self._best()

    def _try(self, trial: optuna.Trial, on_step: Progress) -> None:
        """One trial, told to the study."""
        import optuna

        looks, pruned = 0, False

        def hear(step: Step) -> bool:
            nonlocal looks, pruned
            on_step(step)
            if step.evaluations > looks and step.value is not None:
                looks = step.evaluations
                trial.report(worth(self.measure, step.value), looks)
                pruned = trial.should_prune()
            return pruned or (self.left <= 0 and looks > 0)

        try:
            weights, fitted = self.run_trial(self.space.ask(trial), hear)
        except DinLensError as error:  # a rate at which the loss is no number, a width beyond the memory
            self.error = f"; the last one: {error}"
            self.study.tell(trial, state=optuna.trial.TrialState.FAIL)
            return
        trial.set_user_attr(FITTED, asdict(fitted))
        if pruned:
            self.study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            return
        value = max(worth(self.measure, entry[self.measure]) for entry in fitted.curve)
        best = self.study.user_attrs.get(BEST_VALUE)
        if best is None or value > best:
            # The weights first: a process that is killed between the two runs that trial once more, or none is lost.
            self._keep(weights)
            self.study.set_user_attr(BEST_TRIAL, trial.number)
            self.study.set_user_attr(BEST_VALUE, value)
        self.study.tell(trial, value)

    def _keep(self, weights: Mapping[str, Tensor]) -> None:
        new = self.folder / f"{BEST}.new"
        save_file({name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}, new)
        new.replace(self.folder / BEST)

    def _best(self) -> BestSetting:
        number = self.study.user_attrs.get(BEST_TRIAL)
        if number is None:
            raise DinLensError(
                f"no trial came to an evaluation in {self.minutes:g} minutes, so there is nothing to choose from; "
                f"give --tune more of them{self.error}"
            )
        best = self.study.trials[number]
        facts = dict(best.user_attrs[FITTED])
        setting = FitSetting(**facts.pop("setting"))
        fitted = Fitted(**{**facts, "setting": setting, "trials": []})
        return BestSetting(dict(best.params), load_file(self.folder / BEST), fitted, self._record(number))

    def _record(self, best: int) -> dict[str, Any]:
        trials = [
            {
                **trial.params,
                "value": _value(self.measure, trial.user_attrs.get(FITTED)),
                "epochs": trial.user_attrs[FITTED]["curve"][-1]["epoch"] if FITTED in trial.user_attrs else None,
                "ended": trial.state.name.lower(),
            }
            for trial in self.study.trials
        ]
        seconds = round(60 * self.minutes - self.left, 1)
        return {"minutes": self.minutes, "seconds": seconds, "measure": self.measure, "best": best, "trials": trials}


def _value(measure: Measure, fitted: Mapping[str, Any] | None) -> float | None:
    return best_value(measure, fitted["curve"]) if fitted else None


def _study(folder: Path, seed: int) -> optuna.Study:
    """The folder's study, new or gone on with; a trial that a killed process left is given up."""
    try:
        import optuna
        from optuna.storages import JournalStorage
        from optuna.storages.journal import JournalFileBackend
    except ImportError as error:
        raise DinLensError(f"--tune needs the package optuna, which is not installed; {INSTALL}") from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    folder.mkdir(parents=True, exist_ok=True)
    study = optuna.create_study(
        storage=JournalStorage(JournalFileBackend(str(folder / JOURNAL))),
        study_name="tuning",
        sampler=optuna.samplers.TPESampler(seed=seed),
        pruner=optuna.pruners.MedianPruner(STARTUP_TRIALS, STARTUP_EVALUATIONS),
        direction="maximize",
        load_if_exists=True,
    )
    for trial in study.get_trials(states=(optuna.trial.TrialState.RUNNING,)):
        study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
    return study


def describe_search(found: BestSetting) -> str:
    """One line on what was tried and what was best."""
    ended = [trial["ended"] for trial in found.record["trials"]]
    best = found.record["trials"][found.record["best"]]
    return (
        f"{len(ended)} trials in {found.record['seconds'] / 60:.1f} minutes, {ended.count('pruned')} of them pruned; "
        f"best: {setting_in_words(found.parameters)}, validation {NAMES[found.record['measure']]} {best['value']:.4f}"
    )


def setting_in_words(parameters: Parameters) -> str:
    """The values that a trial had."""
    words = {"learning_rate": "rate", "embedding_decay": "decay", "tower_dropout": "dropout", "item_width": "width"}
    values = {name: f"{parameters[name]:.3g}" for name in words if parameters.get(name) is not None}
    if values.get("item_width") == "0":
        values["item_width"] = "by vocabulary size"
    return ", ".join(f"{words[name]} {value}" for name, value in values.items())
