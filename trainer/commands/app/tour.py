"""`tour --store URL --checkpoint DIR --other DIR --base DIR --truth FILE`: the numbers of the guided tour."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from din_core.domain.tour import MODELS
from trainer.demo.tour import make_tour


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("--store", required=True, metavar="URL", help="filled from the tables of `planted`")
    parser.add_argument("--checkpoint", type=Path, required=True, metavar="DIR", help="a DIN trained on it")
    parser.add_argument("--other", type=Path, required=True, metavar="DIR", help="the same with another seed")
    parser.add_argument("--base", type=Path, required=True, metavar="DIR", help="average pooling trained on it")
    parser.add_argument("--truth", type=Path, required=True, metavar="FILE", help="truth.parquet of `planted`")
    parser.add_argument("--out", type=Path, default=Path("assets/tour.json"), metavar="FILE", help="(%(default)s)")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Make and write the tour."""
    tour = make_tour(args.store, dict(zip(MODELS, (args.checkpoint, args.other, args.base), strict=True)), args.truth)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(tour.dumps(), encoding="utf-8")
    return {
        "out": str(args.out),
        "rows": [
            {
                "user": story.user_id,
                "candidate": candidate.title,
                "clicked": candidate.clicked,
                **{f"{name} %": round(100 * candidate.probability[name], 1) for name in MODELS},
            }
            for story in tour.stories
            for candidate in story.candidates
        ],
    }


def render(result: dict[str, Any]) -> str:
    """One line a candidate."""
    lines = [f"{'shopper':24}{'candidate':28}{'':8}{'DIN':>8}{'other':>8}{'base':>8}"]
    for row in result["rows"]:
        shares = "".join(f"{row[f'{name} %']:>7.1f}%" for name in MODELS)
        lines.append(f"{row['user']:24}{row['candidate']:28}{'clicked' if row['clicked'] else '':8}{shares}")
    return "\n".join([*lines, f"{result['out']} written"])
