"""Several of this package's commands at once, each in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run_side_by_side(
    commands: Mapping[str, Sequence[str]], jobs: int, say: Callable[[str], None] = lambda _: None
) -> dict[str, str]:
    """Run `python -m trainer ARGUMENTS` for each name, `jobs` at a time with one torch thread each.

    Returns the failures' last words by name; the others go on. Ends its processes when it is interrupted or
    terminated. For the main thread only.
    """
    running: dict[str, subprocess.Popen[str]] = {}
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": path}
    failures: dict[str, str] = {}

    def run(name: str) -> str | None:
        say(f"{name}: training")
        process = running[name] = subprocess.Popen(
            [sys.executable, "-m", "trainer", *commands[name]],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        told = process.communicate()[1].strip().splitlines()
        del running[name]
        if not process.returncode:
            return None
        return (told[-1] if told else f"ended with status {process.returncode}").removeprefix("error: ")

    pool = ThreadPoolExecutor(jobs)
    futures = {pool.submit(run, name): name for name in commands}
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        for done in as_completed(futures):
            name, failure = futures[done], done.result()
            if failure is not None:
                failures[name] = failure
            say(f"{name}: {failure or 'done'}")
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in list(running.values()):
            process.terminate()
        raise
    finally:
        pool.shutdown()
        signal.signal(signal.SIGTERM, before)
    return failures
