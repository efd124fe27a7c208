"""What an import is told beside the weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from din_core.domain import DinLensError
from din_core.model.config import Evolution
from din_core.model.library.options import LayerActivation
from trainer.foreign_checkpoints.field_mapping import FieldMapping


@dataclass(frozen=True)
class ForeignFiles:
    """A library's files, read, and what the user says of what they do not hold."""

    state: Mapping[str, Tensor]
    features: object
    """The JSON of the feature map or columns"""
    mapping: FieldMapping
    max_history: int | None = None
    softmax: bool = False
    unit_activation: LayerActivation | None = None
    unit_output: LayerActivation = "none"
    tower_activation: LayerActivation | None = None
    evolution: Evolution | None = None

    def history_length(self, own: int | None) -> int:
        """Behaviors that the library reads: as given, else as its files say."""
        found = own if self.max_history is None else self.max_history
        if found is None:
            raise DinLensError("nothing says how many behaviors the model reads; give --max-history N")
        if found < 1:
            raise DinLensError(f"--max-history is {found}, but must be 1 or more; give another")
        return found

    def refuse_evolution(self) -> None:
        """DinLensError where a gate is given of a model that has none."""
        if self.evolution is not None:
            raise DinLensError(
                f"--evolution is {self.evolution}, but the weights are of a DIN, not a DIEN; leave it out"
            )

    def refuse_softmax(self, library: str) -> None:
        """DinLensError where a softmax is given of a library whose DIN has none."""
        if self.softmax:
            raise DinLensError(f"--softmax is given, but {library}'s DIN has no softmax; leave it out")

    def refuse_unit_output(self, library: str) -> None:
        """DinLensError where something behind the unit is given of a library whose DIN has nothing there."""
        if self.unit_output != "none":
            raise DinLensError(
                f"--unit-output is {self.unit_output}, but {library}'s DIN has nothing behind its unit; leave it out"
            )


def refuse_feature(feature: object, reason: str) -> DinLensError:
    """The error for a feature that has no place here."""
    return DinLensError(f"the feature {feature} {reason}, which has no place in a model here; train without it")
