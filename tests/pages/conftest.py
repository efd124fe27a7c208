"""The small world behind the real app, without a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from din_core.scoring import Scorer, load_scorers
from din_core.store import BehaviorStore, ingest, open_store
from tests.small_world import write_tables
from tests.tiny_checkpoints import write_checkpoints

MAIN = Path(__file__).parents[2] / "din_core" / "pages" / "main.py"


@dataclass(frozen=True)
class World:
    """A store, checkpoints, and the ways to them that the app is told."""

    url: str
    checkpoints: Path
    store: BehaviorStore
    scorers: dict[str, Scorer]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    url = f"sqlite:///{tmp_path / 'world.db'}"
    ingest(write_tables(tmp_path / "tables"), url)
    store = open_store(url)
    checkpoints = write_checkpoints(tmp_path / "checkpoints", store.bulk())
    yield World(url, checkpoints, store, load_scorers(checkpoints))
    store.close()


@pytest.fixture
def visit(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Open the app at a query string's values and run it once."""
    monkeypatch.setenv("DIN_STORE", world.url)
    monkeypatch.setenv("DIN_CHECKPOINTS", str(world.checkpoints))

    def open_page(**query: str) -> AppTest:
        page = AppTest.from_file(str(MAIN), default_timeout=60)
        for name, value in query.items():
            page.query_params[name] = value
        return page.run()

    return open_page
