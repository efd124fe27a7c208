"""`evaluate`: measure checkpoints on one split."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from trainer.evaluate import evaluate


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--store", default="sqlite:///din.db", help="SQLAlchemy URL of the store (%(default)s)")
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
    """One line a checkpoint, then the means and RelaImpr."""
    head = f"{result['split']} split"
    lines = [f"{head:32} {'AUC':>6} {'GAUC':>6} {'log loss':>8} {'ECE':>6} {'AUC new':>7} {'GAUC new':>8}"]
    for role in ("checkpoints", "base"):
        for row in result.get(role, []):
            lines.append(f"{Path(row['checkpoint']).name[:32]:32} {_columns(row)}")
        if len(result.get(role, [])) > 1:
            lines.append(f"{f'mean of {len(result[role])}':32} {_columns(result[f'{role}_mean'])}")
    for row in result["checkpoints"][:1]:
        interval = "no interval" if row["auc_interval"] is None else "{:.4f} to {:.4f}".format(*row["auc_interval"])
        lines.append(
            f"{row['impressions']:,} impressions of {row['users']:,} users with both outcomes "
            f"({row['skipped_users']:,} skipped in GAUC); 95 % interval of the first AUC: {interval}; "
            f"'new': the {row['new_impressions']:,} impressions of items the user had no behavior with"
        )
    if "rela_impr" in result:
        gains = {name: "-" if gain is None else f"{gain:+.1%}" for name, gain in result["rela_impr"].items()}
        lines.append(f"RelaImpr over the base: AUC {gains['auc']}, GAUC {gains['gauc']}")
    return "\n".join(lines)


def _columns(row: dict[str, Any]) -> str:
    new = [f"{row[name]:.4f}" if row.get(name) is not None else "-" for name in ("new_auc", "new_gauc")]
    return f"{row['auc']:6.4f} {row['gauc']:6.4f} {row['log_loss']:8.4f} {row['ece']:6.4f} {new[0]:>7} {new[1]:>8}"
