"""`python -m tests.numbers`: record what the shipped checkpoints compute, and compare it with a record made before.

Exit status: 0 where nothing moved, 1 where something did, 2 where there is nothing to compare.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path

# Before torch is imported: sums do not depend on how many cores there are, and nobody waits for a busy one.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from din_core.domain import DinLensError
from tests.numbers.comparison import differences, table
from tests.numbers.recording import read_record, record_numbers
from tests.source_files import ROOT


def make_parser() -> argparse.ArgumentParser:
    """The two commands and their options."""
    parser = argparse.ArgumentParser(prog="python -m tests.numbers", description=(__doc__ or "").split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    record = commands.add_parser("record", help="write probabilities, logits, activation weights and effects to a file")
    record.add_argument("file", type=Path, metavar="FILE.npz")
    record.add_argument("--store", default="", metavar="URL", help="SQLAlchemy URL of a store (the embedded demo's)")
    record.add_argument(
        "--checkpoints", type=Path, default=ROOT / "assets/checkpoints", metavar="DIR", help="(%(default)s)"
    )
    record.add_argument("--impressions", type=_count, default=1000, metavar="N", help="drawn; 0 for all (%(default)s)")
    record.add_argument("--seed", type=_count, default=0, help="of the draw (%(default)s)")
    compare = commands.add_parser("compare", help="the largest difference of each quantity; status 1 where one moved")
    compare.add_argument("before", type=Path)
    compare.add_argument("after", type=Path)
    compare.add_argument("--tolerance", type=_tolerance, default=1e-6, help="absolute (%(default)s)")
    return parser


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is below 0")
    return value


def _tolerance(text: str) -> float:
    value = float(text)
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and infinity")
    return value


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    options = make_parser().parse_args(arguments)
    try:
        return _record(options) if options.command == "record" else _compare(options)
    except DinLensError as error:
        print(f"error: {error}", file=sys.stderr)
    except OSError as error:
        print(f"error: {error.filename or 'a file'}: {error.strerror or error}; nothing was replaced", file=sys.stderr)
    return 2


def _record(options: argparse.Namespace) -> int:
    store = options.store or _demo()
    record = record_numbers(store, options.checkpoints, options.file, options.impressions, options.seed)
    numbers = sum(values.size for values in record.values() if values.dtype.kind == "f")
    print(f"{options.file}: {numbers:,} numbers of {len(record['timestamp']):,} impressions")
    return 0


def _compare(options: argparse.Namespace) -> int:
    found = differences(read_record(options.before), read_record(options.after))
    print(table(found, options.tolerance))
    return int(any(one.largest > options.tolerance for one in found))


def _demo() -> str:
    from din_core.pages.app.demo_store import demo_store
    from din_core.pages.app.startup import DEMO

    return demo_store(DEMO, lambda *_: None)


if __name__ == "__main__":
    sys.exit(main())
