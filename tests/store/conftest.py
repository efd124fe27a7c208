"""One filled store for each backend: the contract's tests run against every one of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from din_core.store import BehaviorStore, create_store, ingest, open_store
from din_core.store.ingestion.ingest import ingest_into
from din_core.store.schema import Base
from tests.small_world import write_tables


def _file(folder: Path) -> BehaviorStore:
    ingest(write_tables(folder), f"sqlite:///{folder / 'store.db'}")
    return open_store(f"sqlite:///{folder / 'store.db'}")


def _file_without_trigrams(folder: Path) -> BehaviorStore:
    store = _file(folder)
    with store.writing() as connection:
        connection.execute(text("DROP TABLE items_search"))
        connection.execute(text("DROP TABLE users_search"))
    store.close()
    return open_store(store.url)


def _memory(folder: Path) -> BehaviorStore:
    store = create_store("sqlite://")
    ingest_into(store.engine, write_tables(folder))
    return store


def _postgres(folder: Path) -> BehaviorStore:
    url = os.environ["DIN_TEST_POSTGRES"]
    engine = create_engine(url)
    with engine.begin() as connection:
        Base.metadata.drop_all(connection)
        connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
    engine.dispose()
    ingest(write_tables(folder), url)
    return open_store(url)


BACKENDS: dict[str, Callable[[Path], BehaviorStore]] = {
    "sqlite": _file,
    "sqlite-like": _file_without_trigrams,
    "memory": _memory,
}
if "DIN_TEST_POSTGRES" in os.environ:  # a URL of an empty database that the tests may fill
    BACKENDS["postgres"] = _postgres


@pytest.fixture(params=BACKENDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BehaviorStore]:
    """The small world in a store of each backend, anew for each test."""
    opened = BACKENDS[request.param](tmp_path)
    yield opened
    opened.close()


@pytest.fixture(scope="module", params=BACKENDS)
def shared_store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BehaviorStore]:
    """The same, once for all the examples of property tests: only for reading."""
    opened = BACKENDS[request.param](tmp_path_factory.mktemp("shared"))
    yield opened
    opened.close()
