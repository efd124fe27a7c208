"""Who is asked, when another is started, and what becomes of one that is lost."""

from __future__ import annotations

import pytest

from din_core.pages.workers import pool as pools
from din_core.pages.workers.channel import ANSWERED, NOTHING, OTHER_APP, RouteQuestion
from din_core.pages.workers.pool import Reply, WorkerPool

QUESTION = RouteQuestion("_din/inspect", [])


class MadeWorker:
    """Answers as it is told."""

    def __init__(self, answer: tuple[bytes, bytes] | OSError = (ANSWERED, b"scores")) -> None:
        self.answer = answer
        self.is_ready, self.is_gone, self.waiting = False, False, 0

    def ask(self, question: RouteQuestion, *, language: str, app: str) -> tuple[bytes, bytes]:
        if isinstance(self.answer, OSError):
            self.end()
            raise self.answer
        return self.answer

    def end(self) -> None:
        self.is_ready, self.is_gone = False, True


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[MadeWorker]:
    """Those that a pool has started."""
    monkeypatch.setattr(pools, "has_memory", lambda: True)
    return []


def pool_of(most: int, started: list[MadeWorker]) -> WorkerPool:
    def start() -> MadeWorker:
        started.append(MadeWorker())
        return started[-1]

    return WorkerPool(most, start)  # type: ignore[arg-type]


def ask(pool: WorkerPool) -> Reply | None:
    return pool.ask(QUESTION, language="en", app="digest")


def test_the_first_question_starts_one_and_does_not_wait_for_it(started: list[MadeWorker]) -> None:
    pool = pool_of(3, started)
    assert (ask(pool), ask(pool), len(started)) == (None, None, 1)
    started[0].is_ready = True
    assert ask(pool) == Reply(b"scores")
    assert len(started) == 1


def test_another_is_started_only_while_all_are_busy(started: list[MadeWorker]) -> None:
    pool = pool_of(2, started)
    ask(pool)
    started[0].is_ready, started[0].waiting = True, 1
    ask(pool)
    assert len(started) == 2
    started[1].is_ready, started[1].answer = True, (ANSWERED, b"by the second")
    assert ask(pool) == Reply(b"by the second")
    started[1].waiting = 1
    ask(pool)
    assert len(started) == 2  # not more than allowed


def test_a_pool_without_workers_answers_nothing(started: list[MadeWorker]) -> None:
    assert (ask(pool_of(0, started)), started) == (None, [])


def test_what_has_no_answer_is_not_asked_again(started: list[MadeWorker]) -> None:
    pool = pool_of(1, started)
    ask(pool)
    started[0].is_ready, started[0].answer = True, (NOTHING, b"")
    assert ask(pool) == Reply(None)


def test_a_lost_worker_leaves_the_answer_to_the_app_and_is_replaced_after_a_pause(
    started: list[MadeWorker], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(pools.time, "monotonic", lambda: now[0])
    pool = pool_of(1, started)
    ask(pool)
    started[0].is_ready, started[0].answer = True, ConnectionError("gone")
    assert (ask(pool), ask(pool), len(started)) == (None, None, 1)
    now[0] += pools.PAUSE_SECONDS
    assert (ask(pool), len(started)) == (None, 2)


def test_workers_with_other_models_are_asked_no_more(started: list[MadeWorker]) -> None:
    pool = pool_of(2, started)
    ask(pool)
    started[0].is_ready, started[0].answer = True, (OTHER_APP, b"")
    assert (ask(pool), ask(pool), started[0].is_gone, len(started)) == (None, None, True, 1)


def test_a_worker_that_cannot_be_started_is_not_tried_at_each_question(
    started: list[MadeWorker], monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = list[int]()

    def start() -> MadeWorker:
        tries.append(1)
        raise OSError("no memory")

    pool = WorkerPool(1, start)  # type: ignore[arg-type]
    assert (ask(pool), ask(pool), len(tries)) == (None, None, 1)
