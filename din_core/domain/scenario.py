"""The one object that runs the app: what a page shows is a function of (Scenario, store, checkpoints)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from din_core.domain.edits import Edit


@dataclass(frozen=True, slots=True)
class Scenario:
    """A user at a time, candidates, their context and the checkpoints that score them; a what-if has edits too."""

    user_id: str
    as_of: int
    """Seconds since 1970-01-01 UTC; the history holds only behaviors strictly earlier."""
    candidate_ids: tuple[str, ...]
    checkpoints: tuple[str, ...]
    """Checkpoint names or fingerprints; the first is on screen, the second is the one it is compared with."""
    context: Mapping[str, str | None] = field(default_factory=dict)
    edits: tuple[Edit, ...] = ()
    """Of the history, the profile, the context and the first candidate: each changes the result of the last."""
    reference: int = 0
    """After how many of the edits stands the state that the last one is compared with; 0: as it was."""
