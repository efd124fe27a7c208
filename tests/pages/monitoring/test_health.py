"""Whether the app is up, as those who run it are told."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from threading import Event

import pytest
from starlette.requests import Request
from starlette.responses import Response

from din_core.domain import StoreError
from din_core.pages.app.startup import from_environment
from din_core.pages.monitoring import health
from din_core.pages.monitoring.health import KEPT_SECONDS, StoreProbe
from din_core.pages.session import caches
from din_core.store import open_store
from tests.own_thread import in_own_thread
from tests.pages.conftest import World


@pytest.fixture(autouse=True)
def own_settings(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIN_STORE", world.url)
    monkeypatch.setenv("DIN_CHECKPOINTS", str(world.checkpoints))
    monkeypatch.setattr(health, "is_open", lambda check: _is_open(check, StoreProbe()))


_is_open = health.is_open


def asked() -> Response:
    return in_own_thread(asyncio.run, health.answer(Request({"type": "http"})))


def status_of(response: Response) -> tuple[int, str]:
    return response.status_code, json.loads(bytes(response.body))["status"]


def test_an_app_whose_store_and_models_are_open_is_ok_and_says_nothing_else() -> None:
    caches.startup(*from_environment()).wait(60)
    answer = asked()
    assert status_of(answer) == (200, "ok") and bytes(answer.body) == b'{"status":"ok"}'


def test_an_app_that_is_still_opening_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    class Opening:
        def wait(self, seconds: float) -> None:
            assert seconds == 0

    monkeypatch.setattr(caches, "startup", lambda *_: Opening())
    assert status_of(asked()) == (503, "starting")


def test_a_start_that_failed_is_told_without_its_reason(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIN_CHECKPOINTS")
    answer = asked()
    assert status_of(answer) == (503, "failed") and world.url.encode() not in bytes(answer.body)


def test_a_store_that_went_away_is_told(world: World, tmp_path: Path) -> None:
    app = caches.startup(*from_environment()).wait(60)
    assert app is not None
    app.store.close()
    for file in tmp_path.glob("world.db*"):
        file.unlink()
    assert status_of(asked()) == (503, "store away")


def test_a_store_says_whether_it_can_be_read(world: World) -> None:
    with_rows = open_store(world.url)
    with_rows.check_reachable()
    with_rows.close()
    Path(world.url.removeprefix("sqlite:///")).unlink()
    with pytest.raises(StoreError):
        with_rows.check_reachable()


def test_a_store_that_does_not_answer_is_away_after_a_moment_and_not_asked_twice() -> None:
    calls: list[float] = []
    free = Event()

    def hang() -> None:
        calls.append(time.monotonic())
        free.wait(30)

    async def twice() -> list[bool]:
        probe = StoreProbe()
        return [await _is_open(hang, probe, 0.05), await _is_open(hang, probe, 0.05)]

    try:
        assert in_own_thread(asyncio.run, twice()) == [False, False]
    finally:
        free.set()
    assert len(calls) == 1


def test_the_store_is_asked_again_after_some_seconds_only() -> None:
    now = [100.0]
    calls: list[float] = []
    probe = StoreProbe(lambda: now[0])
    for second in (100.0, 100.0 + KEPT_SECONDS / 2, 100.0 + KEPT_SECONDS):
        now[0] = second
        probe.ask(lambda: calls.append(now[0])).result(10)
    assert calls == [100.0, 100.0 + KEPT_SECONDS]
