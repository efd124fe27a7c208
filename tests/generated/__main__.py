"""`python -m tests.generated`: run generated links, requests, tables, checkpoints, configs and options, and count what
ends in neither a result nor a sentence.

Exit status: 0 where every example was done or refused in a sentence, 1 where one was not.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

# Before torch is imported: examples are small, and threads that wait for each other cost more than they save.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from tests.generated.running import KINDS, SLOWER, PartResult, read_log, run_kind, run_part


def make_parser() -> argparse.ArgumentParser:
    """The options."""
    parser = argparse.ArgumentParser(prog="python -m tests.generated", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument(
        "--examples",
        type=_count,
        default=1000,
        metavar="N",
        help="of each kind; of pages a hundredth (%(default)s)",
    )
    parser.add_argument("--seed", type=_count, default=0, metavar="N", help="another one draws others (%(default)s)")
    parser.add_argument("--only", choices=KINDS, help="one kind")
    parser.add_argument("--part", type=_count, metavar="N", help="run one part and show its traces")
    parser.add_argument("--log", type=Path, metavar="FILE", help="a line a part; a part that it holds is not run again")
    parser.add_argument("--count", action="store_true", help="run nothing; print what the log holds of each kind")
    return parser


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is below 0")
    return value


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the options name; the exit status."""
    options = make_parser().parse_args(arguments)
    kinds = [options.only] if options.only else list(KINDS)
    if options.count:
        logged = read_log(options.log)
        return max(_report(kind, [one for one in logged if one.kind == kind]) for kind in kinds)
    return max(_run(kind, options) for kind in kinds)


def _run(kind: str, options: argparse.Namespace) -> int:
    if options.part is not None:
        parts = iter([run_part(kind, options.seed, options.part)])
    else:
        examples = options.examples // (1 if options.only else SLOWER.get(kind, 1))
        parts = run_kind(kind, options.seed, examples, options.log)
    results, seen = [], set[str]()
    for found in parts:
        results.append(found)
        for failure in found.failures:
            cause = failure.what.split(": ")[0]
            if options.part is not None or cause not in seen:
                again = f"--only {kind} --seed {found.seed} --part {found.part}"
                print(f"{failure.what}\n  example {failure.number} of {again}", flush=True)
            if options.part is not None:
                print(failure.trace, flush=True)
            seen.add(cause)
    return _report(kind, results)


def _report(kind: str, results: list[PartResult]) -> int:
    print(_summary(kind, results), flush=True)
    return int(any(one.failures for one in results))


def _summary(kind: str, results: list[PartResult]) -> str:
    examples, refused = sum(one.examples for one in results), sum(one.refused for one in results)
    failed = sum(len(one.failures) for one in results)
    seconds = sum(one.seconds for one in results)
    done = examples - refused - failed
    text = f"{kind}: {examples:,} examples in {seconds:,.0f} s: {done:,} done, {refused:,} refused, {failed:,} failed"
    return text + (
        f"; {results[0].mib:,} MiB after the first part, {results[-1].mib:,} after the last" if results else ""
    )


if __name__ == "__main__":
    # Streamlit warns of each use outside of its server.
    logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").disabled = True
    sys.exit(main())
