"""`train`: fit a model on a store and write a checkpoint."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from tqdm import tqdm

from din_core.domain import DinLensError
from trainer.fit import FitOptions, Step
from trainer.recipes import RECIPES
from trainer.regularisation import REGULARISATIONS
from trainer.train import TrainOptions, train


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    fit, options = FitOptions(), TrainOptions("", "din", Path())
    parser.add_argument("--store", default="sqlite:///din.db", help="SQLAlchemy URL of the store (%(default)s)")
    parser.add_argument("--model", choices=RECIPES, default="din", metavar="NAME", help=f"{', '.join(RECIPES)}")
    parser.add_argument("--config", type=Path, metavar="FILE", help="JSON object of model options, laid over NAME's")
    parser.add_argument("--out", type=Path, required=True, help="folder of the checkpoint")
    parser.add_argument("--device", default=options.device, help="auto, cpu or cuda (%(default)s)")
    parser.add_argument("--epochs", type=int, help=f"passes over the data ({_by_model('epochs')})")
    parser.add_argument("--seed", type=int, default=fit.seed, help="fixes a CPU run (%(default)s)")
    parser.add_argument("--max-history", type=int, help=f"behaviors kept ({_by_model('max_history')})")
    parser.add_argument("--item-fields", metavar="A,B", help="item fields to read beside item_id (all)")
    parser.add_argument("--item-width", type=int, help="of every item field (by vocabulary size)")
    parser.add_argument("--batch-size", type=int, default=fit.batch_size, help="impressions a step (%(default)s)")
    parser.add_argument("--learning-rate", type=float, default=fit.learning_rate, help="peak rate (%(default)s)")
    parser.add_argument(
        "--regularisation",
        choices=REGULARISATIONS,
        default=fit.regularisation,
        help="of item embeddings: weight decay, or mini-batch aware by samples or batches (%(default)s)",
    )
    parser.add_argument("--mba", type=float, default=fit.mba, help="λ of mini-batch aware (%(default)s)")
    parser.add_argument("--embedding-decay", type=float, help=f"of item embeddings ({_by_model('embedding_decay')})")
    parser.add_argument("--decay", type=float, default=fit.decay, help="of all else (%(default)s)")
    parser.add_argument("--dropout", type=float, default=options.tower_dropout, help="in the tower (%(default)s)")
    parser.add_argument("--min-count", type=int, default=options.min_count, help="for a row of its own (%(default)s)")
    parser.add_argument(
        "--compile",
        choices=("auto", "on", "off"),
        default=options.compile,
        help="fused layers (%(default)s)",
    )
    parser.add_argument("--restart", action="store_true", help="forget an unfinished run in the same place")


def _by_model(option: str) -> str:
    """The recipes' values, each with the models that have it."""
    models: dict[object, list[str]] = {}
    for model, recipe in RECIPES.items():
        models.setdefault(getattr(recipe, option), []).append(model)
    common = max(models, key=lambda value: len(models[value]))
    others = [f"{value} for {', '.join(names)}" for value, names in models.items() if value != common]
    return "; ".join([str(common), *others])


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


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Train with a progress bar on stderr; a killed run goes on when called again."""
    recipe = RECIPES[args.model]
    options = TrainOptions(
        store=args.store,
        model=args.model,
        out=args.out,
        device=args.device,
        compile=args.compile,
        max_history=args.max_history,
        min_count=args.min_count,
        item_fields=tuple(filter(None, args.item_fields.split(","))) if args.item_fields is not None else None,
        item_width=args.item_width,
        changes=read_changes(args.config),
        tower_dropout=args.dropout,
        restart=args.restart,
        fit=FitOptions(
            epochs=recipe.epochs if args.epochs is None else args.epochs,
            batch_size=args.batch_size,
            learning_rate=args.learning_rate,
            regularisation=args.regularisation,
            mba=args.mba,
            embedding_decay=recipe.embedding_decay if args.embedding_decay is None else args.embedding_decay,
            decay=args.decay,
            seed=args.seed,
        ),
    )
    with tqdm(unit="step", file=sys.stderr, disable=None, dynamic_ncols=True) as bar:

        def on_step(step: Step) -> None:
            bar.total = step.total
            bar.update(step.step - bar.n)
            bar.set_postfix_str(f"loss {step.loss:.4f}, {step.samples / step.seconds:,.0f} samples/s", refresh=False)

        return train(options, say=lambda line: tqdm.write(line, file=sys.stderr), on_step=on_step)


def render(result: dict[str, Any]) -> str:
    """The curve on validation data and where the checkpoint lies."""
    lines = ["epoch  train loss  valid AUC  valid GAUC  valid log loss"]
    for entry in result["curve"]:
        mark = "  <- kept" if entry["step"] == result["best_step"] else ""
        lines.append(
            f"{entry['epoch']:5.2f}  {entry['train_loss']:10.4f}  {entry['auc']:9.4f}  {entry['gauc']:10.4f}  "
            f"{entry['log_loss']:14.4f}{mark}"
        )
    return "\n".join([*lines, f"{result['checkpoint']}: {result['seconds'] / 60:.1f} min on {result['device']}"])
