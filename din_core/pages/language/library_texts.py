"""What a DIN of another library computes otherwise, in badges and sentences."""

from __future__ import annotations

from din_core.model.config import ModelConfig
from din_core.model.library.options import LAYER_ACTIVATIONS, LIBRARIES, LibraryLayers
from din_core.pages.language.translate import T, t

UNIT_KINDS = {"affine dice": T("affine Dice"), "row dice": T("Dice of rows")}
"""Activations of the unit that have no name of their own."""
PLAIN_TOWER = T("plain tower")
PRODUCT = T("plain tower with product")
PADDING = {"counted": T("padding takes part"), "where empty": T("empty history is padding")}
STATISTICS = T("statistics over padding")
OUTPUT = T("weights through {function}")
ON_STATES = T("attention by a unit")
SCALED = T("weights over √D")
NO_USER = T("no user fields")
MEANINGS = {
    PLAIN_TOWER: T(
        "plain tower: it reads profile, context, candidate and interest vector as they are, without products and the "
        "sum of weights."
    ),
    PRODUCT: T(
        "plain tower with product: it reads candidate, interest vector and their product as they are, without the sum "
        "of weights."
    ),
    UNIT_KINDS["affine dice"]: T("affine Dice: what its sigmoid reads is also scaled and moved by trained numbers."),
    UNIT_KINDS["row dice"]: T(
        "Dice of rows: it compares a channel with the other channels of the same behavior, not with other behaviors."
    ),
    PADDING["counted"]: T(
        "padding takes part: nothing is masked, so a history is filled up with padding, which is weighed and summed as "
        "a behavior is."
    ),
    PADDING["where empty"]: T(
        "empty history is padding: without any behavior the interest vector is the embedding of padding."
    ),
    ON_STATES: T(
        "attention by a unit: of candidate and interest state, their difference and their product a unit makes the "
        "attention, not a bilinear form."
    ),
    SCALED: T("weights over √D: what the unit gives is divided by the square root of the embedding's width D."),
    NO_USER: T("no user fields: of the user nothing but the history plays a part."),
    STATISTICS: T("statistics over padding: training took those of the unit's layers over padding too."),
}
"""What a badge means, by its name in English."""


def library_badges(config: ModelConfig, layers: LibraryLayers) -> tuple[str, ...]:
    """The library, then each difference in a word or two."""
    unit = UNIT_KINDS.get(layers.unit_activation, LAYER_ACTIVATIONS[layers.unit_activation])
    output = () if layers.unit_output == "none" else (t(OUTPUT, function=LAYER_ACTIVATIONS[layers.unit_output]),)
    padding = (t(PADDING[layers.padding]),) if layers.padding in PADDING else ()
    return (
        t("trained with {library}", library=LIBRARIES[layers.library]),
        t(ON_STATES if config.architecture == "dien" else "official input"),
        t(unit),
        *output,
        *((t(SCALED),) if layers.scale_width else ()),
        *((t("unit per field"),) if config.unit_per_field else ()),
        t(PRODUCT if layers.tower_product else PLAIN_TOWER),
        *(() if config.user_fields else (t(NO_USER),)),
        *padding,
        *((t(STATISTICS),) if layers.padded_statistics else ()),
        t("{n} newest behaviors", n=config.max_history),
    )
