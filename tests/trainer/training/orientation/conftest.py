"""A small planted world in which every click has a known cause, and models of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from din_core.store import ingest
from trainer.datasets.planted import PlantedOptions, generate, write_planted
from trainer.training.recipes import RECIPES
from trainer.training.train import TrainOptions, fit_options, train

WORLD = PlantedOptions(users=200, strength=4.0, noise=0.01, distractors=4, behaviors=1.5)


@dataclass(frozen=True)
class TrainedWorld:
    """A store, and the truth about its clicks."""

    folder: Path

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder / 'store.db'}"

    @property
    def truth(self) -> Path:
        return self.folder / "tables" / "truth.parquet"

    def din(self, seed: int) -> Path:
        """The checkpoint of a DIN with this seed, trained when it is first asked for. To be copied, not changed."""
        out = self.folder / f"din-{seed}"
        if not out.exists():
            given = {"epochs": 8, "batch_size": 96, "learning_rate": 8e-3, "embedding_decay": 0.5, "seed": seed}
            fit = fit_options(RECIPES["din"], given)
            train(TrainOptions(self.url, "din", out, device="cpu", fit=fit))
        return out


@pytest.fixture(scope="package")
def planted_world(tmp_path_factory: pytest.TempPathFactory) -> TrainedWorld:
    world = TrainedWorld(tmp_path_factory.mktemp("planted"))
    write_planted(generate(WORLD), WORLD, world.folder / "tables")
    ingest(world.folder / "tables", world.url)
    return world
