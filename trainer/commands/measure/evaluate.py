"""`evaluate`: measure checkpoints on one split."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from din_core.metrics import is_worse_than_base_rate
from trainer.evaluation.evaluate import evaluate
from trainer.training.calibration.sentences import formula, why


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--store", default="sqlite:///din.db", help="URL of the store (%(default)s)")
    parser.add_argument(
        "--checkpoint",
        type=Path,
        nargs="+",
        required=True,
        help="one folder, or one for each seed of a model",
    )
    parser.add_argument("--base", type=Path, nargs="+", default=[], help="checkpoints that RelaImpr compares with")
    parser.add_argument("--split", choices=("train", "valid", "test"), default="test", help="(%(default)s)")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda (%(default)s)")
    parser.add_argument("--predictions", type=Path, help="write one row per impression to this Parquet file")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Predict and measure."""
    return evaluate(args.store, args.checkpoint, args.split, args.base, args.device, args.predictions)


def render(result: dict[str, Any]) -> str:
    """One line a checkpoint, then their mean with its interval, what the base rate gets, and RelaImpr."""
    head = f"{result['split']} split"
    lines = [f"{head:32} {'AUC':>6} {'GAUC':>6} {'log loss':>8} {'ECE':>6} {'AUC new':>7} {'GAUC new':>8}"]
    for role in ("checkpoints", "base"):
        for row in result.get(role, []):
            lines.append(f"{Path(row['checkpoint']).name[:32]:32} {_columns(row)}")
        if role in result:
            lines += _mean_lines(result[f"{role}_mean"], len(result[role]))
    for row in result["checkpoints"][:1]:
        lines.append(
            f"{row['impressions']:,} impressions of {row['users']:,} users with both outcomes "
            f"({row['skipped_users']:,} skipped in GAUC); 95 %: interval under drawing users anew; "
            f"'new': the {row['new_impressions']:,} impressions of items the user had no behavior with"
        )
    lines += _calibration_lines(result)
    if "rela_impr" in result:
        gains = [f"{title} {_gain(result['rela_impr'], name)}" for name, title in (("auc", "AUC"), ("gauc", "GAUC"))]
        lines.append(f"RelaImpr over the base: {', '.join(gains)}")
    return "\n".join(lines)


def _calibration_lines(result: dict[str, Any]) -> list[str]:
    """The log loss that every model has to beat; then what each's calibration does here, and whether it is worse."""
    base = result["base_rate_log_loss"]
    if base is None:
        lines = ["all labels are one: there is no base rate to compare log losses with"]
    else:
        lines = [f"log loss of the base rate, {result['base_rate']:.1%} for every impression: {base:.4f}"]
    for row in (row for role in ("checkpoints", "base") for row in result.get(role, [])):
        name, done = Path(row["checkpoint"]).name, row["calibration"]
        if done is None:
            lines.append(f"{name} was not calibrated: `python -m trainer calibrate` does it")
        elif done["reason"]:
            lines.append(f"{name} was not calibrated: {why(done)}")
        else:
            lines.append(
                f"{name} calibrated on validation, {formula(done)}: log loss {done['uncalibrated_log_loss']:.4f} -> "
                f"{row['log_loss']:.4f}, ECE {done['uncalibrated_ece']:.4f} -> {row['ece']:.4f}"
            )
        if is_worse_than_base_rate(row["log_loss"], base):
            lines.append(
                f"{name} is worse than the base rate: its log loss is {row['log_loss']:.4f}, above {base:.4f}; do not "
                "ship it, but calibrate it on newer validation data, or train it on more data or with other options"
            )
    return lines


def _mean_lines(mean: dict[str, Any], seeds: int) -> list[str]:
    """The mean of several seeds and the ends of its interval."""
    lines = [f"{f'mean of {seeds}':32} {_columns(mean)}"] if seeds > 1 else []
    bounds = {name: mean[f"{name}_interval"] for name, _ in _WIDTHS}
    if not any(bounds.values()):
        return [*lines, f"{'  95 %':32} no interval"]
    for i, end in enumerate(("from", "to")):
        lines.append(f"{f'  95 % {end}':32} {_columns({name: ends and ends[i] for name, ends in bounds.items()})}")
    return lines


_WIDTHS = (("auc", 6), ("gauc", 6), ("log_loss", 8), ("ece", 6), ("new_auc", 7), ("new_gauc", 8))


def _columns(row: dict[str, Any]) -> str:
    return " ".join(f"{'-' if row[name] is None else format(row[name], '.4f'):>{width}}" for name, width in _WIDTHS)


def _gain(gains: dict[str, Any], name: str) -> str:
    if gains[name] is None:
        return "-"
    bounds = gains[f"{name}_interval"]
    return f"{gains[name]:+.1%}" + ("" if bounds is None else f" ({bounds[0]:+.1%} to {bounds[1]:+.1%})")
