"""`python -m tests.sharing.killed_writer --url URL --kills 100`: kill writers of shares, and look what they lost.

Each writer keeps shares and says their slugs until it is killed (SIGKILL), some milliseconds after its first word.
Prints what was said and what is not there; exit status 1 where something is not.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import signal
import sys
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection

from din_core.domain import LinkError
from din_core.sharing.share_store import SharedView, ShareStore


def write_for_ever(url: str, slugs: Connection) -> None:
    """Keep one share after the other, and say the slug of each once it is kept."""
    store = ShareStore(url)
    for n in range(sys.maxsize):
        slugs.send(store.keep(SharedView("snapshot", f"n={n}", payload="x" * 5_000)))


def acknowledged(url: str, milliseconds: float) -> list[str]:
    """What a writer said before it was killed."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    writer = context.Process(target=write_for_ever, args=(url, theirs))
    writer.start()
    theirs.close()
    said = [ours.recv()]
    time.sleep(milliseconds / 1000)
    assert writer.pid is not None
    os.kill(writer.pid, signal.SIGKILL)
    writer.join()
    while ours.poll():
        try:
            said.append(ours.recv())
        except (EOFError, OSError):  # it was killed in the middle of a word
            break
    return said


def lost(url: str, slugs: Sequence[str]) -> list[str]:
    """Those under which nothing stands."""
    store, missing = ShareStore(url), []
    for slug in slugs:
        try:
            store.get(slug)
        except LinkError:
            missing.append(slug)
    store.close()
    return missing


def make_parser() -> argparse.ArgumentParser:
    """The options."""
    parser = argparse.ArgumentParser(prog="python -m tests.sharing.killed_writer")
    parser.add_argument("--url", required=True)
    parser.add_argument("--kills", type=int, default=100)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Kill as many writers as the options say; the exit status."""
    options = make_parser().parse_args(arguments)
    slugs = [slug for _ in range(options.kills) for slug in acknowledged(options.url, random.uniform(0, 30))]
    missing = lost(options.url, slugs)
    print(f"{options.kills} kills, {len(slugs)} acknowledged, {len(missing)} lost")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
