"""Few at a time, in no order; whoever waits too long goes on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from din_core.pages.session import turns


def test_no_more_are_at_it_than_there_are_turns() -> None:
    inside, most, release = set[int](), list[int](), Event()

    def work(number: int) -> None:
        with turns.in_turn():
            inside.add(number)
            most.append(len(inside))
            release.wait(1)
            inside.discard(number)

    with ThreadPoolExecutor(6) as pool:
        done = [pool.submit(work, number) for number in range(6)]
        release.set()
        for one in done:
            one.result(timeout=60)
    assert len(most) == 6 and max(most) <= turns.TURNS


def test_whoever_waits_too_long_goes_on_and_takes_nobodys_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 0.01)
    started, end = Barrier(turns.TURNS + 1), Event()

    def hold() -> None:
        with turns.in_turn():
            started.wait(60)
            end.wait(60)

    with ThreadPoolExecutor(turns.TURNS) as pool:
        holding = [pool.submit(hold) for _ in range(turns.TURNS)]
        started.wait(60)
        with turns.in_turn():
            pass
        end.set()
        for one in holding:
            one.result(timeout=60)
    for _ in range(turns.TURNS + 1):  # each turn was given back once
        with turns.in_turn():
            assert turns._turns._value == turns.TURNS - 1  # type: ignore[attr-defined]
