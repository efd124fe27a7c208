"""DeepCTR-Torch 0.3's DIN and DIEN: their columns as JSON, and the state dict.

Candidate and behaviors share tables where they have one `embedding_name`; one unit reads the history's features as
[q, k, q−k, q∘k] (Dice with affine, ε 1e-8), masked by length, maybe a softmax, whose empty history is padding's
embedding, id 0; the tower reads all sparse features in the columns' order, pooled ones, then v, as they are. What
DIEN has otherwise is in `deepctr_evolution.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from din_core.domain import DinLensError
from trainer.foreign_checkpoints.field_mapping import check_places
from trainer.foreign_checkpoints.foreign_model import ForeignField, ForeignModel
from trainer.foreign_checkpoints.options import ForeignFiles, refuse_feature
from trainer.foreign_checkpoints.readers.deepctr_evolution import is_evolution, read_evolution
from trainer.foreign_checkpoints.readers.deepctr_layers import NAME, sparse_blocks, tower_of, unit_of
from trainer.foreign_checkpoints.state_files import tensor_of

Column = Mapping[str, Any]


def read_deepctr_torch(files: ForeignFiles) -> ForeignModel:
    """The model; DinLensError for what cannot be read of it."""
    files.refuse_unit_output(NAME)
    columns, history = _columns(files.features)
    shown = [own for own in columns if own["kind"] == "SparseFeat"]
    past = {name: own for own in columns for name in history if own["name"] == f"hist_{name}"}
    attended = tuple(own["name"] for own in shown if own["name"] in history)
    _check_pairs(attended, past, {own["name"]: own for own in shown})
    several = [own for own in columns if own["kind"] == "VarLenSparseFeat" and own not in past.values()]
    length = files.history_length(min(int(own["maxlen"]) for own in past.values()))
    if is_evolution(files.state):
        fields = _fields(files, shown, attended)
        return read_evolution(files, fields, attended, [own["name"] for own in several], length)
    files.refuse_evolution()
    fields = _fields(files, [*shown, *several], attended)
    return ForeignModel(
        library="deepctr-torch",
        fields=fields,
        attended=attended,
        units=(unit_of(files, "attention", usual="sigmoid"),),
        tower=tower_of(files, "dnn_linear"),
        blocks=(*sparse_blocks(fields), *(("v", own) for own in attended)),
        max_history=length,
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


def _check_pairs(attended: Sequence[str], past: Mapping[str, Column], shown: Mapping[str, Column]) -> None:
    """DinLensError where candidate and behaviors do not read one table each, in one order."""
    if not attended or list(attended) != list(past):
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


def _fields(files: ForeignFiles, columns: Sequence[Column], attended: Sequence[str]) -> tuple[ForeignField, ...]:
    fields = tuple(_field(files, own, own["name"] in attended) for own in columns)
    check_places(fields, files.mapping)
    return fields


def _field(files: ForeignFiles, column: Column, attended: bool) -> ForeignField:
    name, several = column["name"], column["kind"] == "VarLenSparseFeat"
    if several and column.get("combiner") != "mean":
        raise refuse_feature(name, f"is pooled by {column.get('combiner')}")
    table = tensor_of(files.state, f"embedding_dict.{column.get('embedding_name') or name}.weight", NAME)
    return files.mapping.field(name, "item" if attended else None, table, several)
