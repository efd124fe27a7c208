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


def run_in_parallel(
    commands: Mapping[str, Sequence[str]],
    jobs: int,
    say: Callable[[str], None] = lambda _: None,
    variables: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Run `python -m trainer ARGUMENTS` for each name, `jobs` at a time with one torch thread each.

    `variables` are added to their environment: what must not stand on a command line, which everybody on the machine
    may read. Returns the failures' last words by name; the others go on. Ends its processes when it is interrupted or
    terminated. For the main thread only.
    """
    running: dict[str, subprocess.Popen[str]] = {}
    failures: dict[str, str] = {}

    def run(name: str) -> str | None:
        say(f"{name}: training")
        process = running[name] = _start(commands[name], variables or {})
        errors = process.communicate()[1].strip().splitlines()
        del running[name]
        if not process.returncode:
            return None
        return (errors[-1] if errors else f"ended with status {process.returncode}").removeprefix("error: ")

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


def _start(arguments: Sequence[str], variables: Mapping[str, str]) -> subprocess.Popen[str]:
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return subprocess.Popen(
        [sys.executable, "-m", "trainer", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **variables, "OMP_NUM_THREADS": "1", "PYTHONPATH": path},
    )
