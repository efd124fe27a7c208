"""`score`: probabilities, weights and effects of a table of users, items and times."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tqdm import tqdm

from din_core.store import Reject, open_store
from din_core.store.ingestion.rejects import describe_rejects
from din_core.tables import ScoreOptions, ScoreReport, score_table
from din_core.tables.output_files import check_output, replacing
from din_core.tables.row_files import open_rows
from trainer.commands.shared.time_format import TIME_FORMAT_HELP

_ROWS = ScoreOptions().rows


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "table",
        type=Path,
        metavar="TABLE",
        help="rows with user_id, item_id, timestamp and fields of the context (.parquet, .csv, .tsv, .jsonl)",
    )
    parser.add_argument(
        "--store", default="sqlite:///din.db", help="URL of the store with their histories (%(default)s)"
    )
    parser.add_argument("--checkpoint", type=Path, required=True, help="folder of the model")
    parser.add_argument("--out", type=Path, required=True, help="file for the scored rows (.parquet, .csv or .jsonl)")
    parser.add_argument("--weights", action="store_true", help="of each behavior, the weight that the model gives it")
    parser.add_argument("--effects", action="store_true", help="of each behavior, what the score loses without it")
    parser.add_argument(
        "--behaviors", type=int, metavar="N", help="those with the largest effects or weights alone (all)"
    )
    parser.add_argument(
        "--top-k",
        type=int,
        metavar="K",
        help="the K best rows of each user and time alone; of the whole catalogue where TABLE has no item_id",
    )
    parser.add_argument("--rows", type=int, default=_ROWS, help="held at once (%(default)s)")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (%(default)s)")
    parser.add_argument("--skip-rejects", action="store_true", help="leave out rows that cannot be scored")
    parser.add_argument("--encoding", metavar="NAME", help="of a CSV that is not in UTF-8, such as gbk")
    parser.add_argument("--timezone", default="UTC", metavar="NAME", help="of times without a zone (%(default)s)")
    parser.add_argument("--time-format", metavar="FORMAT", help=TIME_FORMAT_HELP)


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Score with a progress bar; the report as a dict."""
    from din_core.model.checkpoint import load_checkpoint
    from din_core.scoring import Scorer
    from din_core.scoring.devices import open_device

    options = ScoreOptions(args.weights, args.effects, args.behaviors, args.top_k, args.rows)
    check_output(args.out)
    file = open_rows(args.table, ("user_id", "timestamp"), args.encoding)
    scorer = Scorer(load_checkpoint(args.checkpoint), open_device(args.device))
    store = open_store(args.store)
    try:
        with tqdm(unit="row", unit_scale=True, disable=None) as bar, replacing(args.out) as output:
            tables, report = score_table(
                file,
                scorer,
                store,
                options,
                timezone=args.timezone,
                time_format=args.time_format,
                skip_rejects=args.skip_rejects,
                progress=lambda done: _show(bar, done),
            )
            for table in tables:
                output.write(table)
    finally:
        store.close()
    return {
        "out": str(args.out),
        "checkpoint": str(args.checkpoint),
        "fingerprint": scorer.fingerprint,
        **_facts(report),
    }


def _show(bar: Any, done: int) -> None:
    bar.update(done - bar.n)


def _facts(report: ScoreReport) -> dict[str, Any]:
    return {**report.as_dict(), "rows_per_cpu_second": report.written / max(report.cpu_seconds, 1e-9)}


def render(result: dict[str, Any]) -> str:
    """How many rows, what is unknown of how many of them, what was left out, and how fast it went."""
    lines = []
    if result["rejects"]:
        rejects = [Reject.of_dict(r) for r in result["rejects"]]
        lines += ["left out:", describe_rejects(rejects)]
    lines += [f"note: {note}" for note in result["notes"]]
    unknown = sorted(result["unknown"].items(), key=lambda own: (-own[1], own[0]))
    if unknown:
        lines.append(
            "rows with something unknown (column unknown): " + ", ".join(f"{name} in {n:,}" for name, n in unknown)
        )
    lines.append(
        f"{result['out']}: {result['written']:,} rows in {result['seconds']:.1f} s, "
        f"{result['rows_per_cpu_second']:,.0f} rows a second of the processor"
    )
    return "\n".join(lines)
