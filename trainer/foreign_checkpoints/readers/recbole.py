"""RecBole 1.2's DIN and DIEN: their item and user fields as JSON, and the state dict.

One unit, the library's `SequenceAttLayer`, reads all item fields as [q, k, q−k, q∘k] through sigmoid layers, masked by
the history's length, and its output is divided by √D. The tower's layers have BatchNorm and a Dice that is s·σ(s), as
its α is a 0 that nothing trains. DIN's tower reads v, q and v∘q; users' fields are embedded, but no layer reads them.
DIEN's unit reads interest states as k and is normalised by a softmax; its tower reads v, q and users' fields. The
auxiliary network takes part in training alone, and is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from torch import Tensor

from trainer.foreign_checkpoints.field_mapping import check_places
from trainer.foreign_checkpoints.foreign_model import ForeignModel, Stack
from trainer.foreign_checkpoints.layer_stacks import HiddenLayer, layers_in_sequence, stack_of
from trainer.foreign_checkpoints.options import ForeignFiles
from trainer.foreign_checkpoints.readers.evolving_grus import evolution_of
from trainer.foreign_checkpoints.readers.recbole_fields import NAME, fields_of, history_length
from trainer.foreign_checkpoints.state_files import tensor_of

EXTRACTOR = "interset_extractor.gru"
"""As the library spells it"""
USERS_UNREAD = "The library embeds users' fields, but none of its layers reads them; they are left out."


def read_recbole(files: ForeignFiles) -> ForeignModel:
    """The model; DinLensError for what cannot be read of it."""
    files.refuse_unit_output(NAME)
    return _evolution(files) if is_evolution(files.state) else _interest(files)


def is_evolution(state: Mapping[str, Tensor]) -> bool:
    """Whether the weights are of a DIEN."""
    return any(name.startswith("interest_evolution.") for name in state)


def _interest(files: ForeignFiles) -> ForeignModel:
    files.refuse_evolution()
    files.refuse_softmax(NAME)
    items = fields_of(files, "item")
    check_places(items, files.mapping)
    names = tuple(own.feature for own in items)
    return ForeignModel(
        library="recbole",
        fields=items,
        attended=names,
        units=(_stack(files, "attention.att_mlp_layers", "attention.dense", unit=True),),
        tower=_stack(files, "dnn_mlp_layers", "dnn_predict_layers", unit=False),
        blocks=(*(("v", own) for own in names), *(("q", own) for own in names), *(("product", own) for own in names)),
        max_history=history_length(files),
        scaled_weights=True,
        notes=(USERS_UNREAD,),
    )


def _evolution(files: ForeignFiles) -> ForeignModel:
    items, users = fields_of(files, "item"), fields_of(files, "user")
    check_places((*items, *users), files.mapping)
    names, attention = tuple(own.feature for own in items), "interest_evolution.attention_layer"
    return ForeignModel(
        library="recbole",
        fields=(*items, *users),
        attended=names,
        units=(_stack(files, f"{attention}.att_mlp_layers", f"{attention}.dense", unit=True),),
        tower=_stack(files, "dnn_mlp_layers", "dnn_predict_layer", unit=False),
        blocks=(
            *(("v", own) for own in names),
            *(("q", own) for own in names),
            *(("others", own.feature) for own in users),
        ),
        max_history=history_length(files),
        scaled_weights=True,
        evolution=evolution_of(files, NAME, EXTRACTOR, "interest_evolution.dynamic_rnn"),
    )


def _stack(files: ForeignFiles, hidden: str, last: str, unit: bool) -> Stack:
    layers, final = layers_in_sequence(files.state, f"{hidden}.mlp_layers")
    if final is not None:  # of one channel, but no last layer: that has a name of its own
        layers = [*layers, HiddenLayer(final, None, {}, unseen=0)]
    return stack_of(
        [replace(layer, unseen=1) for layer in layers],  # an activation without parameters stands behind each
        {name: tensor_of(files.state, f"{last}.{name}", NAME) for name in ("weight", "bias")},
        where="unit" if unit else "tower",
        given=files.unit_activation if unit else files.tower_activation,
        usual="sigmoid" if unit else "silu",
    )
