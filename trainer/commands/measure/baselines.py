"""`baselines --store URL --split test`: what can be had without a network, on the same impressions."""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument(
        "--store",
        default="sqlite:///din.db",
        metavar="URL",
        help="URL of the store (default: %(default)s)",
    )
    parser.add_argument(
        "--split", choices=["valid", "test"], default="test", help="the split to report (default %(default)s)"
    )
    parser.add_argument(
        "--seeds",
        type=_positive,
        default=3,
        metavar="N",
        help="how many seeds gradient boosting is fitted with (default %(default)s)",
    )


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is below 1")
    return value


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Fit and measure; see `trainer.evaluation.baselines.measure` for the result."""
    from din_core.store import masked_url, open_store
    from trainer.evaluation.baselines import measure

    started = time.monotonic()

    def progress(message: str) -> None:
        print(f"[{time.monotonic() - started:5.1f} s] {message}", file=sys.stderr)

    store = open_store(args.store)
    try:
        progress("reading the store")
        tables = store.bulk()
    finally:
        store.close()
    result = measure(tables, args.split, range(args.seeds), progress)
    return {"store": masked_url(args.store), **result, "seconds": round(time.monotonic() - started, 1)}


def render(result: dict[str, Any]) -> str:
    """The result for people."""
    everything, new = result["slices"]["all"], result["slices"]["new"]
    lines = [
        f"{result['split']}: {everything['impressions']:,} impressions ({everything['positives']:,} positive), "
        f"{new['impressions']:,} of items new to the user ({new['positives']:,} positive)",
        "",
        f"{'':<36}{'all impressions':>17}{'items new to the user':>25}",
        f"{'':<36}{'AUC':>8}{'GAUC':>9}{'AUC':>16}{'GAUC':>9}",
    ]
    for row in result["baselines"]:
        values = [row[part][metric] for part in ("all", "new") for metric in ("auc", "gauc")]
        cells = ["–" if value is None else f"{value:.4f}" for value in values]
        lines.append(f"{row['name']:<36}{cells[0]:>8}{cells[1]:>9}{cells[2]:>16}{cells[3]:>9}")
    lines += ["", f"gradient boosting: mean of {len(result['seeds'])} seeds; {result['seconds']} s in all"]
    return "\n".join(lines)
