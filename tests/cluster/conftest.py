"""Tests that start a Ray cluster run where `DIN_CLUSTER` is set: `make test-cluster`. The suite goes without them."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.cluster.running_cluster import RunningCluster, start

collect_ignore_glob = [] if os.environ.get("DIN_CLUSTER") else ["test_*.py"]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCluster]:
    """Two checkpoints, each served by two processes."""
    with start(tmp_path_factory.mktemp("cluster"), replicas=2) as cluster:
        yield cluster
