"""A package with models, installed as far as Python can tell: a distribution's folder on the path."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.external.fake_package import install
from tests.external.world import OwnWorld
from tests.small_world import small_store
from tests.tiny_checkpoints import write_checkpoints


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return install(tmp_path / "site", monkeypatch)


@pytest.fixture
def own(package: Path, tmp_path: Path) -> Iterator[OwnWorld]:
    """The small world with a checkpoint of the transformer."""
    with small_store(tmp_path) as store:
        yield OwnWorld(store, tmp_path / "checkpoints")


@pytest.fixture
def written_din(own: OwnWorld) -> str:
    """A checkpoint of this project's, beside the others."""
    return str(write_checkpoints(own.checkpoints, own.store.bulk(), kinds=("din",)) / "din")
