"""The layers of DeepCTR-Torch that its DIN and DIEN share, as stacks."""

from __future__ import annotations

from collections.abc import Sequence

from din_core.model.library.options import LayerActivation
from trainer.foreign_checkpoints.foreign_model import Block, ForeignField, Stack
from trainer.foreign_checkpoints.layer_stacks import HiddenLayer, Part, parts_below, stack_of
from trainer.foreign_checkpoints.options import ForeignFiles
from trainer.foreign_checkpoints.state_files import tensor_of

NAME = "DeepCTR-Torch"


def sparse_blocks(fields: Sequence[ForeignField]) -> tuple[Block, ...]:
    """What the tower reads of the sparse features, in their order."""
    return tuple(("q" if field.room == "item" else "others", field.feature) for field in fields)


def unit_of(files: ForeignFiles, attention: str, usual: LayerActivation) -> Stack:
    """The local activation unit of the attention layer of that name, whose usual activation is the model's."""
    prefix = f"{attention}.local_att"
    last: Part = {own: tensor_of(files.state, f"{prefix}.dense.{own}", NAME) for own in ("weight", "bias")}
    return stack_of(_layers(files, f"{prefix}.dnn"), last, where="unit", given=files.unit_activation, usual=usual)


def tower_of(files: ForeignFiles, linear: str) -> Stack:
    """The DNN, the linear layer of that name behind it, and the bias of the output."""
    last = {
        "weight": tensor_of(files.state, f"{linear}.weight", NAME),
        "bias": tensor_of(files.state, "out.bias", NAME).reshape(1),
    }
    return stack_of(_layers(files, "dnn"), last, where="tower", given=files.tower_activation, usual="relu")


def _layers(files: ForeignFiles, prefix: str) -> list[HiddenLayer]:
    linear, norms, activations = (
        parts_below(files.state, f"{prefix}.{kind}") for kind in ("linears", "bn", "activation_layers")
    )
    return [HiddenLayer(own, norms.get(at), activations.get(at, {}), unseen=1) for at, own in linear.items()]
