"""`calibrate`: fit the probabilities of a finished checkpoint to validation impressions."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from din_core.domain.translatable import sentence_of
from trainer.evaluation.stored_calibration import calibrate_checkpoint
from trainer.training.calibration.calibrate import RECORD
from trainer.training.calibration.logit_fit import FORMS
from trainer.training.calibration.sentences import lines as calibration_lines


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--store", default="sqlite:///din.db", help="URL of the store (%(default)s)")
    parser.add_argument("--checkpoint", type=Path, required=True, metavar="DIR", help="folder, which is written anew")
    parser.add_argument(
        "--calibration",
        choices=FORMS,
        default="affine",
        help="slope and bias of the logit, slope alone, or none: taken back, up to rounding (%(default)s)",
    )
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda (%(default)s)")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Calibrate and write the checkpoint."""
    return calibrate_checkpoint(args.store, args.checkpoint, args.calibration, args.device)


def render(result: dict[str, Any]) -> str:
    """What was done, and what the checkpoint is called now."""
    lines = [sentence_of(line) for line in calibration_lines(result[RECORD])]
    if not result["own_data"]:
        lines.append("The store holds other data than the model was trained on.")
    old, new = result["fingerprint_before"], result["fingerprint"]
    if old == new:
        lines.append(f"{result['checkpoint']}: the weights are as they were, so the fingerprint stays {new}.")
    else:
        lines.append(
            f"{result['checkpoint']} is now {new}, no longer {old}: links and cases made with {old} name a checkpoint "
            "that is no more."
        )
        if result[RECORD]["reason"] == "asked":
            lines.append("Its calibration is taken back up to rounding, so this is not the fingerprint from before it.")
    if result["faithfulness_removed"]:
        lines.append("What `faithfulness` had measured was of the weights before, and is removed: measure it again.")
    return "\n".join(lines)
