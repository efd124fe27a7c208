"""FuxiCTR 2.3's DIN (`model_zoo/LongCTR/DIN`): feature_map.json, feature_vocab.json and the state dict, a .model file.

Candidate and behaviors share tables; one unit reads all item features as [q, k, q−k, q∘k] through an MLP of any depth
(Dice without affine, ε 1e-9), masked by the history's length, maybe a softmax; the tower reads the other features in
the feature map's order, then q, then v, as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from din_core.domain import DinLensError
from trainer.foreign_checkpoints.field_mapping import check_places
from trainer.foreign_checkpoints.foreign_model import ForeignField, ForeignModel, Room, Stack
from trainer.foreign_checkpoints.layer_stacks import layers_in_sequence, stack_of
from trainer.foreign_checkpoints.options import ForeignFiles, refuse_feature
from trainer.foreign_checkpoints.state_files import tensor_of

NAME = "FuxiCTR"
TABLES = "embedding_layer.embedding_layer.embedding_layers"
DICE_EPSILON = 1e-9
MAX_LENGTH = 50
"""What its data loader keeps of a history where nothing else is said."""
ROOMS: Mapping[str, Room] = {"item": "item", "user": "user", "context": "context", "": "context"}


def read_fuxictr(files: ForeignFiles) -> ForeignModel:
    """The model; DinLensError for what cannot be read of it."""
    if any(name.startswith("evolving_modules.") for name in files.state):
        raise DinLensError(
            "the weights are of FuxiCTR's DIEN, which is not read: its data loader puts padding before the behaviors, "
            "so that what its GRUs read depends on the batch; README says more"
        )
    files.refuse_evolution()
    if any(name.startswith("attention_layers.0.attention_layer.") for name in files.state):
        raise DinLensError(
            "the weights are of FuxiCTR's DIN before 2.3, with a unit for each pair of fields, which is not read; "
            "train it with the DIN of its LongCTR model zoo"
        )
    specs = feature_specs(files.features)
    fields = tuple(_field(files, feature, spec) for feature, spec in specs.items())
    check_places(fields, files.mapping)
    items = [field.feature for field in fields if specs[field.feature].get("source") == "item"]
    if not items:
        raise DinLensError("the feature map has no feature of the source item, but the candidate must have one")
    others = [field.feature for field in fields if field.feature not in items]
    return ForeignModel(
        library="fuxictr",
        fields=fields,
        attended=tuple(items),
        units=(_stack(files, "attention_layers.attention_layer.mlp", unit=True),),
        tower=_stack(files, "dnn.mlp", unit=False),
        blocks=(*(("others", own) for own in others), *(("q", own) for own in items), *(("v", own) for own in items)),
        max_history=files.history_length(MAX_LENGTH),
        softmax=files.softmax,
        unit_output=files.unit_output,
    )


def feature_specs(raw: object) -> dict[str, Mapping[str, Any]]:
    """Feature -> what feature_map.json says of it, in its order; those that the network does not read left out."""
    listed = raw.get("features") if isinstance(raw, Mapping) else None
    if not isinstance(listed, list) or not all(isinstance(own, Mapping) for own in listed):
        raise DinLensError("the feature map holds no list of features; name FuxiCTR's feature_map.json with --features")
    specs = {str(feature): spec for own in listed for feature, spec in own.items()}
    if not all(isinstance(spec, Mapping) for spec in specs.values()):
        raise DinLensError("a feature of the feature map is no object; name FuxiCTR's feature_map.json with --features")
    return {feature: spec for feature, spec in specs.items() if spec.get("type") != "meta"}


def _field(files: ForeignFiles, feature: str, spec: Mapping[str, Any]) -> ForeignField:
    source, kind = spec.get("source", ""), spec.get("type")
    if kind not in ("categorical", "sequence"):
        raise refuse_feature(feature, f"is of the type {kind}")
    if "category_processor" in spec:
        raise refuse_feature(feature, f"is made by {spec['category_processor']} of other values")
    if "pretrained_emb" in spec:
        raise refuse_feature(feature, "has a pretrained embedding of its own form")
    encoder = spec.get("feature_encoder")
    if kind == "sequence" and (source == "item" or encoder != "layers.MaskedAveragePooling()"):
        raise refuse_feature(feature, f"is a sequence of the source {source or 'none'} with the encoder {encoder}")
    if kind == "categorical" and encoder:
        raise refuse_feature(feature, f"goes through the encoder {encoder}")
    table = tensor_of(files.state, f"{TABLES}.{feature}.weight", NAME)
    return files.mapping.field(feature, ROOMS.get(source), table, several=kind == "sequence")


def _stack(files: ForeignFiles, prefix: str, unit: bool) -> Stack:
    layers, last = layers_in_sequence(files.state, prefix)
    if last is None:
        raise DinLensError(f"the weights hold no last layer below {prefix}; they are of another model or release")
    return stack_of(
        layers,
        last,
        where="unit" if unit else "tower",
        given=files.unit_activation if unit else files.tower_activation,
        usual="relu",
        dice_epsilon=DICE_EPSILON,
    )
