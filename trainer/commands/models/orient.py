"""`orient --store URL --checkpoint DIR`: give old checkpoints' weights the sign with which they agree with effects."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from trainer.evaluation.orient_checkpoints import orient_checkpoints
from trainer.progress import say
from trainer.training.orientation import describe_orientation


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--store", default="sqlite:///din.db", metavar="URL", help="of the store (%(default)s)")
    parser.add_argument("--checkpoint", type=Path, nargs="+", required=True, metavar="DIR", help="folders")
    parser.epilog = (
        "No score changes. A checkpoint whose weights are turned round is written anew under another fingerprint; one "
        "whose weights agree already, or have no other sign, is left as it is, to the byte. `train` does the same."
    )


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Measure, and write what is turned round."""
    return {"checkpoints": orient_checkpoints(args.store, args.checkpoint, say)}


def render(result: dict[str, Any]) -> str:
    """A line a checkpoint; below one that was written, what follows from its new fingerprint."""
    lines = []
    for entry in result["checkpoints"]:
        lines.append(f"{Path(entry['checkpoint']).name}: {describe_orientation(entry)}")
        if entry["former_fingerprint"]:
            lines.append(
                f"  fingerprint {entry['former_fingerprint']} -> {entry['fingerprint']}: older links and cases name "
                "the former; make cases anew"
            )
        lines += [f"  {name} was of the former weights and is gone: measure again" for name in entry["dropped"]]
    return "\n".join(lines)
