"""Worker processes that answer instruments while the app's own process runs pages.

All Python of one process shares one core. A page's run is Streamlit's and must be in the app; what an instrument asks
beside it, scores and effects mostly, is more than half of what a choice costs, and needs nothing of the app but its
store and models. Nothing is started before two visitors have had to wait for each other.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from din_core.pages.app.failure_log import log_warning
from din_core.pages.workers.channel import ANSWERED, OTHER_APP, RouteQuestion
from din_core.pages.workers.how_many import has_memory, most_workers
from din_core.pages.workers.worker_process import WorkerProcess

PAUSE_SECONDS = 60.0
"""After one was lost, none is started for so long."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a worker answered."""

    message: bytes | None
    """None where there is nothing to answer: the page says why."""


class WorkerPool:
    """At most `most` processes, each started when those before are all busy. Safe to share between threads."""

    def __init__(self, most: int, start: Callable[[], WorkerProcess] = WorkerProcess) -> None:
        self.most, self._start = most, start
        self._workers: list[WorkerProcess] = []
        self._lock = Lock()
        self._not_before = 0.0

    def ask(self, question: RouteQuestion, *, language: str, app: str) -> Reply | None:
        """What a worker says of it; None where there is none to ask, and the app is to answer itself."""
        worker = self._take()
        if worker is None:
            return None
        try:
            kind, message = worker.ask(question, language=language, app=app)
        except OSError:
            log_warning("a worker process has ended or did not answer; the app answers itself for now")
            return None
        finally:
            with self._lock:
                worker.waiting -= 1
        if kind == OTHER_APP:
            self.close()
            self.most = 0
            log_warning(
                "the store or its models have changed since the start; restart the app to have worker processes"
            )
            return None
        return Reply(message if kind == ANSWERED else None)

    def close(self) -> None:
        """End all of them."""
        with self._lock:
            workers, self._workers = self._workers, []
        for worker in workers:
            worker.end()

    def _take(self) -> WorkerProcess | None:
        """The one with the fewest questions; one more is started where none is free."""
        with self._lock:
            self._forget_lost()
            ready = [worker for worker in self._workers if worker.is_ready]
            least = min(ready, key=lambda worker: worker.waiting, default=None)
            is_starting = len(ready) < len(self._workers)
            if (least is None or least.waiting) and not is_starting and self._may_start():
                self._begin_one()
            if least is not None:
                least.waiting += 1
            return least

    def _begin_one(self) -> None:
        try:
            self._workers.append(self._start())
        except OSError as error:  # no memory or no process left
            self._not_before = time.monotonic() + PAUSE_SECONDS
            log_warning(f"no worker process could be started ({error}); the app answers itself for now")

    def _may_start(self) -> bool:
        return len(self._workers) < self.most and time.monotonic() >= self._not_before and has_memory()

    def _forget_lost(self) -> None:
        left = [worker for worker in self._workers if not worker.is_gone]
        if len(left) < len(self._workers):
            self._not_before = time.monotonic() + PAUSE_SECONDS
        self._workers = left


POOL = WorkerPool(0)
"""The app's; `allow` says how many it may start."""


def allow() -> None:
    """Let the app start as many as `most_workers` says. SystemExit for a setting that is no number."""
    POOL.most = most_workers()
