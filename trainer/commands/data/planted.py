"""`planted --out TABLES`: shoppers with planted interests, as the four tables and the truth about their clicks."""

from __future__ import annotations

import argparse
import time
from dataclasses import fields
from pathlib import Path
from typing import Any

from trainer.datasets.four_tables import check_out
from trainer.datasets.planted import PlantedOptions, generate, write_planted

_HELP = {
    "users": "shoppers, beside the three stories",
    "seed": "the same seed and options make the same tables",
    "strength": "what each causing behavior adds to the log-odds of a click",
    "noise": "probability of a click without cause",
    "drift": "probability that a shopper swaps one interest for another, each week",
    "repeats": "probability that a behavior repeats an earlier item of its category",
    "interests": "of a shopper at a time, out of 12",
    "share": "of behaviors that come from an interest; the others are distractors",
    "distractors": "categories in departments where nothing causes a click, up to 8",
    "behaviors": "mean of a shopper in a week, of 26 weeks",
    "shown": "candidates drawn for each shopper in each week",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("--out", type=Path, required=True, metavar="TABLES", help="folder for the five tables")
    for own in fields(PlantedOptions):
        kind = type(own.default)
        help_text = f"{_HELP[own.name]} (%(default)s)"
        parser.add_argument(f"--{own.name}", type=kind, default=own.default, metavar="N", help=help_text)
    parser.add_argument("--overwrite", action="store_true", help="replace tables that --out already holds")
    parser.epilog = (
        "Then `ingest TABLES --store sqlite:///planted.db`, and models in about a minute each on a CPU: "
        "`train --store sqlite:///planted.db --model din --epochs 4 --out checkpoints/din`."
    )


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Make and write the tables; counts and the popularity check."""
    started = time.monotonic()
    options = PlantedOptions(**{own.name: getattr(args, own.name) for own in fields(PlantedOptions)})
    check_out(args.out, args.overwrite)
    world = generate(options)
    write_planted(world, options, args.out, overwrite=args.overwrite)
    caused = world.truth.causes.map(len)
    return {
        "out": str(args.out),
        "items": len(world.tables.items),
        "users": len(world.tables.users),
        "behaviors": len(world.tables.behaviors),
        "impressions": {k: int(n) for k, n in world.tables.impressions.split.value_counts().items()},
        "positives": len(world.truth),
        "caused": int((caused > 0).sum()),
        "mean_causes": round(float(caused[caused > 0].mean()), 2) if (caused > 0).any() else None,
        "popularity_auc": round(world.popularity_auc, 4),
        "seed": options.seed,
        "seconds": round(time.monotonic() - started, 1),
    }


def render(result: dict[str, Any]) -> str:
    """The result for people."""
    shown = ", ".join(f"{split} {result['impressions'].get(split, 0):,}" for split in ("train", "valid", "test"))
    causes = "" if result["mean_causes"] is None else f", by {result['mean_causes']} distinct items on average"
    return "\n".join(
        [
            f"{result['out']}: {result['items']:,} items, {result['users']:,} shoppers, {result['behaviors']:,} "
            f"behaviors in {result['seconds']} s (seed {result['seed']})",
            f"  impressions: {shown}",
            f"  {result['caused']:,} of {result['positives']:,} clicks have a cause{causes}: truth.parquet names them",
            f"Popularity alone is worth {result['popularity_auc']:.3f} AUC on the test weeks.",
        ]
    )
