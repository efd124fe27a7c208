"""With DIN_SCORER the app needs no torch, and every page has the numbers that it has with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from din_core.scoring import load_scorers
from tests.pages.conftest import World
from tests.pages.own_models.pages_process import MISSING, VISITS, address, all_pages
from tests.scoring.cluster.cluster_server import ClusterServer, serving

ROOT = Path(__file__).parents[3]
PERCENT = "columns"
"""Tables of records hold probabilities times 100."""


@pytest.fixture
def server(family: World) -> Iterator[ClusterServer]:
    with serving(*(scorer.checkpoint for scorer in load_scorers(family.checkpoints).values())) as server:
        yield server


def test_every_page_has_the_same_numbers_in_a_process_without_torch(
    family: World, server: ClusterServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIN_STORE", family.url)
    monkeypatch.setenv("DIN_CHECKPOINTS", str(family.checkpoints))
    command = [sys.executable, "-m", "tests.pages.own_models.pages_process"]
    with subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "DIN_SCORER": server.url}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        wanted = all_pages()
        written, log = process.communicate(timeout=120)
    assert process.returncode == 0, log.decode()[-2_000:]
    found = json.loads(written)
    for own in VISITS:
        assert found[address(*own)][2:5] == [["warning", []], ["error", []], ["exception", []]]
    assert plain(found) == plain(wanted)
    mine, own = (np.array(list(numbers_of(pages))) for pages in (found, wanted))
    assert len(mine) > 1_000
    np.testing.assert_allclose(mine, own, rtol=1e-6, atol=1e-6)


def numbers_of(value: Any, unit: float = 1) -> Iterator[float]:
    """Every number of what pages are told."""
    if isinstance(value, dict):
        for name, own in value.items():
            yield from numbers_of(own, 100 if name == PERCENT else unit)
    elif isinstance(value, list):
        for own in value:
            yield from numbers_of(own, unit)
    elif isinstance(value, float):
        yield value / unit


def plain(value: Any) -> Any:
    """All but the numbers."""
    if isinstance(value, dict):
        return {name: plain(own) for name, own in value.items()}
    if isinstance(value, list):
        return [plain(own) for own in value]
    return float if isinstance(value, float) else value


def test_what_is_installed_without_torch_is_part_of_what_is_installed_with_it() -> None:
    served, everything = (
        {line for line in (ROOT / name).read_text("utf-8").splitlines() if line and not line.startswith("#")}
        for name in ("requirements-served.txt", "requirements.txt")
    )
    left = {line.partition("==")[0].replace("-", "_") for line in everything - served}
    assert served < everything
    assert left == {name.replace("sklearn", "scikit_learn") for name in MISSING} - {"ray"}
