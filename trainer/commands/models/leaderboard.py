"""`leaderboard`: train every model with every seed and measure them in one table."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from din_core.domain import DinLensError
from trainer.cluster.side_by_side import train_side_by_side
from trainer.commands.shared.training_options import (
    STORE_VARIABLE,
    command_line,
    declare,
    train_options,
    train_with_bar,
)
from trainer.evaluation.failed_runs import failure_of
from trainer.evaluation.leaderboard_runs import TrainAll, as_markdown, leaderboard, name_of
from trainer.evaluation.parallel_runs import run_in_parallel
from trainer.progress import say
from trainer.training.recipes import RECIPES
from trainer.training.samples import SPLITS
from trainer.training.train import TrainOptions


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options; those of fitting are laid over every model's own."""
    parser.add_argument("--out", type=Path, required=True, help="folder of the table and of the runs, MODEL-SEED each")
    parser.add_argument("--models", type=_models, default=list(RECIPES), metavar="A,B", help="models to train (all)")
    parser.add_argument("--seeds", type=_seeds, default=[0, 1, 2], metavar="A,B", help="seeds of each (0,1,2)")
    parser.add_argument("--split", choices=SPLITS, default="test", help="where to measure (%(default)s)")
    parser.add_argument(
        "--jobs", type=int, metavar="N", help="runs side by side, one thread each (1; with --ray, one a core)"
    )
    parser.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="train by the Ray cluster there, or by a new one of this machine (local); see CLUSTER.md",
    )
    parser.add_argument(
        "--measure-only", action="store_true", help="train nothing: measure the runs that are finished, however fitted"
    )
    declare(parser)
    parser.add_argument(
        "--restart", action="store_true", help="delete finished runs of other options, and unfinished ones, first"
    )


def _models(text: str) -> list[str]:
    """Names in the recipes' order."""
    named = text.split(",")
    strange = [name for name in named if name not in RECIPES]
    if strange:
        raise argparse.ArgumentTypeError(f"there is no model {strange[0]!r}; take some of {', '.join(RECIPES)}")
    return [name for name in RECIPES if name in named]


def _seeds(text: str) -> list[int]:
    return list(dict.fromkeys(int(part) for part in text.split(",")))


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Train and measure; called again, it goes on where it was stopped."""
    if args.jobs is not None and args.jobs < 1:
        raise DinLensError(f"--jobs is {args.jobs}, but must be 1 or more; give another value")
    restart, args.restart = args.restart, False  # what is in the way is gone before a run begins
    runs = [
        train_options(args, model, seed, args.out / f"{model}-{seed}") for model in args.models for seed in args.seeds
    ]
    if args.measure_only:
        runs = [run for run in runs if run.out.exists()]
        if not runs:
            raise DinLensError(f"{args.out} holds 0 finished runs; leave out --measure-only to train them")

    train_all = trainer_of(args)
    return leaderboard(runs, args.split, args.out, train_all, restart=restart, as_fitted=args.measure_only, say=say)


def trainer_of(args: argparse.Namespace) -> TrainAll:
    """Where the runs are trained: in this process, in several beside it, or by a cluster."""

    def beside(missing: Sequence[TrainOptions]) -> dict[str, str]:
        commands = {name_of(run): command_line(args, run) for run in missing}
        return run_in_parallel(commands, args.jobs, say, {STORE_VARIABLE: args.store})

    if args.ray is not None:
        return lambda missing: train_side_by_side(missing, args.ray, args.jobs, say)
    return one_by_one if args.jobs in (None, 1) else beside


def one_by_one(missing: Sequence[TrainOptions]) -> dict[str, str]:
    """Train in this process; the failures by name."""
    failures = {}
    for run in missing:
        say(f"{name_of(run)}: training")
        why = failure_of(partial(train_with_bar, run), run.store)
        if why is not None:
            failures[name_of(run)] = why
    return failures


def render(result: dict[str, Any]) -> str:
    """The table."""
    return as_markdown(result)
