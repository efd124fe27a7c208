"""The models of the app: those of a folder's checkpoints that can be used on the store at hand."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from din_core.domain import CheckpointError, DinLensError
from din_core.domain.coverage import HeldValues, VocabularyCoverage
from din_core.domain.translatable import Translatable

if TYPE_CHECKING:
    from din_core.scoring import Scorer


@dataclass(frozen=True)
class LoadedModels:
    """The checkpoints of a folder, by their folders' names."""

    scorers: Mapping[str, Scorer]
    unfit: Mapping[str, CheckpointError]
    """Why each of the others cannot be used."""
    coverage: Mapping[str, VocabularyCoverage] = field(default_factory=dict)
    """How much of the store each scorer knows; empty before it was compared with one."""

    @property
    def faults(self) -> dict[str, Translatable]:
        """Why checkpoints cannot be used, in words."""
        return {name: error.text for name, error in self.unfit.items()}


def load_models(folder: Path) -> LoadedModels:
    """All checkpoints below `folder`, each gathering the requests of all sessions; DIN_DEVICE or DIN_SCORER says where
    they score.

    CheckpointError where none can be used, DinLensError where a device or cluster is named that cannot be asked.
    """
    from din_core.scoring import BatchingScorer
    from din_core.scoring.cluster.loading import load_served_scorers
    from din_core.scoring.cluster.settings import cluster_address

    device, cluster = os.environ.get("DIN_DEVICE") or "cpu", cluster_address()
    if cluster is not None and device != "cpu":
        raise DinLensError("DIN_SCORER and DIN_DEVICE={device} are both set; unset one of them", device=device)
    unfit: dict[str, CheckpointError] = {}
    if cluster is None:
        scorers = _load_local(folder, device, unfit)
    else:
        scorers = load_served_scorers(folder, cluster, unfit.__setitem__)
    return LoadedModels({name: BatchingScorer(scorer) for name, scorer in scorers.items()}, unfit)


def _load_local(folder: Path, device: str, unfit: dict[str, CheckpointError]) -> dict[str, Scorer]:
    """DinLensError without torch, which the first call imports."""
    try:
        import torch
    except ImportError as error:
        raise DinLensError(
            "torch is not installed here, and DIN_SCORER names no cluster that computes instead; install"
            " requirements.txt, or set DIN_SCORER"
        ) from error

    from din_core.scoring import load_scorers
    from din_core.scoring.devices import open_device

    torch.set_num_threads(1)  # one household's forward pass is small; more threads only wait for each other
    return load_scorers(folder, open_device(device), unfit.__setitem__)


def compare_with_store(models: LoadedModels, held: HeldValues, folder: Path) -> LoadedModels:
    """The models that know something of the store, with how much; the others are unfit.

    CheckpointError where none does.
    """
    from din_core.model.coverage import measure_coverage
    from din_core.scoring import none_usable

    coverage = {name: measure_coverage(scorer.checkpoint.vocabulary, held) for name, scorer in models.scorers.items()}
    strange = {name: _of_another_store(folder / name, found) for name, found in coverage.items() if found.knows_nothing}
    unfit = {**models.unfit, **strange}
    if len(strange) == len(coverage):
        raise none_usable(folder, list(unfit.values()))
    return LoadedModels(
        {name: scorer for name, scorer in models.scorers.items() if name not in strange},
        unfit,
        {name: found for name, found in coverage.items() if name not in strange},
    )


def _of_another_store(folder: Path, found: VocabularyCoverage) -> CheckpointError:
    return CheckpointError(
        "{folder} knows 0 of the {n:,} items in the store, so it was trained on another one; open that store, or train"
        " a model on this one",
        folder=str(folder),
        n=found.items.whole,
    )
