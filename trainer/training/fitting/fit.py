"""Fitting a network: a rate and a decay by trials, then steps until validation data says that nothing is gained.

A run is a function of (samples, config, options): batches follow from the seed and the epoch, so a killed run
that goes on from its last saved state ends where an unbroken one would have.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from din_core.model.network import InterestNetwork
from trainer.training.fitting.options import FitOptions
from trainer.training.fitting.run import LossError, Run, epoch_batches, most_epochs
from trainer.training.fitting.selection import Entry, Measure, measure_of
from trainer.training.fitting.trials import (
    FitSetting,
    Trial,
    best_trial,
    best_value,
    next_setting,
    read_trials,
    trial_steps,
    write_trials,
)
from trainer.training.fitting.workers import SOLE, SoleWorker
from trainer.training.samples import Samples

Progress = Callable[["Step"], bool | None]
"""Hears of each step; True ends the run there, with the best that it found."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a progress display may show after a step."""

    step: int
    total: int
    """Steps at most"""
    loss: float
    """Exponential mean of the training log loss"""
    samples: int
    """Impressions seen since this process started this run"""
    seconds: float
    trial: FitSetting | None
    """What is tried; None for the run whose result is kept"""
    value: float | None
    """The best value so far of the measure on validation data"""
    evaluations: int
    """So far"""


@dataclass
class Fitted:
    """The outcome of a run: the network holds the best mean of its weights."""

    best_step: int
    steps: int
    seconds: float
    """Of all, trials too"""
    measure: Measure
    """By which the best state was chosen."""
    curve: list[Entry]
    """One entry an evaluation"""
    setting: FitSetting
    """The learning rate and the decay of the run"""
    batch_size: int
    trials: list[Trial] = field(default_factory=list)
    """Short runs among which the setting was chosen; none where it was given"""


def fit(
    model: InterestNetwork,
    train: Samples,
    valid: Samples,
    options: FitOptions,
    state_folder: Path | None = None,
    on_step: Progress | None = None,
    accelerated: bool = True,
    workers: SoleWorker = SOLE,
) -> Fitted:
    """Fit `model` in place. With `state_folder`, go on from the state saved there and save into it.

    `accelerated` computes steps by kernels where there are any for the network. Each of several `workers` calls this
    with the same arguments (of tables that are sharded, its rows) and has the same result; the first alone reads and
    writes the folder.
    """
    with _folder(state_folder) as folder:
        job = _Fit(
            model, train, valid, options, folder, on_step, accelerated, workers, resumable=state_folder is not None
        )
        return job.run()


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    """A place for states: what is given, or one that goes with the run."""
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


class _Fit:
    """Runs on the same data that start from the same weights."""

    def __init__(
        self,
        model: InterestNetwork,
        train: Samples,
        valid: Samples,
        options: FitOptions,
        folder: Path,
        on_step: Progress | None,
        accelerated: bool,
        workers: SoleWorker,
        *,
        resumable: bool,
    ) -> None:
        """`resumable`: states are saved along each run, not only at the end of a trial."""
        self.model, self.train, self.valid, self.options = model, train, valid, options
        self.folder, self.on_step, self.accelerated, self.workers = folder, on_step, accelerated, workers
        workers.start_equal(model)
        self.start = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
        self.done: list[Trial] = []
        self.resumable = resumable

    @cached_property
    def _data(self) -> dict[str, Any]:
        """Hashed only where a state is kept: on much data that takes long."""
        return data_identity(self.model, self.train, self.valid)

    def run(self) -> Fitted:
        """Trials where something is to be chosen and the run is longer than one, and the run."""
        epoch_steps = len(epoch_batches(self.train, self.options, 0))
        if self._chooses and epoch_steps * most_epochs(self.options, epoch_steps) > trial_steps(epoch_steps):
            setting = self._choose(measure_of(self.valid))
            run = self._make(self._with(setting))
            self._drive(run, self._place(setting), None)
        else:
            run = self._make(self.options)
            setting = FitSetting(run.rate, run.embedding_decay)
            self._drive(run, self.folder if self.resumable else None, None)
        self.model.load_state_dict(run.best)
        others = sum(trial.seconds for trial in self.done if trial.setting != setting)
        seconds = run.seconds + others
        return Fitted(
            run.best_step, run.step, seconds, run.measure, run.curve, setting, run.batch_size, trials=self.done
        )

    @property
    def _chooses(self) -> bool:
        decays = self.options.regularisation == "decay" and self.options.embedding_decay is None
        return decays or self.options.learning_rate is None

    def _make(self, options: FitOptions) -> Run:
        self.model.load_state_dict(self.start)
        return Run(self.model, self.train, self.valid, options, self.accelerated, self.workers)

    def _with(self, setting: FitSetting) -> FitOptions:
        decay = self.options.embedding_decay if setting.embedding_decay is None else setting.embedding_decay
        return replace(self.options, learning_rate=setting.learning_rate, embedding_decay=decay)

    def _place(self, setting: FitSetting) -> Path:
        """Where a trial's state lies."""
        return self.folder / f"rate {setting.learning_rate:g}, decay {setting.embedding_decay}"

    def _identity(self, options: FitOptions) -> dict[str, Any]:
        return {"options": asdict(options), **self._data}

    def _choose(self, measure: Measure) -> FitSetting:
        """Run trials until the best is found; of all, its state alone is kept."""
        self.done = self.workers.same(lambda: read_trials(self.folder, self._identity(self.options)))
        while (setting := next_setting(self.done, self.options, measure)) is not None:
            self.done.append(self._try(setting, measure))
            if self.workers.rank == 0:
                self._keep_best(measure)
        found = best_trial(self.done, measure)
        if found is None:
            return self.done[0].setting  # whose run will fail as it did, in its words
        return found.setting

    def _keep_best(self, measure: Measure) -> None:
        """Write down what was tried, and remove the states of all others."""
        write_trials(self.folder, self._identity(self.options), self.done)
        best = best_trial(self.done, measure)
        for trial in self.done:
            if trial is not best:
                shutil.rmtree(self._place(trial.setting), ignore_errors=True)

    def _try(self, setting: FitSetting, measure: Measure) -> Trial:
        run = self._make(self._with(setting))
        try:
            self._drive(run, self._place(setting), setting)
        except LossError:
            return Trial(setting, None, run.step, run.seconds)
        return Trial(setting, best_value(measure, run.curve), run.step, run.seconds)

    def _drive(self, run: Run, folder: Path | None, trial: FitSetting | None) -> None:
        """Steps to the end, or to that of a trial; goes on from the folder's state, where there is one."""
        identity = self._identity(run.options) if folder and self.workers.rank == 0 else {}
        saved = self.workers.load(folder, identity, run.shards) if folder else None
        if saved:
            run.restore(saved)
        until = trial_steps(len(run.batches)) if trial else None
        started, last_save, seen, spent = time.monotonic(), time.monotonic(), 0, run.seconds
        stopped, value = False, best_value(run.measure, run.curve)
        while not (stopped or run.finished or (until is not None and run.step >= until and run.just_evaluated)):
            seen += run.advance()
            run.seconds = spent + time.monotonic() - started
            if run.just_evaluated:
                value = best_value(run.measure, run.curve)
            if self.on_step:
                total, seconds, looks = until or run.total, run.seconds - spent, len(run.curve)
                stopped = bool(self.on_step(Step(run.step, total, run.loss, seen, seconds, trial, value, looks)))
            overdue = time.monotonic() - last_save > self.options.save_seconds
            if folder and self.resumable and self.workers.saves_now(run.step, run.just_evaluated, overdue):
                self.workers.save(folder, identity, run.snapshot())
                last_save = time.monotonic()
        if folder and trial:
            self.workers.save(folder, identity, run.snapshot())


def data_identity(model: InterestNetwork, train: Samples, valid: Samples) -> dict[str, Any]:
    """What makes a run's result beside its options."""
    identity = {
        "config": model.config.to_dict(),
        "train data": train.fingerprint(),
        "validation data": valid.fingerprint(),
        "device": next(model.parameters()).device.type,
    }
    if model.item.vectors is not None:
        values = model.item.vectors.weight.detach().cpu().numpy()
        identity["vectors"] = hashlib.sha256(values.tobytes()).hexdigest()[:12]
    return identity
