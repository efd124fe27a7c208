"""DeepCTR-Torch 0.3's DIEN, with AIGRU, AGRU or AUGRU as its `gru_type` and normalised attention.

A GRU makes interest states of the behaviors, a unit weighs [q, h, q−h, q∘h] by a softmax over the history, and a second
GRU evolves the states to v, 0 without behaviors. The tower reads v, then all sparse features. The auxiliary network
takes part in training alone, and is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from din_core.domain import DinLensError
from trainer.foreign_checkpoints.foreign_model import ForeignField, ForeignModel
from trainer.foreign_checkpoints.options import ForeignFiles
from trainer.foreign_checkpoints.readers.deepctr_layers import NAME, sparse_blocks, tower_of, unit_of
from trainer.foreign_checkpoints.readers.evolving_grus import evolution_of

UNREAD = "The library's tower reads nothing of {features}, which has several values; it is left out."


def is_evolution(state: Mapping[str, Tensor]) -> bool:
    """Whether the weights are of a DIEN."""
    return any(name.startswith("interest_evolution.") for name in state)


def read_evolution(
    files: ForeignFiles, fields: tuple[ForeignField, ...], attended: tuple[str, ...], unread: Sequence[str], length: int
) -> ForeignModel:
    """The model of these sparse features; `unread` are columns of several values, which the library has no use for."""
    if not files.softmax:
        raise DinLensError(
            f"{NAME}'s DIEN is read with normalised attention alone (att_weight_normalization), which leaves no trace "
            "in the weights; give --softmax where the model has it"
        )
    return ForeignModel(
        library="deepctr-torch",
        fields=fields,
        attended=attended,
        units=(unit_of(files, "interest_evolution.attention", usual="relu"),),
        tower=tower_of(files, "linear"),
        blocks=(*(("v", own) for own in attended), *sparse_blocks(fields)),
        max_history=length,
        evolution=evolution_of(files, NAME, "interest_extractor.gru", "interest_evolution.interest_evolution"),
        notes=tuple(UNREAD.format(features=name) for name in unread if not name.startswith("neg_hist_")),
    )
