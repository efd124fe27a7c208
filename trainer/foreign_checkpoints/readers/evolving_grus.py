"""The second GRU of a DIEN: torch's own for AIGRU, or cells of a library's for AGRU and AUGRU, whose update gate is the
share of the new state, where torch's is that of the old one.

Dimensions: D width of the attended features.
"""

from __future__ import annotations

import torch
from torch import Tensor

from din_core.domain import DinLensError
from din_core.model.config import Evolution
from trainer.foreign_checkpoints.foreign_model import ForeignEvolution
from trainer.foreign_checkpoints.options import ForeignFiles
from trainer.foreign_checkpoints.state_files import tensor_of

CELL = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def evolution_of(files: ForeignFiles, library: str, extractor: str, evolving: str) -> ForeignEvolution:
    """Both GRUs, below these prefixes; DinLensError where `--evolution` is not given, or not theirs."""
    own_cell = f"{evolving}.rnn.weight_ih" in files.state
    kinds: tuple[Evolution, ...] = ("agru", "augru") if own_cell else ("aigru",)
    if files.evolution not in kinds:
        raise DinLensError(
            f"--evolution is {files.evolution or 'not given'}, but the second GRU's weights are those of "
            f"{' or '.join(kinds)}; give the model's gru_type (GRU, without attention inside, is not read)"
        )
    first = _torch_gru(files, library, extractor)
    if not own_cell:
        return ForeignEvolution("aigru", first, _torch_gru(files, library, evolving))
    cell = {name: tensor_of(files.state, f"{evolving}.rnn.{name}", library) for name in CELL}
    return ForeignEvolution(files.evolution, first, {name: _kept_share(own) for name, own in cell.items()})


def _torch_gru(files: ForeignFiles, library: str, prefix: str) -> dict[str, Tensor]:
    return {name: tensor_of(files.state, f"{prefix}.{name}_l0", library) for name in CELL}


def _kept_share(gates: Tensor) -> Tensor:
    """(3D, …) with a gate of the new state's share → with one of the old state's: σ(−x) = 1 − σ(x)."""
    reset, update, new = gates.chunk(3)
    return torch.cat([reset, -update, new])
