"""Settings of the whole suite. Data is small and made in the tests; fixtures live beside their users."""

from __future__ import annotations

import faulthandler
import os
import random
from collections.abc import Iterator

# Before torch is imported: on busy cores, threads of tiny operations mostly wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest
import pytest_timeout
from _pytest.faulthandler import fault_handler_stderr_fd_key
from hypothesis import settings

from din_core.store import ingest
from tests.postgres_server import PostgresServer, postgres_server
from tests.small_world import write_tables

# Two shared cores: how long one example takes says nothing about the code.
settings.register_profile("din_lens", deadline=None, print_blob=True)
settings.load_profile("din_lens")


@pytest.fixture(autouse=True)
def _seeded() -> None:
    """The global generators start every test alike, whichever worker runs it and in whichever order."""
    random.seed(0)
    np.random.seed(0)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server of this worker's own."""
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_world(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a database that holds the small world, to make others after."""
    with postgres.database() as name:
        ingest(write_tables(tmp_path_factory.mktemp("postgres")), postgres.url(name))
        yield name


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Both clocks stop for good when a test fails: what its fixtures then do gets a time limit of its own."""
    limits = pytest_timeout._get_item_settings(item)
    item.config.hook.pytest_timeout_set_timer(item=item, settings=limits)
    limit, stderr = float(item.config.getini("faulthandler_timeout")), item.config.stash[fault_handler_stderr_fd_key]
    faulthandler.dump_traceback_later(limit, exit=True, file=stderr)
