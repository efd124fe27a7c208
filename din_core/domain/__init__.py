"""The words of the project as frozen dataclasses; imports nothing else of ours."""

from din_core.domain.behaviors import Behavior, Candidate, FoldedBehavior, History, Impression
from din_core.domain.edits import (
    Add,
    Drop,
    DropItem,
    Edit,
    EditError,
    Line,
    Move,
    Repeat,
    SetCandidate,
    SetContext,
    SetProfile,
    State,
    Truncate,
)
from din_core.domain.entities import Item, User
from din_core.domain.errors import (
    CheckpointError,
    DinLensError,
    LinkError,
    RejectedRows,
    ScorerBusy,
    StoreError,
    UnknownCheckpoint,
    UnknownItem,
    UnknownUser,
)
from din_core.domain.results import Counterfactual, Explanation, Scores, UnitReading
from din_core.domain.scenario import Scenario
from din_core.domain.trust import Agreement, Curves, Erasure, Verdict

__all__ = [
    "Add",
    "Agreement",
    "Behavior",
    "Candidate",
    "CheckpointError",
    "Counterfactual",
    "Curves",
    "DinLensError",
    "Drop",
    "DropItem",
    "Edit",
    "EditError",
    "Erasure",
    "Explanation",
    "FoldedBehavior",
    "History",
    "Impression",
    "Item",
    "Line",
    "LinkError",
    "Move",
    "RejectedRows",
    "Repeat",
    "Scenario",
    "ScorerBusy",
    "Scores",
    "SetCandidate",
    "SetContext",
    "SetProfile",
    "State",
    "StoreError",
    "Truncate",
    "UnitReading",
    "UnknownCheckpoint",
    "UnknownItem",
    "UnknownUser",
    "User",
    "Verdict",
]
