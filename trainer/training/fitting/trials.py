"""Which learning rate and embedding decay to train with: short runs, compared by validation data.

How strong the embeddings of rare items must be decayed depends on the data: by a factor of 16 between groceries that
are bought weekly and products that are bought once. A climb by factors of 4 finds it in two or three short runs, of
which the best goes on, so that only the others are lost.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from trainer.training.fitting.options import FitOptions
from trainer.training.fitting.resume import check_identity
from trainer.training.fitting.run import EMBEDDING_DECAY, LEARNING_RATE
from trainer.training.fitting.selection import Entry, Measure, worth

TRIAL_EPOCHS = 1.25
"""Reaches into the second epoch, at whose start it shows how much of the first was learned by heart."""
LEAST_STEPS, MOST_STEPS = 300, 3000
"""Of a trial."""
FACTOR = 4.0
LEAST_DECAY, MOST_DECAY = EMBEDDING_DECAY / FACTOR**3, EMBEDDING_DECAY * FACTOR**2
LEAST_RATE = LEARNING_RATE / FACTOR**2
LEAST_GAIN = 0.003
"""What a weaker decay or a lower rate must gain. A trial is short, and what is learned by heart shows late: on Amazon's
Sports a decay of 1 was .001 ahead after a trial, and .007 behind in the end. A lower rate takes twice as long."""
TRIALS = "trials.json"


@dataclass(frozen=True, slots=True)
class FitSetting:
    """What a trial tries."""

    learning_rate: float
    embedding_decay: float | None
    """None where item embeddings are not decayed as a whole."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A short run that was made."""

    setting: FitSetting
    value: float | None
    """The best value of the measure on validation data; None where the loss became no number."""
    steps: int
    seconds: float


def trial_steps(epoch_steps: int) -> int:
    """Steps of a trial on data whose epoch has so many."""
    return min(MOST_STEPS, max(LEAST_STEPS, math.ceil(TRIAL_EPOCHS * epoch_steps)))


def next_setting(done: Sequence[Trial], options: FitOptions, measure: Measure) -> FitSetting | None:
    """What to try after these trials; None where the best of them is to go on. What `options` give stays as given.

    The decay climbs first, down and else up. Then a lower rate is tried at the same pull to zero, rate · decay.
    """
    by_row = options.regularisation != "decay"
    rate = LEARNING_RATE if options.learning_rate is None else options.learning_rate
    decay = EMBEDDING_DECAY if options.embedding_decay is None else options.embedding_decay
    if not done:
        return FitSetting(rate, None if by_row else decay)
    tried = {trial.setting for trial in done}
    best = best_trial(done, measure)
    wanted = []
    if best is None:
        wanted.append(_slower(done[-1].setting, options))
    else:
        if options.embedding_decay is None and not by_row and best.setting.learning_rate == rate:
            wanted += _other_decays(best.setting)
        wanted.append(_slower(best.setting, options))
    return next((setting for setting in wanted if setting is not None and setting not in tried), None)


def best_trial(done: Sequence[Trial], measure: Measure) -> Trial | None:
    """The one to go on with; None where all failed."""
    best: Trial | None = None
    for trial in done:
        if trial.value is None:
            continue
        if best is None or worth(measure, trial.value) > worth(measure, best.value) + _handicap(trial, best):
            best = trial
    return best


def _handicap(trial: Trial, best: Trial) -> float:
    """What a trial must gain on the best before it."""
    weaker = (trial.setting.embedding_decay or 0) < (best.setting.embedding_decay or 0)
    slower = trial.setting.learning_rate < best.setting.learning_rate
    return LEAST_GAIN if weaker or slower else 0.0


def best_value(measure: Measure, curve: Sequence[Entry]) -> float | None:
    """The best value of the measure on a curve."""
    values = [entry[measure] for entry in curve]
    return max(values, key=lambda value: worth(measure, value), default=None)


def read_trials(folder: Path, identity: Mapping[str, Any]) -> list[Trial]:
    """Those that an earlier process finished in this folder; CheckpointError when they belong to another run."""
    path = folder / TRIALS
    if not path.is_file():
        return []
    found = json.loads(path.read_text(encoding="utf-8"))
    check_identity(folder, found["identity"], identity)
    return [Trial(**{**trial, "setting": FitSetting(**trial["setting"])}) for trial in found["trials"]]


def write_trials(folder: Path, identity: Mapping[str, Any], done: Sequence[Trial]) -> None:
    """Replace the file of finished trials in one step."""
    folder.mkdir(parents=True, exist_ok=True)
    new = folder / f"{TRIALS}.new"
    new.write_text(json.dumps({"identity": identity, "trials": [asdict(trial) for trial in done]}), encoding="utf-8")
    os.replace(new, folder / TRIALS)


def _other_decays(setting: FitSetting) -> list[FitSetting]:
    """A weaker one, then a stronger one."""
    assert setting.embedding_decay is not None
    weaker, stronger = setting.embedding_decay / FACTOR, setting.embedding_decay * FACTOR
    decays = [decay for decay in (weaker, stronger) if LEAST_DECAY <= decay <= MOST_DECAY]
    return [FitSetting(setting.learning_rate, decay) for decay in decays]


def _slower(setting: FitSetting, options: FitOptions) -> FitSetting | None:
    """A quarter of the rate, and what of the decay is not given so much stronger."""
    rate = setting.learning_rate / FACTOR
    if options.learning_rate is not None or rate < LEAST_RATE:
        return None
    free = setting.embedding_decay is not None and options.embedding_decay is None
    stronger = setting.embedding_decay * FACTOR if free and setting.embedding_decay else setting.embedding_decay
    return FitSetting(rate, stronger)
