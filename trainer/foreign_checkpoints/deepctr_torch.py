"""DeepCTR-Torch 0.3's DIN: its columns as JSON, and the state dict.

Candidate and behaviors share tables where they have one `embedding_name`; one unit reads the history's features as
[q, k, q−k, q∘k] (Dice with affine, ε 1e-8), masked by length, maybe a softmax, whose empty history is padding's
embedding, id 0; the tower reads all sparse features in the columns' order, pooled ones, then v, as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from din_core.domain import DinLensError
from trainer.foreign_checkpoints.field_mapping import check_places
from trainer.foreign_checkpoints.foreign_model import ForeignField, ForeignModel, Stack
from trainer.foreign_checkpoints.layer_stacks import HiddenLayer, Part, parts_below, stack_of
from trainer.foreign_checkpoints.options import ForeignFiles, refuse_feature
from trainer.foreign_checkpoints.state_files import tensor_of

NAME = "DeepCTR-Torch"
Column = Mapping[str, Any]


def read_deepctr_torch(files: ForeignFiles) -> ForeignModel:
    """The model; DinLensError for what cannot be read of it."""
    files.refuse_unit_output(NAME)
    columns, history = _columns(files.features)
    shown = [own for own in columns if own["kind"] == "SparseFeat"]
    past = {name: own for own in columns for name in history if own["name"] == f"hist_{name}"}
    attended = [own["name"] for own in shown if own["name"] in history]
    _check_pairs(attended, past, {own["name"]: own for own in shown})
    several = [own for own in columns if own["kind"] == "VarLenSparseFeat" and own not in past.values()]
    fields = tuple(_field(files, own, own["name"] in attended) for own in (*shown, *several))
    check_places(fields, files.mapping)
    tower = [("q" if field.room == "item" else "others", field.feature) for field in fields]
    return ForeignModel(
        library="deepctr-torch",
        fields=fields,
        attended=tuple(attended),
        units=(_unit(files),),
        tower=_tower(files),
        blocks=(*tower, *(("v", own) for own in attended)),  # type: ignore[arg-type]
        max_history=files.history_length(min(int(own["maxlen"]) for own in past.values())),
        softmax=files.softmax,
        padding="where empty" if files.softmax else "masked",
    )


def _columns(raw: object) -> tuple[list[Column], list[str]]:
    columns, history = (raw.get("columns"), raw.get("history")) if isinstance(raw, Mapping) else (None, None)
    kinds = ("SparseFeat", "VarLenSparseFeat", "DenseFeat")
    known = isinstance(columns, list) and all(
        isinstance(own, Mapping) and own.get("kind") in kinds and isinstance(own.get("name"), str) for own in columns
    )
    if not known or not isinstance(history, list) or not history:
        raise DinLensError("the features are no columns of DeepCTR-Torch; write them to JSON as README shows")
    assert isinstance(columns, list)
    dense = [own["name"] for own in columns if own["kind"] == "DenseFeat"]
    if dense:
        raise refuse_feature(dense[0], "is dense, a number as it is")
    return columns, [str(name) for name in history]


def _check_pairs(attended: list[str], past: Mapping[str, Column], shown: Mapping[str, Column]) -> None:
    """DinLensError where candidate and behaviors do not read one table each, in one order."""
    if not attended or attended != list(past):
        raise DinLensError(
            f"the candidate's features are {', '.join(attended) or 'none'} and the history's "
            f"{', '.join(past) or 'none'}, but both must be the same in one order, else the unit compares one feature "
            "with another; such a model is not read"
        )
    for name, own in past.items():
        table = shown[name].get("embedding_name") or name
        if (own.get("embedding_name") or own["name"]) != table:
            raise DinLensError(
                f"{name} and hist_{name} have tables of their own, but candidate and behaviors share one here; train "
                f"with embedding_name={name!r} for both"
            )


def _field(files: ForeignFiles, column: Column, attended: bool) -> ForeignField:
    name, several = column["name"], column["kind"] == "VarLenSparseFeat"
    if several and column.get("combiner") != "mean":
        raise refuse_feature(name, f"is pooled by {column.get('combiner')}")
    table = tensor_of(files.state, f"embedding_dict.{column.get('embedding_name') or name}.weight", NAME)
    return files.mapping.field(name, "item" if attended else None, table, several)


def _unit(files: ForeignFiles) -> Stack:
    prefix = "attention.local_att"
    dense: Part = parts_below({f"x.0.{own}": _of(files, f"{prefix}.dense.{own}") for own in ("weight", "bias")}, "x")[0]
    layers = _layers(files, f"{prefix}.dnn")
    return stack_of(layers, dense, where="unit", given=files.unit_activation, usual="sigmoid")


def _tower(files: ForeignFiles) -> Stack:
    last = {"weight": _of(files, "dnn_linear.weight"), "bias": _of(files, "out.bias").reshape(1)}
    return stack_of(_layers(files, "dnn"), last, where="tower", given=files.tower_activation, usual="relu")


def _layers(files: ForeignFiles, prefix: str) -> list[HiddenLayer]:
    linear, norms, activations = (
        parts_below(files.state, f"{prefix}.{kind}") for kind in ("linears", "bn", "activation_layers")
    )
    return [HiddenLayer(own, norms.get(at), activations.get(at, {}), unseen=1) for at, own in linear.items()]


def _of(files: ForeignFiles, name: str) -> torch.Tensor:
    return tensor_of(files.state, name, NAME)
