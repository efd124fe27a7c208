"""A model that is not this project's, in badges and sentences: who computes it, and what was measured of it."""

from __future__ import annotations

from din_core.model.config import ModelConfig
from din_core.model.external.traits import ModuleTraits
from din_core.pages.language.translate import T, t

PACKAGE, SERVER = T("module of a package"), T("served")
OTHERS, APART = T("weights depend on each other"), T("each weight by itself")
UNMEASURED = T("weights not measured")
ORDER, AGES, SAME = T("order counts"), T("ages count"), T("same for every candidate")
MEANINGS = {
    PACKAGE: T("module of a package: an installed package computes it, and the app knows what it gives, not how."),
    SERVER: T("served: a server computes it, and the app knows what it answers, not how."),
    OTHERS: T(
        "weights depend on each other: where one behavior is taken away, the weights of others change; this was "
        "measured."
    ),
    APART: T("each weight by itself: no behavior's weight changed where another was taken away; this was measured."),
    UNMEASURED: T(
        "weights not measured: whether they depend on each other is not known; `python -m trainer check-model` finds "
        "out."
    ),
    AGES: T("ages count: the same history scores otherwise where it is older."),
}
"""What a badge means, by its name in English."""
POOLING = T("a module of an installed package, which gives a logit and one weight a behavior")
POOLING_SERVED = T("a model that {server} computes, which gives a logit and one weight a behavior")
NOTE = T(
    "A weight is what the model's owner gives for a behavior; what the model does with it is not known here. Effects "
    "are measured: the history is really changed and scored again."
)
PAST = T(
    "Where a behavior is taken away, this model gives the others other weights: a removal does more than its weight."
)


def external_badges(config: ModelConfig, traits: ModuleTraits | None) -> tuple[str, ...]:
    """Who computes it, then what was measured."""
    return (
        t(SERVER if config.served else PACKAGE),
        *(t(word) for word in _measured(traits)),
        t("{n} newest behaviors", n=config.max_history),
    )


def _measured(traits: ModuleTraits | None) -> tuple[str, ...]:
    if traits is None:
        return (UNMEASURED,)
    options = (
        (True, OTHERS if traits.weights_depend_on_others else APART),
        (not traits.weights_depend_on_candidate, SAME),
        (traits.reads_order, ORDER),
        (traits.reads_ages, AGES),
    )
    return tuple(word for holds, word in options if holds)


def external_pooling(config: ModelConfig) -> str:
    """Who makes a score of the behaviors, without the end of a sentence."""
    return t(POOLING_SERVED, server=config.served.server) if config.served else t(POOLING)


def past_external_weights(traits: ModuleTraits | None) -> str:
    """What a removal changes beside its own weight; nothing where that was not found."""
    return t(PAST) if traits is not None and traits.weights_depend_on_others else ""
