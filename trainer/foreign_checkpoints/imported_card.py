"""The model card of an imported checkpoint: whose it is, what is exactly as there, and what differs from our DIN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from din_core.model.config import FieldConfig, ModelConfig
from din_core.model.library.options import LAYER_ACTIVATIONS, LIBRARIES, LibraryLayers
from trainer.foreign_checkpoints.foreign_model import ForeignModel


def imported_card(model: ForeignModel, config: ModelConfig, metrics: Mapping[str, Any]) -> str:
    """Markdown with a metadata head."""
    layers, imported = config.library, metrics["imported"]
    assert layers is not None
    own, kind = LIBRARIES[layers.library], "DIEN" if config.architecture == "dien" else "DIN"
    lines = [
        "---",
        "library_name: din-lens",
        "pipeline_tag: tabular-classification",
        "tags: [click-through-rate, deep-interest-network]",
        "---",
        "",
        f"# {config.title}",
        "",
        f"A {kind} trained with {own} and imported, weights only, on {imported['imported_at']}: nothing was trained, "
        "repaired or measured here. Scores and weights are those of the library.",
        "",
        "| | |",
        "|---|---|",
        f"| Files | {', '.join(imported['files'].values())} |",
        f"| History | the {config.max_history} most recent behaviors, one by one |",
        f"| Item fields | {_fields(config.item_fields)} |",
        f"| Profile fields | {_fields(config.user_fields)} |",
        f"| Context fields | {_fields(config.context_fields)} |",
        f"| Features | {', '.join(f'{name} → {field}' for name, field in imported['features'].items())} |",
        f"| Parameters | {metrics['parameters']:,} |",
        "",
        f"{_weight(config)} It is not an effect on the score and says nothing about why a person acted.",
        "",
        f"## How it differs from the {kind} here",
        "",
        *(f"- {sentence}" for sentence in (*differences(config, layers), *model.notes)),
        "",
    ]
    return "\n".join(lines)


def differences(config: ModelConfig, layers: LibraryLayers) -> list[str]:
    """A sentence each; what is as here is left out."""
    unit, tower = ("-".join(map(str, widths)) for widths in (layers.unit_hidden, layers.tower_hidden))
    product = ", and the product of the last two," if layers.tower_product else ""
    reads = "[q, h, q−h, q∘h], h the interest states," if config.architecture == "dien" else "[q, k, q−k, q∘k]"
    found = [
        f"The unit reads {reads} through layers of {unit}, {LAYER_ACTIVATIONS[layers.unit_activation]}.",
        f"The tower reads profile, context, candidate and interest vector{product} as they are, neither standardised "
        f"nor bent, without the sum of weights, through layers of {tower}, "
        f"{LAYER_ACTIVATIONS[layers.tower_activation]}; BatchNorm, where there was one, is folded in.",
        *_of_weights(config, layers),
    ]
    if layers.padded_statistics:
        found.append(
            "In training, statistics of the unit's layers were taken over padding too; they are used as they were left."
        )
    return [*found, _UNKNOWN]


def _of_weights(config: ModelConfig, layers: LibraryLayers) -> list[str]:
    found = []
    if config.architecture == "dien":
        kind = config.evolution.upper()
        found.append(f"Attention is that of the unit, normalised by a softmax; it enters the second GRU as in {kind}.")
    if config.normalisation != "none":
        found.append("Weights are normalised by a softmax.")
    if layers.unit_output != "none":
        found.append(f"Weights go through {LAYER_ACTIVATIONS[layers.unit_output]}.")
    if layers.scale_width:
        found.append(
            f"Weights are what the unit gives divided by √{layers.scale_width}, the width of an item's embedding."
        )
    if config.unit_per_field:
        found.append("Each item field has a unit of its own.")
    if layers.padding == "counted":
        found.append(
            f"Nothing is masked: a history is filled up to {config.max_history} with padding, which is weighed and "
            "summed as a behavior is."
        )
    if layers.padding == "where empty":
        found.append("The interest vector of an empty history is the embedding of padding.")
    return found


def _weight(config: ModelConfig) -> str:
    if config.architecture == "dien":
        return "An attention weight is what moves the model's state towards a behavior's interest."
    return "An activation weight is what the model multiplies a behavior's embedding by."


_UNKNOWN = (
    "A value without a row of its own reads the library's row of unknown values, or its id 0 where it has none; of "
    "several values of a profile field, unknown ones are left out."
)


def _fields(fields: Sequence[FieldConfig]) -> str:
    return ", ".join(f"{own.name} ({own.rows:,} × {own.width})" for own in fields) or "none"
