"""`python -m trainer bench`: how fast this machine trains and scores, as ratios of one run."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from din_core.domain import DinLensError
from din_core.figures.bench import bench_info, plot_bench
from trainer.bench.suite import ONLY_NAMED, PARTS, BenchOptions, bench
from trainer.training.train import pick_device


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--only", metavar="PART,PART", help=f"of {', '.join(PARTS)} (all but {' and '.join(ONLY_NAMED)})"
    )
    parser.add_argument("--peers", action="store_true", help="also train the DIN of other libraries installed here")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: to see that it runs, nothing to quote")
    parser.add_argument(
        "--device", default="cpu", help="of the parts that train and of device: auto, cpu, cuda (%(default)s)"
    )
    parser.add_argument("--store", help="URL of a store to ask about users of (made otherwise), and for peers to learn")
    parser.add_argument("--checkpoint", type=Path, help="checkpoint of that store")
    parser.add_argument("--cases", type=Path, metavar="DIR", help="folder that `cases` wrote, for the part cohorts")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write bench.json and bench.html there")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Measure, and write where asked."""
    result = bench(
        BenchOptions(
            only=selected_parts(args.only, args.peers),
            quick=args.quick,
            device=str(pick_device(args.device)),
            store=args.store,
            checkpoint=None if args.checkpoint is None else str(args.checkpoint),
            cases=None if args.cases is None else str(args.cases),
        )
    )
    if args.out is not None:
        args.out.mkdir(parents=True, exist_ok=True)
        (args.out / "bench.json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")
        plot_bench(bench_info(result)).write_html(args.out / "bench.html", include_plotlyjs=True)
    return result


def selected_parts(only: str | None, peers: bool) -> tuple[str, ...]:
    """The parts to run, in the order of PARTS; DinLensError for one that there is not."""
    names = [name.strip() for name in only.split(",")] if only else [name for name in PARTS if name not in ONLY_NAMED]
    names = ["ablations" if name == "levers" else name for name in names]  # its name before
    strange = [name for name in names if name not in PARTS]
    if strange:
        raise DinLensError(f"there is no part {strange[0]!r}; take some of {', '.join(PARTS)}")
    return tuple(part for part in PARTS if part in names or (part == "peers" and peers))


def render(result: Mapping[str, Any]) -> str:
    """The machine, then a table a part."""
    facts = [f"{name} {value}" for name, value in result["machine"].items() if value not in ("", None)]
    lines = [", ".join(facts)]
    if result["quick"]:
        lines.append("--quick: sizes too small to say anything about speed")
    parts = dict.fromkeys(row["part"] for row in result["rows"])
    for part in parts:
        lines += ["", *_table(part, [row for row in result["rows"] if row["part"] == part])]
    return "\n".join(lines)


def _table(part: str, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    columns = list(dict.fromkeys(column for row in rows for column in row["values"]))
    wide = max(len(part), *(len(row["name"]) for row in rows))
    lines = [" ".join([f"{part:{wide}}", *(f"{column:>9}" for column in columns)])]
    for row in rows:
        numbers = [number(row["values"].get(column)) for column in columns]
        cells = (f"{text:>{max(9, len(column))}}" for text, column in zip(numbers, columns, strict=True))
        lines.append(" ".join([f"{row['name']:{wide}}", *cells, row["note"]]).rstrip())
    return lines


def number(value: float | None) -> str:
    """Three digits, or thousands with commas."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
