"""A real process says the same as the app, byte by byte, and is not missed when it is killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from starlette.datastructures import QueryParams

from din_core.pages.app.startup import App, Startup
from din_core.pages.browser.protocol import INSPECT, WHAT_IF
from din_core.pages.inspect import route as inspect
from din_core.pages.session import visitor
from din_core.pages.what_if import route as what_if
from din_core.pages.workers.channel import ANSWERED, NOTHING, OTHER_APP, RouteQuestion
from din_core.pages.workers.worker_process import WorkerProcess
from din_core.sharing import encode

SCORES = [("user", "7"), ("item", "b2"), ("at", "2017-11-20"), ("models", "din"), ("ask.want", "scores")]


@pytest.fixture(scope="module")
def app(new_world: Path) -> App:
    opened = Startup(f"sqlite:///{new_world / 'world.db'}", str(new_world / "checkpoints")).wait(60)
    assert opened is not None
    return opened


@pytest.fixture(scope="module")
def worker(new_world: Path) -> Iterator[WorkerProcess]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIN_STORE", f"sqlite:///{new_world / 'world.db'}")
        patch.setenv("DIN_CHECKPOINTS", str(new_world / "checkpoints"))
        found = WorkerProcess()
    found.opening.join(100)
    assert found.is_ready
    yield found
    found.end()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_scores_are_those_of_the_app(worker: WorkerProcess, app: App, language: str) -> None:
    kind, message = worker.ask(RouteQuestion(INSPECT, SCORES), language=language, app=app.identity)
    with visitor.as_visitor(language):
        own = inspect.reply(app, QueryParams(SCORES))
    assert own is not None
    assert (kind, message) == (ANSWERED, own.encode())


def test_an_edit_leads_where_it_leads_in_the_app(worker: WorkerProcess, app: App) -> None:
    assert app.setting.opening is not None
    link = urlencode(encode(app.setting.opening), doseq=True)
    actions = [["edit", "keep-until", "2017-11-10T00:00:00Z"]]
    kind, message = worker.ask(
        RouteQuestion(WHAT_IF, {"link": link, "actions": actions}), language="en", app=app.identity
    )
    with visitor.as_visitor("en"):
        own = what_if.reply(app, link, actions)
    assert own is not None
    assert (kind, message) == (ANSWERED, own.encode())


@pytest.mark.parametrize(
    ("route", "asked"),
    [
        (INSPECT, [("user", "nobody"), ("ask.want", "scores")]),
        (INSPECT, [*SCORES[:4], ("ask.want", "effects"), ("ask.places", "99")]),
        (WHAT_IF, {"link": 7, "actions": None}),
        ("_din/elsewhere", []),
    ],
)
def test_what_has_no_answer_has_none(
    worker: WorkerProcess, app: App, route: str, asked: dict[str, object] | list[tuple[str, str]]
) -> None:
    assert worker.ask(RouteQuestion(route, asked), language="en", app=app.identity) == (NOTHING, b"")


def test_a_question_about_other_models_is_refused(worker: WorkerProcess) -> None:
    assert worker.ask(RouteQuestion(INSPECT, SCORES), language="en", app="of another start") == (OTHER_APP, b"")


def test_a_killed_worker_is_gone_at_once(new_world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIN_STORE", f"sqlite:///{new_world / 'world.db'}")
    monkeypatch.setenv("DIN_CHECKPOINTS", str(new_world / "nothing"))
    killed = WorkerProcess()
    os.kill(killed.pid, signal.SIGKILL)
    killed.opening.join(100)
    assert killed.is_gone
    with pytest.raises(OSError):
        killed.ask(RouteQuestion(INSPECT, SCORES), language="en", app="any")
