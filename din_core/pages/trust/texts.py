"""What each figure asks, how it is written, and what it means in one plain sentence."""

from __future__ import annotations

import math
from collections.abc import Callable

from din_core.metrics import is_worse_than_base_rate
from din_core.pages.language.labels import fixed, percent
from din_core.pages.language.translate import T, t
from din_core.pages.models.leaderboard_table import SPLITS
from din_core.pages.trust.figures import Question, StoredFigure, TrustFigures
from din_core.pages.trust.replies import Reply

HEADINGS: dict[Question, str] = {
    "order": T("Do the weights say what drives the score?"),
    "found": T("Do the largest weights find what matters?"),
    "sign": T("Does a weight's sign say which way it pushes?"),
    "uniform": T("Does the score need the weights?"),
    "seeds": T("Would another training give the same weights?"),
    "elsewhere": T("Does the score settle where the attention lies?"),
    "calibration": T("Does a probability of 30 % mean 30 of 100?"),
}
MEASURES: dict[Question, str] = {
    "order": T("Kendall's τ of weights × repeats and effects"),
    "found": T("Of all effects, behind the five largest weights"),
    "sign": T("Behaviors whose weight has their effect's sign"),
    "uniform": T("Change of AUC with equal weights"),
    "seeds": T("Kendall's τ of two seeds' weights"),
    "elsewhere": T("Attention that can lie elsewhere"),
    "calibration": T("ECE, the mean distance from observed shares"),
}
REPLIES: dict[Reply, tuple[str, str]] = {
    "yes": (":material/check_circle:", T("Yes.")),
    "partly": (":material/contrast:", T("Partly.")),
    "no": (":material/cancel:", T("No.")),
}
"""The icon of a reply, and the word."""
BY_FAITHFULNESS = T("Not measured. `python -m trainer faithfulness --store URL --checkpoint {folder}` measures it.")
NO_VALUE = T("`faithfulness` found no value: none of its impressions has behaviors that differ in weight and effect.")
NO_AUC = T("`faithfulness` found no AUC: all impressions of the split have one label.")
BY_SEEDS = T(
    "Not measured: it takes trainings with different seeds, all at once. `python -m trainer faithfulness --store URL "
    "--checkpoint {folder} DIR` measures it, where DIR is another seed of the same model; give as many as there are."
)
SUMS_ALONE = T(
    "Not measured: this model reads the sums of its weights alone. Weights of the same sums are the same score, "
    "wherever they lie; each behavior's own effect is what tells of it."
)
OWNERS = T(
    "Not measured: what this model does with its weights is its owner's, so no others can be put in their place; each "
    "behavior's own effect is measured by taking it away."
)
NOT_SEARCHED = T(
    "Not measured: other weights are searched only where the interest vector is a sum of embeddings under weights that "
    "depend on the candidate, and this model's is none."
)
BY_CALIBRATE = T(
    "Not measured. `python -m trainer calibrate --store URL --checkpoint {folder}` fits the probabilities to "
    "validation impressions and records how near they come."
)

FURTHER_ON_BOARD = T(
    "Predicted probabilities lie {points} percentage points from the observed shares on average, and {board} on the "
    "leaderboard's impressions; the larger counts."
)
WORSE_THAN_BASE_RATE = T(
    "Predicted probabilities lie {points} percentage points from the observed shares on average, but their log loss is "
    "above that of the base rate: the share of positives alone says more."
)


def tau(value: float) -> str:
    """`−0.015`."""
    return fixed(value, 3)


def change(value: float) -> str:
    """`−0.1597`, `+0.0004`, `−0.000015`."""
    return fixed(value, digits(value), "+")


def digits(value: float) -> int:
    """Places after the point with which a change is not written as none: 4, or as many as show two of its digits."""
    return 4 if abs(value) >= 5e-5 or value == 0 else 1 - math.floor(math.log10(abs(value)))


def plain(value: float, places: int = 4) -> str:
    """`0.0150`."""
    return f"{value:.{places}f}"


WRITTEN: dict[Question, Callable[[float], str]] = {
    "order": tau,
    "found": percent,
    "sign": percent,
    "uniform": change,
    "seeds": tau,
    "elsewhere": percent,
    "calibration": plain,
}


def value_words(question: Question, figures: TrustFigures) -> str:
    """The number."""
    return WRITTEN[question](figures.asked[question].value)


def sample_words(question: Question, figures: TrustFigures) -> str:
    """Its interval, and what it is of."""
    found, write = figures.asked[question], WRITTEN[question]
    parts = []
    if found.low is not None and found.high is not None:
        parts.append(t("95 %: {low} to {high}", low=write(found.low), high=write(found.high)))
    if found.sd is not None:
        parts.append(t("± {sd} over {n} seeds", sd=write(found.sd).removeprefix("+"), n=found.seeds))
    parts.append(of_words(question, found))
    return " · ".join([*filter(None, parts), *details(question, figures)])


def split_words(split: str | None) -> str:
    """`test`."""
    name = SPLITS.get(split or "", split or "")
    return t(name)


def of_words(question: Question, found: StoredFigure) -> str:
    """`199 test impressions`."""
    split = split_words(found.split)
    if found.n is None:
        return t("{n} seeds", n=found.seeds) if found.seeds > 1 else ""
    if question == "seeds":
        return t("{seeds} seeds, {n:,} comparisons on {split} impressions", seeds=found.seeds, n=found.n, split=split)
    return t("{n:,} {split} impressions", n=found.n, split=split)


def meaning(question: Question, figures: TrustFigures) -> str:
    """What the figure says, in one sentence."""
    value = figures.asked[question].value
    if question == "order":
        return t(
            "Of 100 pairs of behaviors, about {n} have more weight on the one that raises the score more; by chance it "
            "would be 50.",
            n=pairs(value),
        )
    if question == "found":
        return t(
            "The five largest weights carry {covered} of all measured effects, where no five behaviors carry more than "
            "{best}.",
            covered=percent(value),
            best=percent(figures.found_best),
        )
    if question == "sign":
        return t(
            "Of 100 behaviors, {n} have a weight with the sign of their effect; by chance it would be 50.",
            n=of_hundred(value),
        )
    if question == "uniform":
        return uniform_words(figures)
    if question == "seeds":
        return t(
            "Two trainings that differ in their seed alone put about {n} of 100 pairs of behaviors in the same order; "
            "by chance it would be 50.",
            n=pairs(value),
        )
    if question == "elsewhere":
        return t(
            "At least {moved} of the attention can be given to other behaviors while the score moves by no more than "
            "{tolerance} logits.",
            moved=percent(value),
            tolerance=f"{figures.tolerance:g}",
        )
    return calibration_words(figures)


def calibration_words(figures: TrustFigures) -> str:
    """How far probabilities lie from shares, and what else the reply goes by, where something does."""
    own, board = figures.asked["calibration"].value, figures.ece_board
    if figures.log_loss is not None and is_worse_than_base_rate(figures.log_loss, figures.base_rate_log_loss):
        return t(WORSE_THAN_BASE_RATE, points=points(own))
    if board is not None and board.value > own:
        return t(FURTHER_ON_BOARD, points=points(own), board=points(board.value))
    return t(
        "Predicted probabilities lie {points} percentage points from the observed shares on average.",
        points=points(own),
    )


def details(question: Question, figures: TrustFigures) -> list[str]:
    """What is stored beside the figure, each in a few words."""
    if question == "order" and figures.order_size is not None:
        return [t("τ without signs {tau}", tau=tau(figures.order_size))]
    if question == "seeds":
        return seeds_details(figures)
    return calibration_details(figures) if question == "calibration" else []


def uniform_words(figures: TrustFigures) -> str:
    """AUC before and after."""
    found = figures.uniform
    assert found is not None  # the figure is its change
    return t(
        "Once every behavior of a history weighs the same, the trained network's AUC goes from {trained} to {uniform}.",
        trained=plain(found.trained, digits(found.change)),
        uniform=plain(found.uniform, digits(found.change)),
    )


def seeds_details(figures: TrustFigures) -> list[str]:
    """How alike the effects of two seeds are, and how much of the attention lies elsewhere."""
    found = []
    if figures.seeds_effects is not None:
        found.append(t("τ of their effects {tau}", tau=tau(figures.seeds_effects)))
    if figures.seeds_moved is not None:
        found.append(t("{share} of the attention lies elsewhere", share=percent(figures.seeds_moved)))
    return found


def calibration_details(figures: TrustFigures) -> list[str]:
    """Before calibration, on the leaderboard, and the log loss beside that of the base rate."""
    found = []
    if figures.ece_before is not None:
        found.append(t("before calibration {ece}", ece=plain(figures.ece_before)))
    if figures.ece_board is not None:
        own = figures.ece_board
        found.append(t("leaderboard {ece} ({of})", ece=plain(own.value), of=of_words("calibration", own)))
    if figures.log_loss is not None and figures.base_rate_log_loss is not None:
        loss, base = plain(figures.log_loss), plain(figures.base_rate_log_loss)
        found.append(t("log loss {loss}, of the base rate {base}", loss=loss, base=base))
    return found


def of_hundred(share: float) -> str:
    """A share as a whole number of 100."""
    return f"{100 * share:.0f}"


def pairs(value: float) -> str:
    """Kendall's τ as the pairs in one order, of 100."""
    return of_hundred((1 + value) / 2)


def points(share: float) -> str:
    """`1.52`: as many digits as the ECE beside it has."""
    return f"{100 * share:.2f}"


def missing_words(question: Question, figures: TrustFigures, folder: str) -> str:
    """Why there is no figure, and the command that makes one; `folder` is the checkpoint's."""
    if question == "calibration":
        return t(BY_CALIBRATE, folder=folder)
    if question == "seeds":
        return t(BY_SEEDS, folder=folder)
    if question in ("elsewhere", "uniform") and figures.external:
        return t(OWNERS)
    if question in ("elsewhere", "uniform") and figures.reads_sums_alone:
        return t(SUMS_ALONE)
    if question == "elsewhere" and not figures.sums_embeddings:
        return t(NOT_SEARCHED)
    if figures.faithfulness is None or (question == "elsewhere" and figures.tolerance is None):
        return t(BY_FAITHFULNESS, folder=folder)
    return t(NO_AUC) if question == "uniform" else t(NO_VALUE)
