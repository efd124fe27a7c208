"""DeepCTR-Torch 0.3's DIEN, with AIGRU, AGRU or AUGRU as its `gru_type` and normalised attention.

A GRU makes interest states of the behaviors, a unit weighs [q, h, q−h, q∘h] by a softmax over the history, and a second
GRU evolves the states to v, 0 without behaviors. The update gate of its AGRU and AUGRU cells is the share of the new
state, where torch's is that of the old one. The tower reads v, then all sparse features. The auxiliary network takes
part in training alone, and is left out.

Dimensions: D width of the attended features.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from din_core.domain import DinLensError
from din_core.model.config import Evolution
from trainer.foreign_checkpoints.foreign_model import ForeignEvolution, ForeignField, ForeignModel
from trainer.foreign_checkpoints.options import ForeignFiles
from trainer.foreign_checkpoints.readers.deepctr_layers import NAME, sparse_blocks, tower_of, unit_of
from trainer.foreign_checkpoints.state_files import tensor_of

EVOLVING = "interest_evolution.interest_evolution"
CELL = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
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
        evolution=_evolution(files),
        notes=tuple(UNREAD.format(features=name) for name in unread if not name.startswith("neg_hist_")),
    )


def _evolution(files: ForeignFiles) -> ForeignEvolution:
    own_cell = f"{EVOLVING}.rnn.weight_ih" in files.state
    kinds: tuple[Evolution, ...] = ("agru", "augru") if own_cell else ("aigru",)
    if files.evolution not in kinds:
        raise DinLensError(
            f"--evolution is {files.evolution or 'not given'}, but the second GRU's weights are those of "
            f"{' or '.join(kinds)}; give the model's gru_type (GRU, without attention inside, is not read)"
        )
    extractor = _torch_gru(files, "interest_extractor.gru")
    if not own_cell:
        return ForeignEvolution("aigru", extractor, _torch_gru(files, EVOLVING))
    cell = {name: tensor_of(files.state, f"{EVOLVING}.rnn.{name}", NAME) for name in CELL}
    return ForeignEvolution(files.evolution, extractor, {name: _kept_share(own) for name, own in cell.items()})


def _torch_gru(files: ForeignFiles, prefix: str) -> dict[str, Tensor]:
    return {name: tensor_of(files.state, f"{prefix}.{name}_l0", NAME) for name in CELL}


def _kept_share(gates: Tensor) -> Tensor:
    """(3D, …) with a gate of the new state's share → with one of the old state's: σ(−x) = 1 − σ(x)."""
    reset, update, new = gates.chunk(3)
    return torch.cat([reset, -update, new])
