"""What `train` and `leaderboard` share: the options of a training run, and a run with a progress bar."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from trainer.cluster.options import ClusterOptions
from trainer.cluster.training import train_on_cluster
from trainer.progress import say
from trainer.training.calibration.logit_fit import FORMS
from trainer.training.fields.pretrained_vectors import DEFAULT, USES
from trainer.training.fitting.fit import Step
from trainer.training.fitting.optimisers.regularisation import REGULARISATIONS
from trainer.training.fitting.options import BATCH, FitOptions
from trainer.training.fitting.trials import FitSetting
from trainer.training.model_fields import ModelFields
from trainer.training.recipes import RECIPES, Recipe
from trainer.training.train import DROPOUT, TrainOptions, fit_options, train

STORE_VARIABLE = "DIN_TRAIN_STORE"
"""Says the store's URL to `train` in another process: its password would stand in the list of processes else."""
_DEFAULTS = TrainOptions("", "din", Path())


def _own(option: str) -> str:
    """An option's values by recipe, each with the models that have it; without such, its one default."""
    if option not in {own.name for own in fields(Recipe)}:
        return str(getattr(_DEFAULTS.fit, option))
    models: dict[object, list[str]] = {}
    for model, recipe in RECIPES.items():
        models.setdefault(getattr(recipe, option), []).append(model)
    common = max(models, key=lambda value: len(models[value]))
    others = [f"{value} for {', '.join(names)}" for value, names in models.items() if value != common]
    return "; ".join([str(common), *others])


_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "device": {"default": _DEFAULTS.device, "help": "auto, cpu or cuda (%(default)s)"},
    "epochs": {"type": int, "help": "passes over the data, at most (until validation data gain nothing)"},
    "max-history": {"type": int, "help": f"behaviors kept ({_own('max_history')})"},
    "item-fields": {"metavar": "A,B", "help": "item fields to read beside item_id (all that are categories)"},
    "user-fields": {"metavar": "A,B", "help": "profile fields to read (all that are categories)"},
    "context-fields": {"metavar": "A,B", "help": "fields of impressions to read (all that are categories)"},
    "numeric": {"metavar": "A,B", "help": "fields to read as numbers (prices, and those of over 50 decimal numbers)"},
    "categorical": {"metavar": "A,B", "help": "fields to read as categories though they are numbers"},
    "buckets": {
        "type": int,
        "default": _DEFAULTS.buckets,
        "help": "that a numeric field is read in, at most (%(default)s)",
    },
    "vectors": {
        "choices": USES,
        "help": f"the items' pretrained vectors: as they are, trained too, or not read ({DEFAULT} where there are any)",
    },
    "item-width": {"type": int, "help": "of every item field (by vocabulary size)"},
    "batch-size": {"type": int, "help": f"impressions a step ({BATCH}, or less on small data)"},
    "learning-rate": {"type": float, "help": "of Adam, after a warm-up (chosen on validation data)"},
    "regularisation": {
        "choices": REGULARISATIONS,
        "help": "of item embeddings: weight decay, or mini-batch aware by samples or batches "
        f"({_own('regularisation')})",
    },
    "mba": {"type": float, "help": f"λ of mini-batch aware ({_own('mba')})"},
    "embedding-decay": {"type": float, "help": "of item embeddings (chosen on validation data)"},
    "decay": {"type": float, "help": f"of all else ({_own('decay')})"},
    "dropout": {"type": float, "help": f"in the tower ({DROPOUT})"},
    "min-count": {"type": int, "default": _DEFAULTS.min_count, "help": "for a row of its own (%(default)s)"},
    "compile": {
        "choices": ("auto", "on", "off"),
        "default": _DEFAULTS.compile,
        "help": "compiled layers (%(default)s)",
    },
    "tune": {
        "type": float,
        "metavar": "MINUTES",
        "help": "search for the best rate, decay, dropout and width on validation data, for so long (needs optuna)",
    },
    "calibration": {
        "choices": FORMS,
        "default": _DEFAULTS.calibration,
        "help": "of probabilities on validation data: slope and bias of the logit, slope alone, or none (%(default)s)",
    },
}
"""Name -> declaration. An option that is not given is None where the recipe has a say."""


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the options of a run; those of its place and seed are the command's own."""
    default = os.environ.get(STORE_VARIABLE) or "sqlite:///din.db"
    parser.add_argument("--store", default=default, help="URL of the store (sqlite:///din.db)")
    for name, declared in _OPTIONS.items():
        parser.add_argument(f"--{name}", **declared)


def train_options(
    args: argparse.Namespace, model: str, seed: int, out: Path, changes: Mapping[str, Any] | None = None
) -> TrainOptions:
    """One run as the command line has it; what it does not name is the recipe's."""
    given = {own.name: getattr(args, own.name, None) for own in fields(FitOptions)}
    return TrainOptions(
        store=args.store,
        model=model,
        out=out,
        device=args.device,
        compile=args.compile,
        max_history=args.max_history,
        min_count=args.min_count,
        fields=ModelFields(
            _names(args.item_fields),
            _names(args.user_fields),
            _names(args.context_fields),
            numeric=_names(args.numeric) or (),
            categorical=_names(args.categorical) or (),
        ),
        buckets=args.buckets,
        vectors=args.vectors,
        calibration=args.calibration,
        tune=args.tune,
        item_width=args.item_width,
        changes=changes or {},
        tower_dropout=args.dropout,
        restart=args.restart,
        fit=fit_options(RECIPES[model], {**given, "seed": seed}),
    )


def _names(given: str | None) -> tuple[str, ...] | None:
    return None if given is None else tuple(filter(None, given.split(",")))


def command_line(args: argparse.Namespace, options: TrainOptions) -> list[str]:
    """The `train` command that makes one of `train_options`' runs in another process, told the store by variables."""
    given = {name: getattr(args, name.replace("-", "_")) for name in _OPTIONS}
    given |= {"model": options.model, "seed": options.fit.seed, "out": options.out}
    flags = [f"--{name}={value}" for name, value in given.items() if value is not None]
    return ["train", *flags, *(["--restart"] if options.restart else [])]


def _in_words(trial: FitSetting | None) -> str:
    if trial is None:
        return "training"
    return f"trial: rate {trial.learning_rate:g}" + (
        "" if trial.embedding_decay is None else f", decay {trial.embedding_decay:g}"
    )


def train_with_bar(options: TrainOptions, cluster: ClusterOptions | None = None) -> dict[str, Any]:
    """Train with a progress bar on stderr, in this process or on a cluster; the metrics."""
    with tqdm(unit="step", file=sys.stderr, disable=None, dynamic_ncols=True) as bar:

        def on_step(step: Step) -> None:
            bar.total, bar.n = step.total, step.step
            bar.set_description_str(_in_words(step.trial), refresh=False)
            value = "" if step.value is None else f", validation {step.value:.4f}"
            speed = f"{step.samples / step.seconds:,.0f} samples/s"
            bar.set_postfix_str(f"loss {step.loss:.4f}{value}, {speed}", refresh=False)
            bar.update(0)

        try:
            if cluster is not None:
                return train_on_cluster(options, cluster, say, on_step)
            return train(options, say=say, on_step=on_step)
        finally:
            torch.compiler.reset()  # else the next model in this process would count as a recompilation of this one
