"""Samples whose histories Ray Data reads are those of one machine, also where a process is killed while it reads."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from din_core.store import BulkTables, ingest, open_store
from tests.trainer.planted_tables import planted_tables
from trainer.cluster.connection import connect, import_ray
from trainer.cluster.histories import ClusterHistories
from trainer.training.fields.training_vocabulary import build_vocabulary
from trainer.training.samples import Ints, ReadHistories, Samples, build_samples

STRETCH = 50
"""Groups: some ten stretches of the small world."""


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    found = import_ray()
    connect(found, None, 2, fewer="--workers")
    yield found
    found.shutdown()


@pytest.fixture(scope="module")
def bulk(tmp_path_factory: pytest.TempPathFactory) -> BulkTables:
    folder = tmp_path_factory.mktemp("histories")
    ingest(planted_tables(folder / "tables"), f"sqlite:///{folder / 'store.db'}")
    store = open_store(f"sqlite:///{folder / 'store.db'}")
    try:
        return store.bulk()
    finally:
        store.close()


def samples(bulk: BulkTables, split: str, folds: bool, histories: Any = None) -> Samples:
    return build_samples(bulk, build_vocabulary(bulk, 1), split, 7, folds, histories)


@pytest.mark.parametrize("folds", [True, False])
@pytest.mark.parametrize("split", ["train", "valid", "test"])
def test_samples_are_equal_to_those_of_one_machine(ray: Any, bulk: BulkTables, split: str, folds: bool) -> None:
    found = samples(bulk, split, folds, ClusterHistories(lambda: ray, STRETCH))
    expected = samples(bulk, split, folds)
    assert found.fingerprint() == expected.fingerprint()
    assert (found.time == expected.time).all() and (found.impression == expected.impression).all()


def killed_once(marks: Path, read: ReadHistories, bulk: BulkTables, user: Ints, time: Ints, most: int) -> Any:
    """As `read`; the process that reads the first stretch is killed the first time."""
    if user[0] == 0 and not (marks / "killed").exists():
        (marks / "killed").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return read(bulk, user, time, most)


def test_what_a_killed_process_was_reading_is_read_again(ray: Any, bulk: BulkTables, tmp_path: Path) -> None:
    on_cluster = ClusterHistories(lambda: ray, STRETCH)

    def histories(read: ReadHistories, *rest: Any) -> Any:
        return on_cluster(partial(killed_once, tmp_path, read), *rest)

    found = samples(bulk, "train", True, histories)
    assert (tmp_path / "killed").exists()
    assert found.fingerprint() == samples(bulk, "train", True).fingerprint()
