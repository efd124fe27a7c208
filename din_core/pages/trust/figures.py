"""What is stored of how far a model can be trusted, from all files that tell of it. Nothing is computed here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from din_core.domain.leaderboard import Leaderboard, LeaderboardRow, Measure
from din_core.domain.trust import Faithfulness, SampleMean, UniformAuc
from din_core.metrics.json_numbers import finite

if TYPE_CHECKING:
    from din_core.scoring import Scorer

Question = Literal["order", "found", "sign", "uniform", "seeds", "elsewhere", "calibration"]
"""Whether weights rank behaviors like their effects; the largest find what matters; their sign is the effect's; the
score needs them; another seed gives the same; the score settles where they lie; probabilities are shares."""
QUESTIONS: tuple[Question, ...] = get_args(Question)


@dataclass(frozen=True, slots=True)
class StoredFigure:
    """One number as a file holds it, and what it is of."""

    value: float
    low: float | None = None
    """Of its 95 % interval; None where the file has none."""
    high: float | None = None
    sd: float | None = None
    """Over seeds."""
    n: int | None = None
    """Impressions, or comparisons of seeds."""
    split: str | None = None
    seeds: int = 1
    """How many trainings it is the mean of."""


@dataclass(frozen=True, slots=True)
class TrustFigures:
    """All that is stored of one model. None, or no entry, for what nobody measured."""

    weighs_apart: bool = True
    """Whether behaviors of one history may have different weights."""
    sums_embeddings: bool = True
    """Whether other weights with the same score can be searched for such a model."""
    reads_sums_alone: bool = False
    """Whether where weights lie makes no difference to the score, as long as their sums are the same."""
    external: bool = False
    """Whether the model is not this project's, so that no other weights can be put into it."""
    asked: Mapping[Question, StoredFigure] = field(default_factory=dict)
    """The figure of each question: Kendall's τ, share of effects covered, share of signs, change of AUC with uniform
    weights, Kendall's τ between seeds, share of attention that can move, ECE."""
    order_size: float | None = None
    """Kendall's τ without signs."""
    found_best: float | None = None
    """The most that five behaviors cover."""
    uniform: UniformAuc | None = None
    seeds_effects: float | None = None
    """Kendall's τ between the effects of two seeds."""
    seeds_moved: float | None = None
    """Share of the attention that lies elsewhere in another seed."""
    tolerance: float | None = None
    """Logits within which a score counts as the same."""
    ece_before: float | None = None
    """Before calibration."""
    ece_board: StoredFigure | None = None
    """The leaderboard's, where `asked` has another."""
    log_loss: float | None = None
    """On what ECE is of."""
    base_rate_log_loss: float | None = None
    faithfulness: Faithfulness | None = None
    """Where the figures of weights come from, if they do from there."""


def read_figures(board: Leaderboard | None, measured: Faithfulness | None, scorer: Scorer) -> TrustFigures:
    """Of one checkpoint: from the leaderboard beside it, from what `faithfulness` measured, from its `metrics.json`."""
    config, metrics = scorer.config, scorer.metrics
    recipe = str(metrics.get("model") or scorer.checkpoint.folder.name)
    row = next((row for row in board.rows if row.model == recipe), None) if board else None
    found = TrustFigures(config.weighs_apart, config.sums_embeddings, config.monotone, config.external)
    found = with_calibration(found, metrics.get("calibration"), board, row)
    if not config.weighs_apart:
        return found
    agreement = training_agreement(metrics) | ({} if row is None else board_agreement(row))
    found = replace(found, asked={**found.asked, **agreement})
    return found if measured is None else with_faithfulness(found, measured)


def with_faithfulness(found: TrustFigures, measured: Faithfulness) -> TrustFigures:
    """What `faithfulness` measured of this very checkpoint counts more than means over seeds."""
    split, own, seeds = measured.split, measured.figures, measured.seeds
    means = {"order": own["tau"], "sign": own["same_sign"], "elsewhere": measured.moved}
    if own["best_covered"] is not None:
        means["found"] = own["covered"]
    asked: dict[Any, StoredFigure] = {name: of_mean(mean, split) for name, mean in means.items() if mean is not None}
    if seeds is not None and seeds.tau_weights is not None:
        asked["seeds"] = replace(of_mean(seeds.tau_weights, split), seeds=seeds.seeds)
    if (change := measured.uniform) is not None:
        asked["uniform"] = StoredFigure(change.change, change.low, change.high, n=measured.of, split=split)
    return replace(
        found,
        asked={**found.asked, **asked},
        order_size=mean_of(own["tau_size"]),
        found_best=mean_of(own["best_covered"]),
        uniform=change,
        seeds_effects=mean_of(seeds.tau_effects) if seeds else None,
        seeds_moved=mean_of(seeds.moved) if seeds else None,
        tolerance=measured.tolerance,
        faithfulness=measured,
    )


def of_mean(mean: SampleMean, split: str) -> StoredFigure:
    """A mean over a sample of a split."""
    return StoredFigure(mean.mean, mean.low, mean.high, n=mean.n, split=split)


def mean_of(mean: SampleMean | None) -> float | None:
    """The number alone."""
    return None if mean is None else mean.mean


def board_agreement(row: LeaderboardRow) -> dict[Question, StoredFigure]:
    """What a leaderboard tells of a model's weights, as means over its seeds."""
    own, found = row.weights, dict[Question, StoredFigure]()
    names: Mapping[Question, str] = {"order": "tau", "sign": "same_sign"}
    for question, name in names.items():
        measure = own.agreement[name]
        if measure is not None:
            found[question] = of_measure(measure, own.impressions, own.split)
    between = own.seeds["tau_weights"]
    if between is not None:
        found["seeds"] = StoredFigure(between, split=own.split, seeds=len(row.seeds))
    return found


def of_measure(measure: Measure, n: int | None, split: str | None) -> StoredFigure:
    """A mean over seeds."""
    return StoredFigure(measure.mean, measure.low, measure.high, measure.sd, n, split, max(1, len(measure.each)))


def training_agreement(metrics: Mapping[str, Any]) -> dict[Question, StoredFigure]:
    """What `train` measured when it chose the sign of the weights; nothing where its record is another."""
    try:
        record = metrics["orientation"]
        own, n = record["units"][0]["after"], int(record["impressions"])  # the weights on screen are the first unit's
        values: dict[Question, Any] = {"order": own["tau"], "sign": own["same_sign"]}
        known = {name: finite(value, name) for name, value in values.items() if value is not None}
    except (KeyError, IndexError, TypeError, ValueError):
        return {}
    return {name: StoredFigure(value, n=n, split="valid") for name, value in known.items()}


def with_calibration(
    found: TrustFigures, record: Mapping[str, Any] | None, board: Leaderboard | None, row: LeaderboardRow | None
) -> TrustFigures:
    """The checkpoint's own record, which is of validation impressions, and its model's row in the leaderboard."""
    measure = row.metrics["ece"] if row is not None else None
    on_board = None
    if board is not None and measure is not None:
        on_board = of_measure(measure, board.impressions, board.split)
    if record:
        after = record["after"]
        return replace(
            found,
            asked={"calibration": StoredFigure(after["ece"], n=int(record["impressions"]), split="valid")},
            ece_before=record["before"]["ece"],
            ece_board=on_board,
            log_loss=after["log_loss"],
            base_rate_log_loss=record.get("base_rate_log_loss"),
        )
    if board is None or row is None or on_board is None:
        return found
    loss = row.metrics["log_loss"]
    return replace(
        found,
        asked={"calibration": on_board},
        log_loss=None if loss is None else loss.mean,
        base_rate_log_loss=board.base_rate_log_loss,
    )
