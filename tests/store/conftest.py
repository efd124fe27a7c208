"""One filled store for each backend: the contract's tests run against every one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from din_core.store import BehaviorStore, create_store, ingest, open_store
from din_core.store.ingestion.ingest import ingest_into
from tests.postgres_server import PostgresServer
from tests.small_world import write_tables
from tests.store.input_tables import database


def _file(folder: Path, request: pytest.FixtureRequest) -> BehaviorStore:
    ingest(write_tables(folder), database(folder))
    return open_store(database(folder))


def _file_without_trigrams(folder: Path, request: pytest.FixtureRequest) -> BehaviorStore:
    store = _file(folder, request)
    without_trigrams(store)
    return open_store(store.url)


def without_trigrams(store: BehaviorStore) -> None:
    """Make it one of a SQLite that has no trigram index, and close it."""
    with store.writing() as connection:
        connection.execute(text("DROP TABLE items_search"))
        connection.execute(text("DROP TABLE users_search"))
    store.close()


def _memory(folder: Path, request: pytest.FixtureRequest) -> BehaviorStore:
    store = create_store("sqlite://")
    ingest_into(store.engine, write_tables(folder))
    return store


@contextmanager
def _postgres(folder: Path, request: pytest.FixtureRequest) -> Iterator[BehaviorStore]:
    server: PostgresServer = request.getfixturevalue("postgres")
    with (
        server.database(request.getfixturevalue("postgres_world")) as name,
        closing(open_store(server.url(name))) as store,
    ):
        yield store


def _closed_after(open_one: Callable[[Path, pytest.FixtureRequest], BehaviorStore]) -> Backend:
    return lambda folder, request: closing(open_one(folder, request))


Backend = Callable[[Path, pytest.FixtureRequest], AbstractContextManager[BehaviorStore]]
BACKENDS: dict[str, Backend] = {
    "sqlite": _closed_after(_file),
    "sqlite-like": _closed_after(_file_without_trigrams),
    "memory": _closed_after(_memory),
    "postgres": _postgres,
}


@pytest.fixture(params=BACKENDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BehaviorStore]:
    """The small world in a store of each backend, anew for each test."""
    with BACKENDS[request.param](tmp_path, request) as opened:
        yield opened


@pytest.fixture(scope="module", params=BACKENDS)
def shared_store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BehaviorStore]:
    """The same, once for all the examples of property tests: only for reading."""
    with BACKENDS[request.param](tmp_path_factory.mktemp("shared"), request) as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a store can be made: a file that is not there yet, and an empty database."""
    if request.param == "sqlite":
        yield database(tmp_path)
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    with server.database() as name:
        yield server.url(name)
