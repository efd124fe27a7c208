"""What a checkpoint says of the run that made it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from trainer.training.fitting.fit import Fitted
from trainer.training.fitting.selection import Entry


def fitted_facts(fitted: Fitted) -> dict[str, Any]:
    """What was chosen for a run, and by which trials, by the names of FitOptions."""
    chosen = {"batch_size": fitted.batch_size, **asdict(fitted.setting)}
    trials = [
        {**asdict(trial.setting), "value": trial.value, "steps": trial.steps, "seconds": round(trial.seconds, 1)}
        for trial in fitted.trials
    ]
    return {**chosen, "trials": trials}


def best_entry(fitted: Fitted) -> Entry:
    """The evaluation whose state the checkpoint holds."""
    return next((entry for entry in fitted.curve if entry["step"] == fitted.best_step), {})
