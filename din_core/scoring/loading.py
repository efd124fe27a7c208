"""Scorers of a folder's checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from din_core.domain import CheckpointError
from din_core.domain.translatable import join_texts
from din_core.model.checkpoint import CONFIG, VOCABULARY, WEIGHTS, load_checkpoint
from din_core.scoring.scorer import Scorer

if TYPE_CHECKING:
    from din_core.scoring.devices import Device

OPENING_PAIR = ("din", "base")
"""The pair that opens the app, where it is there."""


def load_scorers(
    folder: Path, device: Device | None = None, unfit: Callable[[str, CheckpointError], None] | None = None
) -> dict[str, Scorer]:
    """Every checkpoint in the folders below `folder`, by folder name: `din` and `base` first, then by name.

    `unfit` is told of each folder whose checkpoint cannot be used, and why; without it, or where none can be used,
    that is raised.
    """
    found = sorted({path.parent for name in (WEIGHTS, CONFIG, VOCABULARY) for path in folder.glob(f"[!.]*/{name}")})
    if not found:
        raise CheckpointError(
            "{folder} holds 0 checkpoints; write one below it with `python -m trainer train --out {folder}/din`",
            folder=str(folder),
        )
    scorers, refused = {}, []
    for path in found:
        try:
            scorers[path.name] = Scorer(load_checkpoint(path), device)
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
