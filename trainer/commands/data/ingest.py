"""`python -m trainer ingest TABLES --store URL`: load the four tables into a behavior store."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tqdm import tqdm

from din_core.domain.translatable import sentence_of
from din_core.store import Reject, ingest, open_store
from din_core.store.ingestion.rejects import describe_rejects
from din_core.store.ingestion.table_files import ReadingOptions
from din_core.store.splits.split_rule import rule_of
from trainer.commands.shared.time_format import TIME_FORMAT_HELP
from trainer.progress import say

DEFAULT_STORE = "sqlite:///din.db"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "tables",
        type=Path,
        metavar="TABLES",
        help="folder with items, users, behaviors, impressions (.parquet, .csv, .tsv, .csv.gz or .csv.zst)",
    )
    parser.add_argument(
        "--store",
        default=DEFAULT_STORE,
        metavar="URL",
        help="URL of the store (default: %(default)s)",
    )
    filled = parser.add_mutually_exclusive_group()
    filled.add_argument(
        "--append",
        action="store_true",
        help="add to a store that holds rows what it has not yet; absent tables are fine then",
    )
    filled.add_argument("--replace", action="store_true", help="start over: what the store holds goes")
    parser.add_argument(
        "--skip-rejects", action="store_true", help="leave out rows that cannot be loaded instead of stopping"
    )
    parser.add_argument(
        "--encoding", metavar="NAME", help="of CSV files that are not in UTF-8, such as gbk, latin-1 or utf-16"
    )
    parser.add_argument(
        "--timezone",
        default="UTC",
        metavar="NAME",
        help="of times that are written without a zone, such as Asia/Shanghai (%(default)s)",
    )
    parser.add_argument("--time-format", metavar="FORMAT", help=TIME_FORMAT_HELP)
    add_split_options(parser, "what the table says, else .8,.1,.1")
    parser.add_argument(
        "--session",
        choices=("day",),
        help="what an impression's history ends before: with day, the day of the impression (--timezone), not its time",
    )


def add_split_options(parser: argparse._ActionsContainer, default: str) -> None:
    """Where splits end; `prepare` has the same words."""
    split = parser.add_mutually_exclusive_group()
    split.add_argument(
        "--split-time",
        metavar="VALID,TEST",
        help=f"impressions before the first time train, before the second validate, the rest test ({default})",
    )
    split.add_argument(
        "--split-ratio",
        metavar="TRAIN,VALID,TEST",
        help="shares of the impressions in the order of time, such as .8,.1,.1; those of one time stay together",
    )


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Ingest with a progress bar; the report as a dict. What to check in the data is said on stderr."""
    with _Bars() as bars:
        report = ingest(
            args.tables,
            args.store,
            append=args.append,
            replace=args.replace,
            skip_rejects=args.skip_rejects,
            options=ReadingOptions(
                args.encoding,
                args.timezone,
                rule_of(args.split_time, args.split_ratio, args.timezone),
                args.session,
                time_format=args.time_format,
            ),
            progress=bars.show,
        )
    store = open_store(args.store)
    faults = [str(fault.text) for fault in store.data_faults()]
    store.close()
    for fault in faults:
        say(sentence_of(f"check the data: {fault}"))
    return {**report.as_dict(), "faults": faults}


def render(result: dict[str, Any]) -> str:
    """A small table: rows read, loaded, updated and rejected."""
    lines = [f"{'':12}{'read':>12}{'loaded':>12}{'updated':>12}{'rejected':>12}"]
    for table, counts in result["counts"].items():
        numbers = (counts[name] for name in ("read", "loaded", "updated", "rejected"))
        lines.append(f"{table:12}" + "".join(f"{number:12,}" for number in numbers))
    if result["rejects"]:
        rejects = [Reject.of_dict(r) for r in result["rejects"]]
        lines += ["left out:", describe_rejects(rejects)]
    lines += [f"note: {note}" for note in result["notes"]]
    lines.append(f"{result['url']} filled in {result['seconds']:.1f} s")
    return "\n".join(lines)


class _Bars:
    """One progress bar a step, on stderr."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._step = ""

    def __enter__(self) -> _Bars:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def show(self, step: str, done: int, total: int | None) -> None:
        """Redraw the step's bar; a new step gets a new one."""
        if self._bar is None or self._step != step:
            self._close()
            self._step = step
            self._bar = tqdm(desc=step, total=total, unit="", unit_scale=True)
        self._bar.update(done - self._bar.n)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
