"""The small world in a store, with untrained checkpoints that know it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from din_core.model.checkpoint import load_checkpoint
from din_core.scoring import Scorer
from din_core.store import BehaviorStore
from tests.small_world import MONDAY, small_store
from tests.tiny_checkpoints import write_checkpoints


@dataclass(frozen=True)
class World:
    """A store and the folder of its checkpoints."""

    store: BehaviorStore
    checkpoints: Path

    def scorer(self, name: str = "din") -> Scorer:
        """One of the checkpoints, ready to score."""
        return Scorer(load_checkpoint(self.checkpoints / name))

    def arguments(self, name: str = "din") -> list[str]:
        """Of a command that scores with it."""
        return [f"--store={self.store.url}", f"--checkpoint={self.checkpoints / name}"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """DIN, average pooling, DIEN and TIN."""
    folder = tmp_path_factory.mktemp("world")
    with small_store(folder) as store:
        write_checkpoints(folder / "checkpoints", store.bulk(), kinds=("din", "base", "dien", "tin"))
        yield World(store, folder / "checkpoints")


@pytest.fixture
def requests() -> pd.DataFrame:
    """Household 7 is shown lager and milk, and nobody that the store knows a cheese."""
    return pd.DataFrame(
        {
            "request": ["r1", "r2", "r3"],
            "user_id": ["7", "7", "stranger"],
            "item_id": ["b1", "m1", "c1"],
            "timestamp": [MONDAY, MONDAY, MONDAY],
            "store": ["Store 367", "Store 999", None],
        }
    )
