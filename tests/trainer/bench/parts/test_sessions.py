"""Visitors of the app: each kind of choice is made, every one is answered, and what it cost is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from din_core.domain import DinLensError
from tests.own_thread import in_own_thread
from tests.small_world import small_store
from tests.tiny_checkpoints import write_checkpoints
from tests.trainer.bench.rows import SIZES, finite
from trainer.bench.parts.sessions import sessions


@pytest.mark.timeout(180)  # it starts the app, as journeys do
def test_visitors_are_answered_and_their_waits_told(tmp_path: Path) -> None:
    with small_store(tmp_path) as store:
        write_checkpoints(tmp_path / "checkpoints", store.bulk())
        url = store.url
    rows = finite(in_own_thread(sessions, SIZES, url, str(tmp_path / "checkpoints" / "din")))
    kinds = {name.partition(" (")[0] for name in rows}
    assert {"first view", "another user", "scores of another user", "effects", "all choices"} <= kinds
    assert rows["3 visitors, server"]["errors"] == 0
    assert rows["3 visitors, server"]["CPU ms a choice"] > 0


def test_a_store_needs_a_model() -> None:
    with pytest.raises(DinLensError, match="name one by --checkpoint"):
        sessions(SIZES, "sqlite:///some.db")
