"""Small planted worlds in which every click has a known cause."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from din_core.store import ingest
from trainer.datasets.planted import PlantedOptions, generate, write_planted
from trainer.training.recipes import RECIPES
from trainer.training.train import TrainOptions, fit_options, train

WORLD = PlantedOptions(users=200, strength=4.0, noise=0.01, distractors=4, behaviors=1.5)
SEEDS = (0, 1, 2)


class TrainedWorld(NamedTuple):
    """A store, the truth about its clicks, and a DIN of each seed."""

    url: str
    truth: Path
    checkpoints: tuple[Path, ...]


@pytest.fixture(scope="package")
def trained_world(tmp_path_factory: pytest.TempPathFactory) -> TrainedWorld:
    """To be copied, not changed."""
    folder = tmp_path_factory.mktemp("planted")
    write_planted(generate(WORLD), WORLD, folder / "tables")
    url = f"sqlite:///{folder / 'store.db'}"
    ingest(folder / "tables", url)
    checkpoints = tuple(folder / f"din-{seed}" for seed in SEEDS)
    for seed, out in zip(SEEDS, checkpoints, strict=True):
        given = {"epochs": 8, "batch_size": 96, "learning_rate": 8e-3, "embedding_decay": 0.5, "seed": seed}
        fit = fit_options(RECIPES["din"], given)
        train(TrainOptions(url, "din", out, device="cpu", fit=fit))
    return TrainedWorld(url, folder / "tables" / "truth.parquet", checkpoints)
