"""How a model is described on screen, all of it read from its checkpoint: name, badges, what its weights are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from din_core.model.config import ACTIVATIONS, ModelConfig
from din_core.model.external.traits import ModuleTraits
from din_core.pages.language.external_texts import MEANINGS as EXTERNAL_MEANINGS
from din_core.pages.language.external_texts import NOTE as EXTERNAL_NOTE
from din_core.pages.language.external_texts import external_badges, external_pooling, past_external_weights
from din_core.pages.language.library_texts import MEANINGS as LIBRARY_MEANINGS
from din_core.pages.language.library_texts import library_badges
from din_core.pages.language.translate import T, t
from din_core.sharing import checkpoint_name

if TYPE_CHECKING:
    from din_core.scoring import Scorer


OPTIONS = {
    "none": T("not normalised"),
    "softmax": T("softmax"),
    "scaled softmax": T("scaled softmax"),
    "unit per field": T("unit per field"),
    "match flags": T("match flags"),
    "projected query": T("projected query"),
    "glass": T("score rises with its weights"),
    "counts": T("counts"),
    "types": T("reads types of behaviors"),
    "gaps": T("reads time gaps"),
}
"""Options of a checkpoint, as its configuration calls them."""
INPUTS = {"official": T("official input"), "paper": T("paper input")}
"""What the activation unit reads."""
MEANINGS = {
    OPTIONS["none"]: T("not normalised: weights are used as they are, may be negative, and add up to anything."),
    OPTIONS["softmax"]: T("softmax: weights are made positive, and add up to 1."),
    INPUTS["official"]: T("official input: the unit reads candidate, behavior, their difference and their product."),
    INPUTS["paper"]: T("paper input: the unit reads candidate, behavior and their product."),
    ACTIVATIONS["dice"]: T("Dice: the DIN paper's activation function, which adapts to the data that it sees."),
    OPTIONS["glass"]: T(
        "score rises with its weights: a behavior that a unit weighs above 0 can only raise what this unit adds to the "
        "score; there is no interest vector."
    ),
    OPTIONS["counts"]: T("counts: the model also reads how often the candidate and its fields were there before."),
    OPTIONS["types"]: T("reads types of behaviors: a purchase may weigh otherwise than a click."),
    OPTIONS["gaps"]: T("reads time gaps: a behavior may weigh otherwise the longer it is ago."),
    **LIBRARY_MEANINGS,
    **EXTERNAL_MEANINGS,
}
"""What an option means, by its name in English."""
WEIGHED = {
    "unit": T("activation weights"),
    "dot": T("weights q·k (dot product)"),
    "bilinear": T("weights q·W·k (bilinear form)"),
}
"""What gives the weights."""
ENCODED = {
    "rank": T("each with its rank encoded"),
    "gap": T("each with its time gap encoded"),
    "none": T("without temporal encoding"),
}
"""What TIN adds to the embeddings of behaviors."""
ENCODING_BADGES = {"rank": T("order counts"), "gap": T("reads time gaps"), "none": T("no temporal encoding")}
NOUNS = {
    "activation": T("activation weight"),
    "attention": T("attention weight"),
    "pooling": T("pooling weight"),
    "own": T("weight"),
}
OVER_TIME = {
    "activation": T("Activation weights over time"),
    "attention": T("Attention weights over time"),
    "pooling": T("Pooling weights over time"),
    "own": T("Weights over time"),
}
"""Titles of the chart."""
NOTES = {
    "activation": T(
        "An activation weight is what the model multiplies a behavior's embedding by; it is not an effect on the score."
    ),
    "monotone": T(
        "An activation weight is by how many logits the score would rise with a little more of a behavior; the effect "
        "of leaving all of it out is near it, but not the same."
    ),
    "attention": T(
        "An attention weight is what the model multiplies a behavior's embedding by; it is not an effect on the score."
    ),
    "product": T(
        "An attention weight is what the model multiplies the product of behavior and candidate by; "
        "it is not an effect on the score."
    ),
    "own": EXTERNAL_NOTE,
    "pooling": T(
        "A pooling weight is what the model multiplies a behavior's embedding by, whatever the candidate; "
        "it is not an effect on the score."
    ),
    "aigru": T(
        "An attention weight is what the model multiplies a behavior's state by; it is not an effect on the score."
    ),
    "agru": T(
        "An attention weight takes the place of the evolution layer's update gate: at 0 a behavior leaves the state as "
        "it is; it is not an effect on the score."
    ),
    "augru": T(
        "An attention weight multiplies the evolution layer's update gate: at 0 a behavior leaves the state as it is; "
        "it is not an effect on the score."
    ),
}
"""What a weight is, by its kind; of DIEN by its evolution, of TIN by what it sums."""


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
    meanings: tuple[str, ...]
    """What those of its options mean that do not say it themselves, a sentence each."""
    pooling: str
    """How behaviors become the interest vector."""
    weight: str
    """What its weights are called, in the singular."""
    over_time: str
    """The title of a chart of its weights."""
    note: str
    """What a weight is, and what it is not."""
    past_weights: str
    """What a removed behavior changes beside the weighted sum; nothing where there is no such thing."""
    sums_to: str
    """What its weights always add up to, repeats counted: "1", "H", or nothing where they are free."""


def describe_models(scorers: Mapping[str, Scorer]) -> dict[str, ModelWords]:
    """The checkpoints at hand in the visitor's language, by folder name."""
    titles = Counter(scorer.config.title for scorer in scorers.values())
    return {
        folder: describe_model(folder, scorer, alone=titles[scorer.config.title] == 1)
        for folder, scorer in scorers.items()
    }


def describe_model(folder: str, scorer: Scorer, alone: bool = True) -> ModelWords:
    """One checkpoint; `alone` when no other at hand has its title."""
    config = scorer.config
    half_life = half_life_of(scorer)
    named = external_badges(config, scorer.traits) if config.external else badges(config, half_life)
    options = (*named, *vector_badge(config))
    return ModelWords(
        link=checkpoint_name(folder, scorer.fingerprint),
        name=config.title if alone else f"{config.title} ({folder})",
        fingerprint=scorer.fingerprint,
        badges=options,
        meanings=tuple(t(meaning) for name, meaning in MEANINGS.items() if t(name) in options),
        pooling=pooling_words(config, half_life),
        weight=t(NOUNS[weight_kind(config)]),
        over_time=t(OVER_TIME[weight_kind(config)]),
        note=weight_note(config),
        past_weights=past_external_weights(scorer.traits) if config.external else past_weights(config),
        sums_to=sums_to(config, scorer.traits),
    )


def half_life_of(scorer: Scorer) -> float | None:
    """Days, as trained; None for a model without one."""
    if scorer.config.pooling != "time decay":
        return None
    return scorer.engine.half_life


def badges(config: ModelConfig, half_life: float | None = None) -> tuple[str, ...]:
    """Each option that tells this model from its relatives, in a word or two."""
    counts = (t("counts"),) if config.counts else ()
    if config.architecture == "base":
        return base_badge(config, half_life), t("same for every candidate"), *counts
    if config.architecture == "dien":
        always = t("softmax"), config.evolution.upper(), t("order counts")
        if config.library is not None:
            return *always, *library_badges(config, config.library)
        newest = t("{n} newest behaviors", n=config.max_history)
        summed = (t("sum of the history"),) if config.history_sum else ()
        return *always, newest, *summed, *counts
    normalised = t(OPTIONS[config.normalisation])
    if config.architecture == "tin":
        kept = () if config.folds else (t("{n} newest behaviors", n=config.max_history),)
        alone = () if config.target_representation else (t("behaviors alone"),)
        return normalised, t(ENCODING_BADGES[config.temporal_encoding]), *kept, *alone, *counts
    if config.library is not None:
        return normalised, *library_badges(config, config.library)
    if config.attention != "unit":
        product = t("dot product q·k") if config.attention == "dot" else t("bilinear q·W·k")
        return normalised, product, *counts
    first = (normalised, t(INPUTS[config.unit_input]), ACTIVATIONS[config.unit_activation])
    others = (t(OPTIONS[word]) if word in OPTIONS else word for word in config.departures if word != "paper input")
    return *first, *(word for word in others if word not in first)


def vector_badge(config: ModelConfig) -> tuple[str, ...]:
    """That the model reads pretrained vectors, of which length, and whether it trained them."""
    if config.vectors == "none":
        return ()
    if config.vectors == "fixed":
        return (t("vectors of {n:,} numbers, fixed", n=config.vector_length),)
    return (t("vectors of {n:,} numbers, fine-tuned", n=config.vector_length),)


def base_badge(config: ModelConfig, half_life: float | None) -> str:
    """What every behavior counts."""
    if config.base_pooling == "time decay":
        return half_life_words(config, half_life)
    return t("1 each") if config.base_pooling == "sum" else t("1/H each")


def half_life_words(config: ModelConfig, half_life: float | None) -> str:
    """`half-life 23 days, learned`."""
    days = f"{config.half_life if half_life is None else half_life:.3g}"
    learned = t("half-life {days} days, learned", days=days)
    return learned if config.learn_half_life else t("half-life {days} days", days=days)


def pooling_words(config: ModelConfig, half_life: float | None = None) -> str:
    """How behaviors become the interest vector, in a sentence without its end."""
    if config.external:
        return external_pooling(config)
    if config.architecture == "base":
        if config.base_pooling == "time decay":
            decay = half_life_words(config, half_life)
            return t("the older a behavior, the less it counts ({decay})", decay=decay)
        if config.base_pooling == "sum":
            return t("sum pooling: every behavior counts 1")
        return t("average pooling: every behavior counts 1/H")
    if config.architecture == "dien":
        return t(
            "interest evolution by {name}: softmax attention on each behavior's interest state, oldest first",
            name=config.evolution.upper(),
        )
    if config.architecture == "tin":
        return temporal_words(config)
    if config.monotone:
        return t("{n} units' activation weights, each summed over the history, not normalised", n=config.unit_heads)
    by = t(WEIGHED[config.attention])
    if config.normalisation == "none":
        pooling = t("weighted sum pooling, {weights} not normalised", weights=by)
    else:
        normalisation = t(OPTIONS[config.normalisation])
        pooling = t("weighted sum pooling, {weights} normalised by {how}", weights=by, how=normalisation)
    if not config.unit_per_field:
        return pooling
    return t("{pooling}; shown are those of the item itself, each item field has its own", pooling=pooling)


def temporal_words(config: ModelConfig) -> str:
    """How TIN makes its interest vector."""
    if config.target_representation:
        summed = t("temporal interest: weighted sum of products of behavior and candidate")
    else:
        summed = t("temporal interest: weighted sum of behaviors")
    encoded = t(ENCODED[config.temporal_encoding])
    if config.normalisation == "none":
        return t("{summed}, {encoded}; weights q·k not normalised", summed=summed, encoded=encoded)
    how = t(OPTIONS[config.normalisation])
    return t("{summed}, {encoded}; weights q·k normalised by {how}", summed=summed, encoded=encoded, how=how)


def weight_kind(config: ModelConfig) -> str:
    """A key of NOUNS: the activation unit gives activation weights; plain attention and pooling are called what they
    are."""
    if config.architecture == "base":
        return "pooling"
    if config.external:
        return "own"
    return "activation" if config.architecture == "din" and config.attention == "unit" else "attention"


def weight_note(config: ModelConfig) -> str:
    """What the model does with a weight."""
    kind = weight_kind(config)
    if config.architecture == "tin" and config.target_representation:
        kind = "product"
    if config.monotone:
        kind = "monotone"
    note = t(NOTES[config.evolution if config.architecture == "dien" else kind])
    if not config.counts:
        return note
    return t("{note} Past it, this model's tower counts repeats of the candidate and of its fields.", note=note)


def past_weights(config: ModelConfig) -> str:
    """See ModelWords."""
    if not config.counts:
        return ""
    return t("This model also counts repeats: part of what a removal changes goes past its weights.")


def sums_to(config: ModelConfig, traits: ModuleTraits | None = None) -> str:
    """See ModelWords; of a model that is not this project's as it was measured."""
    if traits is not None and traits.weights_sum_to_one:
        return "1"
    if config.architecture == "base":
        return "H" if config.base_pooling == "sum" else "1"
    return "1" if config.architecture == "dien" or config.normalisation != "none" else ""
