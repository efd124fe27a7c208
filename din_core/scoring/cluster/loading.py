"""Scorers of a folder's checkpoints that a cluster computes. No torch, but for models that are not this project's."""

from __future__ import annotations

from pathlib import Path

from din_core.domain import CheckpointError
from din_core.model.stored.files import read_weightless
from din_core.scoring.cluster.checkpoint_server import CheckpointServer
from din_core.scoring.cluster.served_engine import ServedEngine
from din_core.scoring.cluster.settings import ClusterAddress
from din_core.scoring.loading import Unfit, load_each
from din_core.scoring.scorer import Scorer


def load_served_scorers(folder: Path, address: ClusterAddress, unfit: Unfit | None = None) -> dict[str, Scorer]:
    """As `load_scorers`, computed by the cluster; models that are not this project's are computed here."""
    return load_each(folder, lambda path: served_scorer(path, address), unfit)


def served_scorer(folder: Path, address: ClusterAddress) -> Scorer:
    """Of one checkpoint, whose files are read without its network; CheckpointError where they are none, and where a
    model that is not this project's needs torch and there is none."""
    read = read_weightless(folder)
    if read.config.external:
        return _computed_here(folder)
    server = CheckpointServer(address, read.fingerprint, read.config.title)
    return Scorer(read, engine=ServedEngine(server, read.config, read.half_life))


def _computed_here(folder: Path) -> Scorer:
    try:
        import torch

        from din_core.model.checkpoint import load_checkpoint
    except ImportError as error:
        raise CheckpointError(
            "{folder} holds a model of its own, which needs torch, and torch is not installed here; install"
            " requirements.txt, or take the checkpoint away",
            folder=str(folder),
        ) from error
    torch.set_num_threads(1)  # as the app sets it: more threads only wait for each other
    return Scorer(load_checkpoint(folder))
