"""What is measured of one candidate's score: the answer, its parts, whether the weights tell them, and the paths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from din_core.domain import Answer, Explanation, FoldedBehavior, Item, RankedParts, Removal, Verdict
from din_core.domain.results import By
from din_core.figures import EffectsInfo, PathsInfo, effects_info, paths_info, whole_categories
from din_core.figures.activation import UNKNOWN, categories_of
from din_core.figures.palette import Slots
from din_core.pages.inspect.inspection import Inputs, score
from din_core.pages.language.number_texts import CATEGORY

if TYPE_CHECKING:
    from din_core.scoring import Rescorer, Scorer

LISTED = 8
"""Parts of a history that are listed before the rest is one."""


@dataclass(frozen=True)
class MeasuredEffects:
    """What is measured of one model's score of one case."""

    candidate: Item
    labels: Mapping[str, str]
    """What items of the candidates and the history are called, by id."""
    behaviors: tuple[FoldedBehavior, ...]
    """(T) as the model sees them."""
    weights: NDArray[np.float64]
    """(T,) weight × repeats"""
    answer: Answer
    parts: dict[By, RankedParts]
    """By categories only where some are known."""
    effects: EffectsInfo
    paths: PathsInfo
    verdict: Verdict


def measure_effects(
    inputs: Inputs,
    scorer: Scorer,
    place: int,
    category: str = CATEGORY,
    baseline: Scorer | None = None,
    listed: int | None = None,
    slots: Slots | None = None,
) -> MeasuredEffects:
    """Measure the case at `place`, and whole categories by that item field; `baseline` pools by an average.

    `listed` parts are ranked before the rest is one; None for LISTED. `slots` are the categories' own colours.

    Takes about as long as scoring all cases; DIEN some times longer.
    """
    from din_core.explain import Group, agreement, answer, leave_one_out, path_split, removals, verdict
    from din_core.scoring import rescorer_for

    case = inputs.cases[place]
    scores = score(inputs, scorer).scores.of(place)
    rescorer = rescorer_for(scorer, inputs.history, case.item, case.context)
    effects = leave_one_out(rescorer)
    groups = whole_categories(scores, category, slots)
    by_category = leave_one_out(rescorer, [Group(name, held) for name, held in groups])
    names = categories_of(scores.behaviors, category)
    items = removals(rescorer, "item", [b.item.item_id for b in scores.behaviors], _of_single_rows(effects))
    measured = dict(zip(dict.fromkeys(names), by_category.values.tolist(), strict=False))
    categories = () if set(names) == {UNKNOWN} else removals(rescorer, "category", names, measured)
    return MeasuredEffects(
        candidate=case.item,
        labels=inputs.labels,
        behaviors=scores.behaviors,
        weights=scores.weight[0].astype(np.float64) * rescorer.count,
        answer=answer(
            rescorer,
            items,
            [part for part in categories if part.name != UNKNOWN],
            baseline=None if baseline is None else float(score(inputs, baseline).scores.probability[place]),
            outcome=None if case.impression is None else case.impression.label,
        ),
        parts={part[0].by: _ranked(rescorer, part, listed or LISTED) for part in (items, categories) if part},
        effects=effects_info(scores, effects, by_category, category, groups),
        paths=paths_info(path_split(rescorer)),
        verdict=verdict(agreement(scores, effects)),
    )


def _of_single_rows(effects: Explanation) -> dict[str, float]:
    """By item, of those that the model weighs once."""
    ids = [b.item.item_id for b in effects.behaviors]
    times = Counter(ids)
    return {one: value for one, value in zip(ids, effects.values.tolist(), strict=True) if times[one] == 1}


def _ranked(rescorer: Rescorer, parts: tuple[Removal, ...], listed: int) -> RankedParts:
    from din_core.explain import removed_together

    first, others = parts[:listed], parts[listed:]
    if len(others) == 1:  # one more row, as the rest would be
        return RankedParts(parts, None, 0)
    return RankedParts(first, removed_together(rescorer, others, "") if others else None, len(others))
