"""An inspection as the JSON that the lens draws: every candidate at once, so that it can step by itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from din_core.domain import Scenario, Scores
from din_core.figures import ActivationInfo, Timeline
from din_core.figures.palette import DARK, DARK_OTHER, LIGHT, LIGHT_OTHER
from din_core.pages.inspection import Case, Inspection
from din_core.pages.words import (
    Words,
    chance,
    field_values,
    item_detail,
    moment,
    pooling_words,
)
from din_core.sharing import query_string

DIGITS = 7
"""Significant digits of numbers sent to the browser; it shows fewer."""
SHORT = 6
"""Digits of a fingerprint on screen; links carry all."""


@dataclass(frozen=True, slots=True)
class LensData:
    """What the lens shows, as text. `revision` names the content: equal exactly when the text is."""

    revision: str
    body: str


def lens_data(inspection: Inspection, scenario: Scenario, words: Words) -> LensData:
    """Everything about an inspection that does not depend on which of its cases is on screen."""
    inputs = inspection.inputs
    data = {
        "asOf": scenario.as_of,
        "words": {
            "positive": words.positive,
            "negative": words.negative,
            "happened": words.happened,
            "when": words.when,
        },
        "subject": words.user_label(inputs.history.user),
        "profile": field_values(inputs.history.user.fields),
        "shownThen": inputs.shown_then,
        "models": [model_data(scores) for scores in inspection.models],
        "historyText": history_text(inspection),
        "timeline": timeline_data(inspection.timeline, inspection.infos[0].category),
        "cases": [
            case_data(inspection, place, link_of(scenario, case), words) for place, case in enumerate(inputs.cases)
        ],
        "palette": {"light": [*LIGHT, LIGHT_OTHER], "dark": [*DARK, DARK_OTHER]},
    }
    body = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    return LensData(hashlib.sha256(body.encode()).hexdigest()[:16], body)


def model_data(scores: Scores) -> dict[str, str]:
    return {
        "name": scores.model,
        "fingerprint": scores.fingerprint[:SHORT],
        "pooling": pooling_words(scores),
    }


def timeline_data(timeline: Timeline, category: Sequence[str]) -> dict[str, Any]:
    """Columns of the T distinct behaviors and of the L lines."""
    return {
        "id": [b.item.item_id for b in timeline.behaviors],
        "title": [b.item.label for b in timeline.behaviors],
        "category": list(category),
        "count": [b.count for b in timeline.behaviors],
        "first": [b.first_timestamp for b in timeline.behaviors],
        "last": [b.last_timestamp for b in timeline.behaviors],
        "lineRow": timeline.line_behavior.tolist(),
        "lineTime": timeline.line_time.tolist(),
        "linePlace": [round(place, 5) for place in timeline.position.tolist()],
        "ticks": [[round(tick.position, 5), tick.label] for tick in timeline.ticks],
    }


def case_data(inspection: Inspection, place: int, link: str, words: Words) -> dict[str, Any]:
    """What is particular to one candidate."""
    case, info = inspection.inputs.cases[place], inspection.infos[place]
    probabilities = [float(scores.probability[place]) for scores in inspection.models]
    return {
        "id": case.item.item_id,
        "title": case.item.label,
        "detail": " · ".join(filter(None, [item_detail(case.item), f"item {case.item.item_id}"])),
        "outcome": None if case.impression is None else case.impression.label,
        "shown": case.impression is not None,
        "outcomeText": outcome_text(case, words),
        "context": field_values(case.context),
        "probability": [significant(p) for p in probabilities],
        "chance": [chance(p) for p in probabilities],
        "weight": [significant(w) for w in info.weight.tolist()],
        "groups": groups_data(info),
        "intensity": significant(info.intensity),
        "reference": None if info.reference is None else significant(info.reference),
        "extent": [significant(v) for v in info.extent],
        "link": link,
    }


def groups_data(info: ActivationInfo) -> list[dict[str, Any]]:
    return [
        {
            "name": entry.category,
            "slot": entry.slot,
            "weight": significant(entry.weight),
            "lines": entry.lines,
            "categories": entry.categories,
        }
        for entry in info.groups
    ]


def outcome_text(case: Case, words: Words) -> str:
    """What happened, where it is known."""
    if case.impression is None:
        return "Not among this user's impressions then: what would have happened is not known"
    return words.outcome(case.impression.label)


def history_text(inspection: Inspection) -> str:
    """How much history there is, and how much of it the model sees."""
    timeline, history = inspection.timeline, inspection.inputs.history
    lines, distinct = len(timeline.line_time), len(timeline.behaviors)
    if not history.behaviors:
        return f"no behavior before {moment(history.as_of)}"
    seen = f"{lines:,} behaviors with {distinct:,} distinct items before {moment(history.as_of)}"
    if timeline.unseen_lines:
        return f"{seen}; {timeline.unseen_lines:,} older behaviors lie beyond what the model keeps"
    return seen


def link_of(scenario: Scenario, case: Case) -> str:
    """The query string that shows this case."""
    return query_string(replace(scenario, candidate_ids=(case.item.item_id,), context=case.context))


def significant(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
