"""`check-model`: find out what a model that is not this project's reads."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from trainer.evaluation.check_model import check_model
from trainer.progress import say

QUESTIONS = {
    "weights_depend_on_others": "a behavior's weight changes where another behavior is taken away",
    "weights_depend_on_candidate": "weights change with the candidate",
    "reads_order": "the order of behaviors makes a difference",
    "reads_ages": "the age of behaviors makes a difference",
    "weights_sum_to_one": "the weights of a history add up to 1",
}
"""What is found out, as it is printed."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("checkpoint", type=Path, metavar="DIR", help="folder, whose metrics.json is written anew")
    parser.add_argument("--store", default="sqlite:///din.db", help="URL of the store (%(default)s)")
    parser.add_argument("--split", choices=("train", "valid", "test"), default="test", help="split (%(default)s)")
    parser.add_argument("--sample", type=int, default=20, metavar="N", help="impressions (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the sample (%(default)s)")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Measure, and write what was found."""
    return check_model(args.store, args.checkpoint, args.split, args.sample, args.seed, say)


def render(result: dict[str, Any]) -> str:
    """One line a question."""
    lines = [f"{result['title']}, on {result['impressions']} {result['split']} impressions:"]
    lines += [f"  {'yes' if result['traits'][name] else 'no':4}{words}" for name, words in QUESTIONS.items()]
    lines.append(
        f"Effects are those of histories really built without the behavior: at most {result['leave_one_out']:.1e} "
        "logits apart."
    )
    return "\n".join(lines)
