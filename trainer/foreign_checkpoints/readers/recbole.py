"""RecBole 1.2's DIN: its item fields as JSON, and the state dict.

One table holds the values of all token fields of items, one after the other, id 0 of each being padding; a field of
several values has a table of its own and is their mean. Candidate and behaviors share these. One unit, the library's
`SequenceAttLayer`, reads all item fields as [q, k, q−k, q∘k] through sigmoid layers, masked by the history's length,
and its output is divided by √D. The tower reads v, q and v∘q through layers with BatchNorm and a Dice that is s·σ(s),
as its α is a 0 that nothing trains. Users' fields are embedded, but no layer reads them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from din_core.domain import DinLensError
from trainer.foreign_checkpoints.field_mapping import check_places
from trainer.foreign_checkpoints.foreign_model import ForeignField, ForeignModel, Stack
from trainer.foreign_checkpoints.layer_stacks import HiddenLayer, layers_in_sequence, stack_of
from trainer.foreign_checkpoints.options import ForeignFiles, refuse_feature
from trainer.foreign_checkpoints.state_files import tensor_of

NAME = "RecBole"
EMBEDDINGS = "embedding_layer"
MAX_LENGTH = 50
"""MAX_ITEM_LIST_LENGTH where nothing else is said."""
USERS_UNREAD = "The library embeds users' fields, but none of its layers reads them; they are left out."
Field = Mapping[str, Any]


def read_recbole(files: ForeignFiles) -> ForeignModel:
    """The model; DinLensError for what cannot be read of it."""
    files.refuse_evolution()
    files.refuse_softmax(NAME)
    files.refuse_unit_output(NAME)
    described, length = _described(files.features)
    fields = tuple(_fields(files, described))
    check_places(fields, files.mapping)
    names = [own.feature for own in fields]
    return ForeignModel(
        library="recbole",
        fields=fields,
        attended=tuple(names),
        units=(_stack(files, "attention.att_mlp_layers", "attention.dense", unit=True),),
        tower=_stack(files, "dnn_mlp_layers", "dnn_predict_layers", unit=False),
        blocks=(
            *(("v", own) for own in names),
            *(("q", own) for own in names),
            *(("product", own) for own in names),
        ),
        max_history=files.history_length(length),
        scaled_weights=True,
        notes=(USERS_UNREAD,),
    )


def _described(raw: object) -> tuple[Sequence[Field], int]:
    """The fields that the network reads, in the order of its input, and the length of histories."""
    listed, length, pooling = _parts(raw)
    found = [own for own in listed if own["type"] in ("token", "token_seq") or own.get("numerical")]
    for own in found:
        if own["type"] not in ("token", "token_seq"):
            raise refuse_feature(own["name"], f"is of the type {own['type']}, a number as it is")
        if own["type"] == "token_seq" and pooling != "mean":
            raise refuse_feature(own["name"], f"has several values that are pooled by {pooling}")
    if not found:
        raise DinLensError("the features hold no token field of items, but the candidate must have one")
    return sorted(found, key=lambda own: bool(own["type"] == "token_seq")), length


def _parts(raw: object) -> tuple[list[Field], int, object]:
    listed = raw.get("items") if isinstance(raw, Mapping) else None
    if not isinstance(listed, list) or not all(isinstance(own, Mapping) and _complete(own) for own in listed):
        raise DinLensError(
            "the features hold no list items of fields with name, type and rows; write them to JSON as README shows"
        )
    assert isinstance(raw, Mapping)
    length = raw.get("max_length", MAX_LENGTH)
    if not isinstance(length, int) or isinstance(length, bool):
        raise DinLensError(f"max_length of the features is {length!r}, but must be a whole number; write it again")
    return listed, length, raw.get("pooling_mode")


def _complete(own: Field) -> bool:
    rows = own.get("rows")
    texts = all(isinstance(own.get(key), str) for key in ("name", "type"))
    return texts and isinstance(rows, int) and not isinstance(rows, bool) and rows >= 0


def _fields(files: ForeignFiles, described: Sequence[Field]) -> list[ForeignField]:
    """Each with the rows of its table; id 0, which is padding, is no value."""
    single = [own for own in described if own["type"] == "token"]
    tables = [*_split(files, single), *_own_tables(files, len(described) - len(single))]
    found = []
    for own, table in zip(described, tables, strict=True):
        field = files.mapping.field(own["name"], "item", table)
        ids = {value: row for value, row in field.ids.items() if row}
        found.append(replace(field, ids=ids, several=own["type"] == "token_seq"))
    return found


def _split(files: ForeignFiles, single: Sequence[Field]) -> list[Tensor]:
    """The one table of fields with one value, cut to a table each."""
    if not single:
        return []
    table = tensor_of(files.state, f"{EMBEDDINGS}.token_embedding_table.item.embedding.weight", NAME)
    rows = sum(own["rows"] for own in single)
    if len(table) != rows:
        raise DinLensError(
            f"the table of item fields has {len(table)} rows, but the described fields have {rows}; write the features "
            "of the data set that the model was trained with"
        )
    return list(torch.split(table, [own["rows"] for own in single]))


def _own_tables(files: ForeignFiles, n: int) -> list[Tensor]:
    prefix = f"{EMBEDDINGS}.token_seq_embedding_table.item"
    return [tensor_of(files.state, f"{prefix}.{at}.weight", NAME) for at in range(n)]


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
