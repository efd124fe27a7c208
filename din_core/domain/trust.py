"""What is known about whether activation weights tell the truth: in one scenario, and over a sample of impressions.

Dimensions: T behaviors, K steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from din_core.domain.behaviors import FoldedBehavior
from din_core.domain.results import Floats

Level = Literal["trust", "caution", "do not", "nothing to rank"]
Clause = tuple[str, Mapping[str, str]]
"""A text and what fills its `{…}`: whoever shows it may say the text in another language."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Weights beside measured effects."""

    behaviors: tuple[FoldedBehavior, ...]
    weights: Floats
    """(T,) weight of one occurrence × count"""
    effects: Floats
    """(T,) by how much each behavior raises the logit; what is below the network's own error is 0"""
    tau: float | None
    """Kendall's τ-b of weights × count and effects; None where either is all alike."""
    tau_size: float | None
    """The same of their sizes, whatever their signs."""
    same_sign: float | None
    """Share with the same sign, of behaviors with both a weight and an effect; None where there are none."""
    covered: Mapping[int, float | None]
    """k -> share of Σ|effect| that belongs to the k largest |weight × count|; None where no behavior has an effect."""
    best: Mapping[int, float | None]
    """k -> share of Σ|effect| that belongs to the k largest |effect|: what `covered` could be at most."""
    alike: bool
    """Whether one occurrence weighs the same whatever the behavior, as in average pooling."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the weights may be read as reasons here."""

    level: Level
    tau: float | None
    clauses: tuple[Clause, ...]
    """One after the other they are the sentence."""
    disagreeing: tuple[int, ...]
    """The behaviors on which weights and effects disagree most, worst first."""

    @property
    def sentence(self) -> str:
        """Why, in English."""
        return "".join(text.format(**values) for text, values in self.clauses)


@dataclass(frozen=True, slots=True)
class Curves:
    """The logit as behaviors are taken away, or brought back, in the order of a ranking and in random orders."""

    steps: tuple[int, ...]
    """(K) behaviors taken away, or brought back, so far"""
    deletion: Floats
    """(K,) logit after the first behaviors of the ranking were taken from the full history"""
    insertion: Floats
    """(K,) logit after the first behaviors of the ranking were brought to the empty history"""
    random_deletion: Floats
    """(3, K) mean over random orders, and 2.5 and 97.5 percentiles"""
    random_insertion: Floats
    """(3, K) alike"""
    orders: int
    """How many random orders."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """Comprehensiveness and sufficiency (DeYoung et al., ACL 2020, arXiv:1911.03429), in units of the logit."""

    shares: tuple[float, ...]
    """Which shares of the behaviors count as the first of the ranking; the figures are means over these."""
    comprehensiveness: float
    """Full history less the history without the first: large where they carry the score."""
    sufficiency: float
    """Full history less the first alone: near 0 where they suffice."""
    random_comprehensiveness: float
    """The same with random behaviors in the place of the first."""
    random_sufficiency: float


@dataclass(frozen=True, slots=True)
class SampleMean:
    """A figure's mean over impressions."""

    mean: float
    low: float | None
    """Of the 95 % interval under drawing users anew; None for a single user."""
    high: float | None
    n: int
    """Impressions in which the figure has a value; of figures between seeds, impressions times pairs of seeds."""


@dataclass(frozen=True, slots=True)
class UniformAuc:
    """AUC of a trained network on a whole split, and once every history's weights are replaced by their mean."""

    trained: float
    uniform: float
    change: float
    """`uniform` less `trained`."""
    low: float | None
    """Of the change's 95 % interval under drawing users anew."""
    high: float | None


@dataclass(frozen=True, slots=True)
class SeedAgreement:
    """How alike several seeds of one recipe are, a mean over pairs of them in every impression."""

    seeds: int
    fingerprints: tuple[str, ...]
    tau_weights: SampleMean | None
    """Kendall's τ of two seeds' weights × counts."""
    tau_effects: SampleMean | None
    """The same of their leave-one-out effects."""
    moved: SampleMean | None
    """Share of the attention that lies elsewhere, 0 to 1."""


@dataclass(frozen=True, slots=True)
class ExampleImpression:
    """An impression of the sample, and the value of a figure in it."""

    user_id: str
    item_id: str
    timestamp: int
    nth: int
    """`Impression.nth`."""
    value: float
    """The figure's."""


@dataclass(frozen=True, slots=True)
class Faithfulness:
    """What `python -m trainer faithfulness` measured of one checkpoint's weights."""

    fingerprints: tuple[str, ...]
    """Of the network that was measured, and of a copy in half precision that was shipped with the figures."""
    split: str
    impressions: int
    """Of the sample."""
    of: int
    """Impressions of the split."""
    users: int
    """Of the sample."""
    seed: int
    """Of the sample."""
    measured_at: str
    figures: Mapping[str, SampleMean | None]
    """By name: FAITHFULNESS_FIGURES; None where no impression has a value."""
    uniform: UniformAuc | None
    """None for models that weigh all behaviors alike, and where the split has one label."""
    seeds: SeedAgreement | None
    """None where the checkpoint was measured without others of its recipe."""
    moved: SampleMean | None
    """Share of the attention that can lie elsewhere at the same prediction, 0 to 1, or more; None where no other
    weights were searched."""
    tolerance: float | None
    """Logits within which a prediction counts as the same; None alike."""
    examples: Mapping[str, tuple[ExampleImpression, ...]]
    """By tau, same_sign, covered (here of what is covered at most), moved and tau_weights (between seeds): where the
    figure is least, middling and most, rising; empty in files of earlier versions."""


FAITHFULNESS_FIGURES = ("tau", "tau_size", "same_sign", "covered", "best_covered")
"""Those of every sampled impression that the app shows: Kendall's τ of weight × count and leave-one-out; the same of
their sizes; share of behaviors with the same sign; share of all |effect| that the five largest |weight × count| cover,
and that the five largest |effect| do."""
FAITHFULNESS_FILE = "faithfulness.json"
"""In the folder of a checkpoint that was measured."""
CARD_BEGIN, CARD_END = "<!-- faithfulness -->", "<!-- /faithfulness -->"
"""What stands around the section about them in a model card."""
