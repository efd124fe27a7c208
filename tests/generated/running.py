"""Running generated examples in parts, each a function of its kind, seed and number; what fails is named by these.

Each example has random numbers of its own. Links, requests and pages are made of these; tables, checkpoints, configs
and options are drawn from hypothesis' strategies, without its engine: that looks for examples which are not like those
before, and takes longer for it than most of these do.
"""

from __future__ import annotations

import atexit
import json
import shutil
import signal
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, chdir, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import strategies as st
from hypothesis.control import BuildContext
from hypothesis.errors import StopTest, UnsatisfiedAssumption
from hypothesis.internal.conjecture.data import ConjectureData

from tests.generated.app.links import link_reader
from tests.generated.app.pages import page_visitor
from tests.generated.app.routes import route_asker
from tests.generated.configs import try_checkpoint, try_config
from tests.generated.memory import folder_in_memory, resident_mib
from tests.generated.options import try_options
from tests.generated.outcome import Outcome, Seeded
from tests.generated.tables import try_tables

Example = Callable[[st.DrawFn, Path], Outcome]

SEEDED: dict[str, Callable[[], AbstractContextManager[Seeded]]] = {
    "links": link_reader,
    "routes": route_asker,
    "pages": page_visitor,
}
"""Kinds whose inputs are made of random numbers."""
DRAWN: dict[str, Example] = {
    "tables": try_tables,
    "checkpoints": try_checkpoint,
    "configs": try_config,
    "options": try_options,
}
"""Kinds whose inputs are drawn by hypothesis."""
KINDS = (*SEEDED, *DRAWN)
PARTS = {"links": 2_000, "routes": 2_000, "pages": 20, **dict.fromkeys(DRAWN, 200)}
"""Examples of a part."""
SLOWER = {"pages": 100}
"""Where all kinds are run, of these one example for so many of the others: each takes as much longer."""
MOST_SECONDS = 60
"""Of computing: an example that takes longer counts as a failure. A busy machine makes none longer."""
MOST_GROWTH = 256
"""MiB by which a process may grow after its first part: caches fill up, and then it is level."""
_HERE = Path(__file__).resolve().parents[2]


@dataclass
class Failure:
    """An example that ended otherwise than it may."""

    number: int
    """Of the example in its part, from 0."""
    what: str
    """The exception and the last line of ours that it passed: failures of one cause have the same."""
    trace: str


@dataclass
class PartResult:
    """What came of a part."""

    kind: str
    seed: int
    part: int
    examples: int = 0
    refused: int = 0
    seconds: float = 0.0
    mib: int = 0
    """What the process held after it."""
    failures: list[Failure] = field(default_factory=list)


def run_part(kind: str, own_seed: int, part: int, examples: int | None = None) -> PartResult:
    """Run the examples of one part; the same arguments run the same ones."""
    found = PartResult(kind, own_seed, part)
    started = time.monotonic()
    (run_seeded if kind in SEEDED else run_drawn)(found, PARTS[kind] if examples is None else examples)
    found.seconds = round(time.monotonic() - started, 1)
    found.mib = resident_mib()
    return found


def run_seeded(found: PartResult, examples: int) -> None:
    """Each example of random numbers of its own."""
    with SEEDED[found.kind]() as tried:
        for number in range(examples):
            random = Random(f"{found.kind} {found.seed} {found.part} {number}")
            count_one(found, lambda: tried(random))  # noqa: B023


def run_drawn(found: PartResult, examples: int) -> None:
    """Each drawn from the strategies of its kind; one that hypothesis gives up drawing is left out."""
    for number in count():
        data = ConjectureData(random=Random(f"{found.kind} {found.seed} {found.part} {number}"))
        given_up = suppress(StopTest, UnsatisfiedAssumption)
        with example_folder() as folder, given_up, BuildContext(data, wrapped_test=run_drawn):
            count_one(found, lambda: DRAWN[found.kind](data.draw, folder))  # noqa: B023
        if found.examples == examples:
            return


def count_one(found: PartResult, attempt: Callable[[], Outcome]) -> None:
    """Try one example, and note what came of it."""
    try:
        with _at_most(MOST_SECONDS):
            found.refused += attempt() == "refused"
    except UnsatisfiedAssumption:  # not of the example, but of a draw that came to no value
        raise
    except Exception as error:
        found.failures.append(_failure(found.examples, error))
    found.examples += 1


@contextmanager
def example_folder() -> Iterator[Path]:
    """An empty folder that is the current one; each time the same, see `fast_stores.URL`."""
    folder = _root() / "example"
    folder.mkdir()
    try:
        with chdir(folder):
            yield folder
    finally:
        shutil.rmtree(folder)


@lru_cache(maxsize=1)
def _root() -> Path:
    folder = folder_in_memory("din-generated-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@contextmanager
def _at_most(seconds: int) -> Iterator[None]:
    """TimeoutError for what computes longer, or waits ten times as long."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"took longer than {seconds} s")

    if not hasattr(signal, "SIGPROF"):
        yield
        return
    before = {kind: signal.signal(kind, stop) for kind in (signal.SIGPROF, signal.SIGALRM)}
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.alarm(10 * seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
        for kind, handler in before.items():
            signal.signal(kind, handler)


def _failure(number: int, error: Exception) -> Failure:
    lines = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(str(_HERE))]
    inner = [frame for frame in lines if "/tests/" not in frame.filename and "/.venv/" not in frame.filename]
    last = (inner or lines)[-1]
    place = f"{Path(last.filename).relative_to(_HERE)}:{last.lineno}"
    text = f"{type(error).__name__} at {place}: {str(error)[:200]}"
    return Failure(number, text, "".join(traceback.format_exception(error))[-6000:])


def run_kind(kind: str, own_seed: int, examples: int, log: Path | None) -> Iterator[PartResult]:
    """All parts of a kind; those that the log holds already are read from it, new ones are added to it."""
    done = {(one.kind, one.seed, one.part, one.examples): one for one in read_log(log)}
    size, at_first = PARTS[kind], None
    for part, start in enumerate(range(0, examples, size)):
        asked = min(size, examples - start)
        known = done.get((kind, own_seed, part, asked))
        found = known or run_part(kind, own_seed, part, asked)
        if known is None:
            at_first = found.mib if at_first is None else at_first
            check_growth(found, at_first)
        if log is not None and known is None:
            with log.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(found)) + "\n")
        yield found


def check_growth(found: PartResult, at_first: int) -> None:
    """One more failure where the process has grown too much since its first part."""
    if found.mib - at_first > MOST_GROWTH:
        text = f"MemoryError after the part: the process grew from {at_first} to {found.mib} MiB"
        found.failures.append(Failure(found.examples, text, text))


def read_log(log: Path | None) -> list[PartResult]:
    """The parts of a log; none where there is no log yet."""
    if log is None or not log.is_file():
        return []
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    return [_part(line) for line in lines]


def _part(line: dict[str, Any]) -> PartResult:
    return PartResult(**line | {"failures": [Failure(**one) for one in line["failures"]]})


def causes(results: list[PartResult]) -> Counter[str]:
    """Failures by what failed, with the number of each."""
    return Counter(failure.what.split(": ")[0] for one in results for failure in one.failures)
