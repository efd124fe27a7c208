"""`prepare complete-journey --out TABLES`: public data -> the four tables."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from tqdm import tqdm

from trainer.datasets.complete_journey.prepare import DEFAULT_SEED, PROVENANCE, SPLITS, find_data, prepare
from trainer.datasets.four_tables import check_out, write_tables


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("source", choices=["complete-journey"], help="which public data to prepare")
    parser.add_argument("--out", type=Path, required=True, metavar="TABLES", help="folder for the tables")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="of the drawn negatives (default %(default)s)")
    parser.add_argument("--overwrite", action="store_true", help="replace tables that --out already holds")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Prepare the tables; counts, positive rates and the popularity check."""
    started = time.monotonic()
    check_out(args.out, args.overwrite)
    with tqdm(unit=" rows", unit_scale=True, leave=False) as bar:

        def progress(what: str, done: int, total: int | None) -> None:
            bar.set_description(what)
            bar.total, bar.n = total, done
            bar.refresh()

        prepared = prepare(find_data(), args.seed, progress)
        progress("writing tables", 0, None)
        write_tables(prepared.tables, args.out, PROVENANCE, overwrite=args.overwrite)
    tables = prepared.tables
    by_split = tables.impressions.groupby("split").label
    return {
        "out": str(args.out),
        "items": len(tables.items),
        "users": len(tables.users),
        "behaviors": len(tables.behaviors),
        "impressions": {split: int(by_split.size()[split]) for split in SPLITS},
        "positive_rate": {split: round(float(by_split.mean()[split]), 4) for split in SPLITS},
        "popularity_auc": round(prepared.popularity_auc, 4),
        "popularity_auc_uniform_negatives": round(prepared.popularity_auc_uniform, 4),
        "seed": args.seed,
        "seconds": round(time.monotonic() - started, 1),
    }


def render(result: dict[str, Any]) -> str:
    """The result for people."""
    lines = [
        f"{result['out']}: {result['items']:,} items, {result['users']:,} users, "
        f"{result['behaviors']:,} behaviors in {result['seconds']} s (seed {result['seed']})"
    ]
    for split, count in result["impressions"].items():
        lines.append(f"  {split:<5} {count:>9,} impressions, {result['positive_rate'][split]:.1%} positive")
    lines.append(
        f"Popularity alone is worth {result['popularity_auc']:.3f} AUC on the test weeks "
        f"(with uniformly drawn negatives it would be {result['popularity_auc_uniform_negatives']:.3f})."
    )
    return "\n".join(lines)
