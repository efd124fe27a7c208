"""What stands beside the weights of one candidate: measured effects, whether the weights tell them, and the paths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from din_core.domain import Verdict
from din_core.figures import EffectsInfo, PathsInfo, effects_info, paths_info, whole_categories
from din_core.pages.inspect.inspection import Inputs
from din_core.pages.language.number_texts import CATEGORY

if TYPE_CHECKING:
    from din_core.scoring import Scorer


@dataclass(frozen=True)
class MeasuredEffects:
    """What is measured of one model's score of one case."""

    effects: EffectsInfo
    paths: PathsInfo
    verdict: Verdict


def measure_effects(inputs: Inputs, scorer: Scorer, place: int, category: str = CATEGORY) -> MeasuredEffects:
    """Measure the case at `place`, and whole categories by that item field.

    Takes about as long as scoring all cases; DIEN some times longer.
    """
    from din_core.explain import Group, agreement, leave_one_out, path_split, verdict
    from din_core.scoring import rescorer_for

    case = inputs.cases[place]
    scores = scorer.score(inputs.history, [case.item], case.context)
    rescorer = rescorer_for(scorer, inputs.history, case.item, case.context)
    effects = leave_one_out(rescorer)
    groups = [Group(name, tuple(held.tolist())) for name, held in whole_categories(scores, category)]
    return MeasuredEffects(
        effects_info(scores, effects, leave_one_out(rescorer, groups), category),
        paths_info(path_split(rescorer)),
        verdict(agreement(scores, effects)),
    )
