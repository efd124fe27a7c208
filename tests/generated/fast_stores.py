"""Stores by the hundred in one process: engines and the empty store are made once, not for each example."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from din_core.store import create_store
from din_core.store.engine import make_engine

URL = "sqlite:///store.db"
"""In the examples' folder, which is always the same: one engine, with the statements it has compiled, serves all."""


@lru_cache(maxsize=1)
def empty_store() -> bytes:
    """The file of a store that holds nothing."""
    with TemporaryDirectory() as name:
        create_store(f"sqlite:///{name}/empty.db").close()
        return (Path(name) / "empty.db").read_bytes()


@contextmanager
def kept_engines() -> Iterator[None]:
    """Engines of equal addresses are one."""
    with (
        patch("din_core.store.connect.make_engine", _kept_engine),
        patch("din_core.store.ingestion.ingest.make_engine", _kept_engine),
    ):
        yield


_kept_engine = lru_cache(maxsize=8)(make_engine)
