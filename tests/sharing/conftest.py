"""An empty share store for each backend: the contract's tests run against both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from din_core.sharing.share_store import ShareStore
from tests.postgres_server import PostgresServer


@pytest.fixture(params=["sqlite", "postgres"])
def share_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where nothing was shared yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new folder' / 'shared.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    with server.database() as name:
        yield server.url(name)


@pytest.fixture
def shared(share_url: str) -> Iterator[ShareStore]:
    opened = ShareStore(share_url, clock=lambda: 1_000.5)
    yield opened
    opened.close()
