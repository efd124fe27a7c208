"""The one object that runs the app: what a page shows is a function of (Scenario, store, checkpoints)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from din_core.domain.behaviors import Candidate
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
    nths: tuple[int, ...] = ()
    """`Candidate.nth` of the candidates, in their order, without the ones at the end: mostly there are none."""

    def __post_init__(self) -> None:
        nths = self.nths[: len(self.candidate_ids)]
        last = max((place for place, nth in enumerate(nths, 1) if nth != 1), default=0)
        object.__setattr__(self, "nths", nths[:last])

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The candidates, the one on screen first."""
        nths = (*self.nths, *[1] * (len(self.candidate_ids) - len(self.nths)))
        return tuple(map(Candidate, self.candidate_ids, nths))

    def with_candidates(self, candidates: Sequence[Candidate], context: Mapping[str, str | None]) -> Scenario:
        """The same with other candidates; `context` is the first one's."""
        ids, nths = tuple(one.item_id for one in candidates), tuple(one.nth for one in candidates)
        return replace(self, candidate_ids=ids, nths=nths, context=context)
