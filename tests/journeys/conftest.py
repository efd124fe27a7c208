"""One browser a worker, and one app for all files that show the same models.

Each test has visitors of its own whose errors and requests are watched.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from din_core.scoring import Scorer, load_scorers
from din_core.store import BehaviorStore
from tests.journeys.server import running_app, running_browser
from tests.journeys.visitors import PATIENCE_MS, Visitors
from tests.small_board import board
from tests.small_world import small_store
from tests.tiny_checkpoints import KINDS, write_checkpoints
from tests.twice_shown import AGAIN, OPPOSITE, show_twice
from trainer.__main__ import main

TIME_LIMIT = 180
"""Seconds a journey may take."""

expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Journeys may take longer than other tests; the hook sees the whole suite."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(TIME_LIMIT))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with running_browser() as started:
        yield started


@pytest.fixture(scope="session")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BehaviorStore]:
    with small_store(tmp_path_factory.mktemp("world")) as opened:
        yield opened


@pytest.fixture(scope="module")
def store(shared_store: BehaviorStore) -> BehaviorStore:
    """Nobody writes into it: a file that does names `changed_store` its `store`."""
    return shared_store


@pytest.fixture(scope="session")
def checkpoints(shared_store: BehaviorStore, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One of each kind, learning curves, a leaderboard and cases: every page has something to show."""
    curve = [{"step": step, "epoch": step / 2, "train_loss": 0.6, "gauc": 0.7} for step in (1, 2)]
    metrics = {"best_step": 2, "curve": curve}
    folder = tmp_path_factory.mktemp("checkpoints")
    write_checkpoints(folder, shared_store.bulk(), kinds=tuple(KINDS), metrics=metrics)
    (folder / "leaderboard.json").write_text(json.dumps(board()), "utf-8")
    models = ["--checkpoint", str(folder / "din"), "--base", str(folder / "base")]
    assert main(["cases", "--store", shared_store.url, *models, "--effects", "0"]) == 0
    return folder


@pytest.fixture(scope="session")
def changed_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BehaviorStore]:
    """For files that write, or need what others must not meet: items shown twice, an opposite outcome.

    Household 7 saw two of its items twice, and bought what 8 was shown at that time and left.
    """
    folder = tmp_path_factory.mktemp("changed")
    with small_store(folder) as opened:
        show_twice(opened.engine, folder / "again", (*AGAIN, OPPOSITE))
        yield opened


@pytest.fixture(scope="module")
def scorers(checkpoints: Path) -> dict[str, Scorer]:
    return load_scorers(checkpoints)


@pytest.fixture(scope="session")
def apps() -> Iterator[Callable[..., str]]:
    """Where the app answers with these settings; it starts when it is first asked for."""
    with ExitStack() as running:
        yield cache(lambda **settings: running.enter_context(running_app(settings)))


@pytest.fixture(scope="module")
def address(store: BehaviorStore, checkpoints: Path, apps: Callable[..., str]) -> str:
    return apps(DIN_STORE=store.url, DIN_CHECKPOINTS=str(checkpoints))


@pytest.fixture(scope="session")
def visitors(browser: Browser) -> Visitors:
    return Visitors(browser)


@pytest.fixture
def new_page(visitors: Visitors) -> Iterator[Callable[..., Page]]:
    """Pages of separate visitors; afterwards none may have met an error or asked another host."""
    yield visitors.enter
    seen = visitors.leave()
    assert seen.errors == []
    assert seen.hosts <= {"127.0.0.1", ""}


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    return new_page()
