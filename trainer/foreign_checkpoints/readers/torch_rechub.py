"""torch-rechub 0.9's DIN: its features as JSON, and the state dict.

Each history feature has a unit of its own on [q, k, q−k, q∘k] of its own embeddings (Linear, BatchNorm, activation).
Nothing is masked: padding, id 0, is weighed and summed as a behavior is. Its Dice takes mean and squared distances of
a row's channels, with one α. The tower reads each v, then each q, then the other features.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from din_core.domain import DinLensError
from trainer.foreign_checkpoints.field_mapping import check_places
from trainer.foreign_checkpoints.foreign_model import ForeignField, ForeignModel, Room, Stack
from trainer.foreign_checkpoints.layer_stacks import layers_in_sequence, stack_of
from trainer.foreign_checkpoints.options import ForeignFiles, refuse_feature
from trainer.foreign_checkpoints.state_files import tensor_of

NAME = "torch-rechub"
ROLES = ("features", "history", "target")
Feature = Mapping[str, Any]


def read_torch_rechub(files: ForeignFiles) -> ForeignModel:
    """The model; DinLensError for what cannot be read of it."""
    files.refuse_evolution()
    files.refuse_unit_output(NAME)
    others, past, shown = (_of_role(files.features, role) for role in ROLES)
    _check_pairs(past, shown)
    items = tuple(_field(files, own, "item") for own in shown)
    rest = tuple(_field(files, own, None) for own in others)
    check_places((*items, *rest), files.mapping)
    attended = tuple(own["name"] for own in shown[: len(past)])
    return ForeignModel(
        library="torch-rechub",
        fields=(*items, *rest),
        attended=attended,
        units=tuple(_stack(files, f"attention_layers.{at}.attention.mlp", unit=True) for at in range(len(past))),
        tower=_stack(files, "mlp.mlp", unit=False),
        blocks=(
            *(("v", own) for own in attended),
            *(("q", own.feature) for own in items),
            *(("others", own.feature) for own in rest),
        ),
        max_history=files.history_length(None),
        softmax=files.softmax,
        padding="counted",
    )


def _of_role(raw: object, role: str) -> Sequence[Feature]:
    found = raw.get(role) if isinstance(raw, Mapping) else None
    if not isinstance(found, list) or not all(
        isinstance(own, Mapping) and isinstance(own.get("name"), str) for own in found
    ):
        raise DinLensError(f"the features hold no list {role}; write torch-rechub's to JSON as README shows")
    return found


def _check_pairs(past: Sequence[Feature], shown: Sequence[Feature]) -> None:
    """DinLensError where a history feature does not share the table of the candidate's in its place."""
    if not past or len(past) > len(shown):
        raise DinLensError(
            f"the model has {len(past)} history and {len(shown)} target features, but each history feature must have a "
            "target feature in its place"
        )
    for own, target in zip(past, shown, strict=False):
        if own.get("shared_with") != target["name"]:
            raise DinLensError(
                f"{own['name']} does not share the table of {target['name']}, but candidate and behaviors share one "
                f"here; train with shared_with={target['name']!r}"
            )


def _field(files: ForeignFiles, feature: Feature, room: Room | None) -> ForeignField:
    name, kind = feature["name"], feature.get("kind")
    if kind == "DenseFeature":
        raise refuse_feature(name, "is dense, a number as it is")
    several = kind == "SequenceFeature"
    if several and feature.get("pooling") != "mean":
        raise refuse_feature(name, f"is a sequence pooled by {feature.get('pooling')}")
    if several and feature.get("padding_idx") is None:
        raise refuse_feature(name, "is a sequence whose padding is pooled as a value")
    table = tensor_of(files.state, f"embedding.embed_dict.{feature.get('shared_with') or name}.weight", NAME)
    return files.mapping.field(name, room, table, several)


def _stack(files: ForeignFiles, prefix: str, unit: bool) -> Stack:
    layers, last = layers_in_sequence(files.state, prefix)
    if last is None:
        raise DinLensError(f"the weights hold no last layer below {prefix}; they are of another model or release")
    given = files.unit_activation if unit else files.tower_activation
    return stack_of(layers, last, where="unit" if unit else "tower", given=given, usual="relu")
