"""`train`: fit a model on a store and write a checkpoint."""

from __future__ import annotations

import argparse
import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from din_core.domain import DinLensError
from din_core.domain.translatable import sentence_of
from din_core.model.config import BEHAVIOR_TYPE, GAP_EDGES
from trainer.cluster.options import ClusterOptions
from trainer.commands.shared.training_options import declare, train_options, train_with_bar
from trainer.training.calibration.calibrate import RECORD
from trainer.training.calibration.sentences import lines as calibration_lines
from trainer.training.continuation import CONTINUED, describe_continuation
from trainer.training.fields.training_vocabulary import MAX_VALUES
from trainer.training.recipes import RECIPES
from trainer.training.train import TrainOptions

OF_THE_NETWORK = (
    *("config", "max_history", "item_fields", "user_fields", "context_fields", "numeric", "categorical", "vectors"),
    *("item_width", "dropout", "unit_reads"),
)
"""Options of what a checkpoint from which training goes on has settled."""
MOST_LINES = 20
"""Of the curve."""
BESIDE = ("type", "gap")
"""What an activation unit may read of a behavior beside its item."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--model", choices=RECIPES, default="din", metavar="NAME", help=f"{', '.join(RECIPES)}")
    parser.add_argument("--config", type=Path, metavar="FILE", help="JSON object of model options, laid over NAME's")
    parser.add_argument("--out", type=Path, required=True, help="folder of the checkpoint")
    parser.add_argument("--seed", type=int, default=0, help="fixes a CPU run (%(default)s)")
    declare(parser)
    parser.add_argument(
        "--unit-reads",
        metavar="A,B",
        type=_beside,
        default=(),
        help="what DIN's unit reads of a behavior beside its item: type, gap or both (nothing)",
    )
    parser.add_argument(
        "--max-values",
        type=int,
        metavar="N",
        default=MAX_VALUES,
        help="embedding rows of a field, at most: those of its most frequent values (%(default)s)",
    )
    parser.add_argument(
        "--continue-from",
        type=Path,
        metavar="DIR",
        help="a checkpoint of the same model to go on from, with its fields and network; new values get rows (anew)",
    )
    parser.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="train by processes of the Ray cluster there, or of a new one of this machine (local); see CLUSTER.md",
    )
    parser.add_argument("--workers", type=int, metavar="N", help="of those processes (2)")
    parser.add_argument(
        "--shard-tables",
        action="store_true",
        help="give each of those processes some rows of item tables of 1,000 rows and more, and not copies (copies)",
    )
    parser.add_argument("--restart", action="store_true", help="forget an unfinished run in the same place")


def _beside(text: str) -> tuple[str, ...]:
    names = tuple(filter(None, text.split(",")))
    strange = [name for name in names if name not in BESIDE]
    if strange:
        raise argparse.ArgumentTypeError(f"a unit cannot read {strange[0]!r}; take some of {', '.join(BESIDE)}")
    return names


def with_unit_reading(options: TrainOptions, beside: Collection[str]) -> TrainOptions:
    """The same run with a unit that also reads these of BESIDE."""
    behaviors = (BEHAVIOR_TYPE,) if "type" in beside else ()
    gaps = {"gap_edges": GAP_EDGES} if "gap" in beside else {}
    return replace(options, fields=replace(options.fields, behaviors=behaviors), changes={**gaps, **options.changes})


def read_changes(path: Path | None) -> dict[str, Any]:
    """Model options of a JSON file; DinLensError when it holds anything but one object."""
    if path is None:
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DinLensError(f"{path} cannot be read as JSON ({error}); give a file with one object") from error
    if not isinstance(found, dict):
        raise DinLensError(f'{path} holds a JSON {type(found).__name__}, not an object; write {{"option": value}}')
    return {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}


def figure(value: float | None) -> str:
    """Four decimals; a dash where there is no value."""
    return "-" if value is None else f"{value:.4f}"


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Train with a progress bar on stderr; a killed run goes on when called again."""
    if args.continue_from is not None:
        given = [name for name in OF_THE_NETWORK if getattr(args, name) not in (None, ())]
        if given:
            name = f"--{given[0].replace('_', '-')}"
            raise DinLensError(f"--continue-from keeps the network and its fields; leave out {name}, or train anew")
    options = train_options(args, args.model, args.seed, args.out, read_changes(args.config))
    options = replace(options, continue_from=args.continue_from, max_values=args.max_values)
    cluster = cluster_options(args.ray, args.workers, args.shard_tables)
    return train_with_bar(with_unit_reading(options, args.unit_reads), cluster)


def cluster_options(address: str | None, workers: int | None, shard_tables: bool = False) -> ClusterOptions | None:
    """Where to train, where it is not this process."""
    if address is None and workers is not None:
        raise DinLensError("--workers are processes of a Ray cluster; name one with --ray, or leave --workers out")
    if address is None and shard_tables:
        raise DinLensError(
            "--shard-tables shards tables among the workers of a Ray cluster; name one with --ray, or leave it out"
        )
    given = {} if workers is None else {"workers": workers}
    return None if address is None else ClusterOptions(address, shard_tables=shard_tables, **given)


def some_of(curve: Sequence[dict[str, Any]], best_step: int) -> list[dict[str, Any]]:
    """All evaluations where they are MOST_LINES at most; else so many, evenly spaced to the last, and the best."""
    if len(curve) <= MOST_LINES:
        return list(curve)
    places = {round((len(curve) - 1) * n / (MOST_LINES - 1)) for n in range(MOST_LINES)}
    return [entry for place, entry in enumerate(curve) if place in places or entry["step"] == best_step]


def render(result: dict[str, Any]) -> str:
    """The curve on validation data and where the checkpoint lies."""
    lines = ["epoch  train loss  valid AUC  valid GAUC  valid log loss"]
    curve = result["curve"]
    shown = some_of(curve, result["best_step"])
    for entry in shown:
        mark = "  <- kept" if entry["step"] == result["best_step"] else ""
        lines.append(
            f"{entry['epoch']:5.2f}  {entry['train_loss']:10.4f}  {figure(entry['auc']):>9}  "
            f"{figure(entry['gauc']):>10}  {entry['log_loss']:14.4f}{mark}"
        )
    if len(shown) < len(curve):
        lines.append(f"{len(shown)} of {len(curve):,} evaluations; `metrics.json` holds all")
    lines += map(sentence_of, calibration_lines(result[RECORD]))
    lines += describe_continuation(result[CONTINUED]) if CONTINUED in result else []
    return "\n".join([*lines, f"{result['checkpoint']}: {result['seconds'] / 60:.1f} min on {result['device']}"])
