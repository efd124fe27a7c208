"""How a model is described on screen, all of it read from its checkpoint: name, badges, what its weights are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from din_core.model.config import ACTIVATIONS, ModelConfig
from din_core.sharing import checkpoint_name

if TYPE_CHECKING:
    from din_core.scoring import Scorer


@dataclass(frozen=True, slots=True)
class ModelWords:
    """One checkpoint in words."""

    link: str
    """How a link names it: folder@fingerprint."""
    name: str
    """Its title; with its folder's name where another checkpoint at hand has the same title."""
    fingerprint: str
    badges: tuple[str, ...]
    """Its options, what was done to the weights first."""
    pooling: str
    """How behaviors become the interest vector."""
    weight: str
    """What its weights are called, in the singular."""
    note: str
    """What a weight is, and what it is not."""
    past_weights: str
    """What a removed behavior changes beside the weighted sum; nothing where there is no such thing."""
    sums_to: str
    """What its weights always add up to, repeats counted: "1", "H", or nothing where they are free."""


def describe_models(scorers: Mapping[str, Scorer]) -> dict[str, ModelWords]:
    """The checkpoints at hand, by folder name."""
    titles = Counter(scorer.config.title for scorer in scorers.values())
    return {
        folder: describe_model(folder, scorer, alone=titles[scorer.config.title] == 1)
        for folder, scorer in scorers.items()
    }


def describe_model(folder: str, scorer: Scorer, alone: bool = True) -> ModelWords:
    """One checkpoint; `alone` when no other at hand has its title."""
    config = scorer.config
    half_life = half_life_of(scorer)
    return ModelWords(
        link=checkpoint_name(folder, scorer.fingerprint),
        name=config.title if alone else f"{config.title} ({folder})",
        fingerprint=scorer.fingerprint,
        badges=badges(config, half_life),
        pooling=pooling_words(config, half_life),
        weight=weight_noun(config),
        note=weight_note(config),
        past_weights=past_weights(config),
        sums_to=sums_to(config),
    )


def half_life_of(scorer: Scorer) -> float | None:
    """Days, as trained; None for a model without one."""
    found = getattr(scorer.checkpoint.model.pooling, "half_life", None)
    return None if scorer.config.pooling != "time decay" or found is None else float(found)


def badges(config: ModelConfig, half_life: float | None = None) -> tuple[str, ...]:
    """Each option that tells this model from its relatives, in a word or two."""
    counts = ("counts",) if config.counts else ()
    if config.architecture == "base":
        each = {"average": "1/H each", "sum": "1 each", "time decay": half_life_words(config, half_life)}
        return each[config.base_pooling], "same for every candidate", *counts
    if config.architecture == "dien":
        return "softmax", config.evolution.upper(), "order counts", f"{config.max_history} newest behaviors", *counts
    normalised = "not normalised" if config.normalisation == "none" else config.normalisation
    if config.attention != "unit":
        return normalised, {"dot": "dot product q·k", "bilinear": "bilinear q·W·k"}[config.attention], *counts
    first = (normalised, f"{config.unit_input} input", ACTIVATIONS[config.unit_activation])
    return *first, *(word for word in config.departures if word not in first)


def half_life_words(config: ModelConfig, half_life: float | None) -> str:
    """`half-life 23 days, learned`."""
    days = config.half_life if half_life is None else half_life
    return f"half-life {days:.3g} days{', learned' if config.learn_half_life else ''}"


def pooling_words(config: ModelConfig, half_life: float | None = None) -> str:
    """How behaviors become the interest vector, in a sentence without its end."""
    if config.architecture == "base":
        return {
            "average": "average pooling: every behavior counts 1/H",
            "sum": "sum pooling: every behavior counts 1",
            "time decay": f"the older a behavior, the less it counts ({half_life_words(config, half_life)})",
        }[config.base_pooling]
    if config.architecture == "dien":
        return (
            f"interest evolution by {config.evolution.upper()}: softmax attention on each behavior's interest state, "
            "oldest first"
        )
    by = {
        "unit": "activation weights",
        "dot": "weights q·k (dot product)",
        "bilinear": "weights q·W·k (bilinear form)",
    }
    normalised = "not normalised" if config.normalisation == "none" else f"normalised by {config.normalisation}"
    of_field = "; shown are those of the item itself, each item field has its own" if config.unit_per_field else ""
    return f"weighted sum pooling, {by[config.attention]} {normalised}{of_field}"


def weight_noun(config: ModelConfig) -> str:
    """The activation unit gives activation weights; plain attention and pooling are called what they are."""
    if config.architecture == "base":
        return "pooling weight"
    unit = config.architecture == "din" and config.attention == "unit"
    return "activation weight" if unit else "attention weight"


def weight_note(config: ModelConfig) -> str:
    """What the model does with a weight."""
    noun = weight_noun(config)
    does = f"is what the model multiplies a behavior's {'embedding' if config.architecture != 'dien' else 'state'} by"
    if config.architecture == "base":
        does += ", whatever the candidate"
    elif config.architecture == "dien" and config.evolution != "aigru":
        does = {
            "agru": "takes the place of the evolution layer's update gate: at 0 a behavior leaves the state as it is",
            "augru": "multiplies the evolution layer's update gate: at 0 a behavior leaves the state as it is",
        }[config.evolution]
    past_it = " Past it, this model's tower counts repeats of the candidate and of its fields." if config.counts else ""
    return f"{'An' if noun[0] == 'a' else 'A'} {noun} {does}; it is not an effect on the score.{past_it}"


def past_weights(config: ModelConfig) -> str:
    """See ModelWords."""
    return (
        "This model also counts repeats: part of what a removal changes goes past its weights." if config.counts else ""
    )


def sums_to(config: ModelConfig) -> str:
    """See ModelWords."""
    if config.architecture == "base":
        return "H" if config.base_pooling == "sum" else "1"
    return "1" if config.architecture == "dien" or config.normalisation != "none" else ""
