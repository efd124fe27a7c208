"""`cases --store URL --checkpoint DIR --base DIR --out FOLDER`: cases worth seeing, and sums for cohorts."""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from din_core.cases import write_cases
from trainer.demo.cases import CasesOptions, make_cases
from trainer.progress import bar, say
from trainer.training.samples import SPLITS

_DEFAULTS = CasesOptions("", Path(), Path())


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--store", default="sqlite:///din.db", metavar="URL", help="of the store (%(default)s)")
    parser.add_argument("--checkpoint", type=Path, required=True, metavar="DIR", help="whose weights are looked at")
    parser.add_argument("--base", type=Path, required=True, metavar="DIR", help="that it is compared with")
    parser.add_argument("--split", choices=SPLITS, default=_DEFAULTS.split, help="(%(default)s)")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="(cases, beside the checkpoint)")
    parser.add_argument(
        "--limit", type=int, default=_DEFAULTS.limit, metavar="N", help="impressions, 0 for all (%(default)s)"
    )
    parser.add_argument(
        "--effects",
        type=int,
        default=_DEFAULTS.effects,
        metavar="N",
        help="impressions that get leave-one-out effects, 0 for all (%(default)s)",
    )
    parser.add_argument(
        "--sums",
        type=int,
        default=_DEFAULTS.sums,
        metavar="N",
        help="impressions that get sums of weights for cohorts, 0 for all (%(default)s)",
    )
    parser.add_argument("--by", metavar="FIELD", help="item field that is the category (category, or the first)")
    parser.add_argument("--seed", type=int, default=_DEFAULTS.seed, metavar="N", help="of the samples (%(default)s)")
    parser.add_argument("--device", default=_DEFAULTS.device, help="auto, cpu or cuda (%(default)s)")
    parser.epilog = (
        "The app shows them on its pages Cases and Cohorts. It looks into the folder `cases` beside the checkpoints, "
        "or where the environment variable DIN_CASES says."
    )


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Make the cases and write them."""
    begun = time.monotonic()
    out = args.out or args.checkpoint.parent / "cases"
    options = CasesOptions(
        store=args.store,
        checkpoint=args.checkpoint,
        base=args.base,
        split=args.split,
        limit=args.limit,
        effects=args.effects,
        sums=args.sums,
        by=args.by,
        seed=args.seed,
        device=args.device,
    )
    cases = make_cases(options, say, bar)
    size = write_cases(cases, out)
    return {
        "out": str(out),
        "bytes": size,
        "seconds": round(time.monotonic() - begun, 1),
        "users": len(cases.user_ids),
        **asdict(cases.about),
    }


def render(result: dict[str, Any]) -> str:
    """What was written, of how much, and how long it took."""
    return "\n".join(
        [
            f"{result['impressions']:,} of {result['of']:,} {result['split']} impressions, {result['users']:,} users: "
            f"{result['main']['title']} against {result['base']['title']}",
            f"effects of {result['measured']:,}, sums of {result['summed']:,} of them (seed {result['seed']})",
            f"{result['out']}: {result['bytes'] / 1e6:.1f} MB in {result['seconds']:.0f} s",
        ]
    )
