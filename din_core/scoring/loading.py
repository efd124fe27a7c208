"""Scorers of a folder's checkpoints. No torch, but where they compute on this machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from din_core.domain import CheckpointError
from din_core.domain.translatable import join_texts
from din_core.model.stored.files import CONFIG, VOCABULARY, WEIGHTS
from din_core.scoring.scorer import Scorer

if TYPE_CHECKING:
    from din_core.scoring.devices import Device

OPENING_PAIR = ("din", "base")
"""The pair that opens the app, where it is there."""


Unfit = Callable[[str, CheckpointError], None]
"""Is told of each folder whose checkpoint cannot be used, and why."""


def load_scorers(folder: Path, device: Device | None = None, unfit: Unfit | None = None) -> dict[str, Scorer]:
    """Every checkpoint in the folders below `folder` on a device of this machine, by folder name: `din` and `base`
    first, then by name. Imports torch.

    Without `unfit`, or where no checkpoint can be used, the reason is raised.
    """
    from din_core.model.checkpoint import load_checkpoint

    return load_each(folder, lambda path: Scorer(load_checkpoint(path), device), unfit)


def load_each(folder: Path, load: Callable[[Path], Scorer], unfit: Unfit | None = None) -> dict[str, Scorer]:
    """What `load` makes of every checkpoint in the folders below `folder`; see `load_scorers`."""
    found = sorted({path.parent for name in (WEIGHTS, CONFIG, VOCABULARY) for path in folder.glob(f"[!.]*/{name}")})
    if not found:
        raise CheckpointError(
            "{folder} holds 0 checkpoints; write one below it with `python -m trainer train --out {folder}/din`",
            folder=str(folder),
        )
    scorers, refused = {}, []
    for path in found:
        try:
            scorers[path.name] = load(path)
        except CheckpointError as error:
            if unfit is None:
                raise
            unfit(path.name, error)
            refused.append(error)
    if not scorers:
        raise none_usable(folder, refused)
    first = [name for name in OPENING_PAIR if name in scorers]
    return {name: scorers[name] for name in dict.fromkeys([*first, *scorers])}


def none_usable(folder: Path, refused: Sequence[CheckpointError]) -> CheckpointError:
    """The error for a folder of checkpoints of which each was refused: why."""
    if len(refused) == 1:
        return refused[0]
    return CheckpointError(
        "none of the {n:,} checkpoints in {folder} can be used: {faults}",
        n=len(refused),
        folder=str(folder),
        faults=join_texts([error.text for error in refused]),
    )
