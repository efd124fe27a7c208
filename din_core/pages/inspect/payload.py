"""What the lens draws, as JSON: what all models share, each model in one text, each candidate's effects in one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import numpy as np
import orjson
from numpy.typing import NDArray

from din_core.domain import FoldedBehavior, Item, Scenario, Verdict
from din_core.figures import ActivationInfo, CategoryEffect, Timeline
from din_core.figures.activation import categories_of, written_categories
from din_core.figures.palette import DARK, DARK_OTHER, LIGHT, LIGHT_OTHER, Slots
from din_core.pages.browser.translations import spoken
from din_core.pages.inspect.answer.answer_payload import DIGITS, answer_data
from din_core.pages.inspect.attention_chart import JS
from din_core.pages.inspect.inspection import Case, Inputs, Inspection, case_title
from din_core.pages.inspect.measured_effects import MeasuredEffects
from din_core.pages.language.answer_texts import AnswerWords, chance_segments, short_name
from din_core.pages.language.labels import (
    Words,
    chance,
    day,
    field_label,
    field_values,
    item_detail,
    item_numbers,
    moment,
    tick_label,
)
from din_core.pages.language.model_texts import ModelWords
from din_core.pages.language.number_texts import CATEGORY, NumericFields
from din_core.pages.language.path_texts import path_words
from din_core.pages.language.translate import T, filled, t
from din_core.pages.session.choices import candidate_key
from din_core.sharing import encode

NUMBER = f"%.{DIGITS}g"
PARAMETERS_KEPT = 1 << 12
SHORT = 6
"""Digits of a fingerprint on screen; links carry all."""


def common_text(
    inputs: Inputs,
    scenario: Scenario,
    words: Words,
    choices: Iterable[ModelWords],
    numbers: NumericFields,
    category: str = CATEGORY,
) -> str:
    """What the lens shows whichever model and case are on screen.

    `choices` are the models at hand, `category` the item field whose values are called categories.
    """
    return compact(
        {
            "asOf": scenario.as_of,
            "words": {
                "positive": words.positive,
                "negative": words.negative,
                "happened": words.happened,
            },
            "texts": {**spoken(JS), "Category": field_label(category), "category": field_name(category)},
            "user": inputs.history.user.user_id,
            "subject": words.user_label(inputs.history.user),
            "profile": field_values(inputs.history.user.fields, numbers.user),
            "shownThen": inputs.shown_then,
            "scene": inputs.place(scenario.candidates[0]),
            "choices": [{"link": model.link, "name": model.name} for model in choices],
            "cases": [
                case_data(case, inputs.labels[case.item.item_id], link_of(scenario, case), words, numbers)
                for case in inputs.cases
            ],
            "palette": {"light": [*LIGHT, LIGHT_OTHER], "dark": [*DARK, DARK_OTHER]},
        }
    )


def model_text(
    inspection: Inspection,
    model: ModelWords,
    whole: Sequence[int],
    timeline: str,
    rare_among: Callable[[Iterable[Item]], list[int]],
    words: AnswerWords,
    labels: Mapping[str, str],
    category: str = CATEGORY,
    slots: Slots | None = None,
) -> str:
    """What the lens shows of one model: its words, the history as it sees it, its score of every case.

    The places in `whole` come with their weights, the others without. `timeline` is the inspection's `timeline_text`;
    `rare_among` gives the places of the items that have no embedding row of their own; `labels` are what items are
    called, by id; `slots` are the categories' own colours.
    """
    rare = rare_among(behavior.item for behavior in inspection.timeline.behaviors)
    chances = zip(inspection.scores.candidates, inspection.scores.probability.tolist(), strict=True)
    data = [
        score_data(model.name, short_name(item, labels[item.item_id]), probability, words)
        for item, probability in chances
    ]
    scored_whole = {
        place: scored_text(data[place], info)
        for place, info in zip(whole, inspection.infos(whole, category, slots), strict=True)
    }
    scored = ",".join(scored_whole.get(place) or compact(one) for place, one in enumerate(data))
    fields = compact(
        {
            "link": model.link,
            "name": model.name,
            "fingerprint": model.fingerprint[:SHORT],
            "badges": model.badges,
            "meanings": model.meanings,
            "pooling": model.pooling,
            "weight": model.weight,
            "overTime": model.over_time,
            "note": model.note,
            "sumsTo": model.sums_to,
            "past": model.past_weights,
            "historyText": rare_text(history_text(inspection, model.name), inspection, model.name, rare),
            "rare": rare,
            "rareCases": rare_among(inspection.scores.candidates),
            "rareText": t("rare or new to {model}", model=model.name),
        }
    )
    return f'{fields[:-1]},"timeline":{timeline},"scored":[{scored}]}}'


def effects_text(measured: MeasuredEffects, words: AnswerWords, baseline: str = "") -> str:
    """What the lens shows of one candidate under one model beside its weights; points are for the lens to make.

    `baseline` is the name of the model whose average pooling was measured, too.
    """
    effects, paths, verdict = measured.effects, measured.paths, measured.verdict
    fields = compact(
        {
            "logit": significant(effects.logit),
            "extent": [significant(v) for v in effects.extent],
            "categories": [category_data(entry) for entry in effects.categories],
            "others": None if effects.others is None else category_data(effects.others),
            "answer": answer_data(measured, words, baseline),
            "paths": [[*path_words(part.name), significant(part.value)] for part in paths.parts],
            "verdict": {
                "level": verdict.level,
                "tau": None if verdict.tau is None else significant(verdict.tau),
                "sentence": verdict_sentence(verdict, measured.behaviors, measured.labels),
                "rows": list(verdict.disagreeing),
            },
        }
    )
    return f'{fields[:-1]},"effect":{numbers(effects.effect)}}}'


def verdict_sentence(verdict: Verdict, behaviors: Sequence[FoldedBehavior], labels: Mapping[str, str]) -> str:
    """The verdict in words; `labels` are what items are called, by id, and behaviors called alike have their dates."""
    worst = [behaviors[place] for place in verdict.disagreeing]
    names = [labels[one.item.item_id] for one in worst]
    if len(set(names)) < len(names):
        names = [f"{name} · {day(one.last_timestamp)}" for name, one in zip(names, worst, strict=True)]
    named = dict(zip("abc", names, strict=False))
    return "".join(
        t(text, **{key: named.get(key, value) for key, value in values.items()}) for text, values in verdict.clauses
    )


def category_data(entry: CategoryEffect) -> dict[str, Any]:
    return {
        "name": entry.category,
        "lines": entry.lines,
        "weight": significant(entry.weight),
        "effect": significant(entry.effect),
    }


def field_name(category: str) -> str:
    """As the head of a column of a file."""
    return t("category") if category == CATEGORY else category


def compact(data: object) -> str:
    """JSON in one line."""
    return orjson.dumps(data, option=orjson.OPT_SERIALIZE_NUMPY).decode()


def timeline_text(
    timeline: Timeline, numbers: NumericFields, labels: Mapping[str, str], category: str = CATEGORY
) -> str:
    """Columns of the T behaviors and of the L lines; `numbers` are the numeric fields of the models at hand.

    `labels` are what items are called, by id: where that is more than the title, the behavior is one of `alike`.
    """
    times = Counter(behavior.item.item_id for behavior in timeline.behaviors)
    columns = {
        "id": [b.item.item_id for b in timeline.behaviors],
        "title": [b.item.label for b in timeline.behaviors],
        "alike": [row for row, b in enumerate(timeline.behaviors) if labels[b.item.item_id] != b.item.label],
        "category": categories_of(timeline.behaviors, category),
        "written": written_categories(timeline.behaviors, category),
        "count": [b.count for b in timeline.behaviors],
        "rows": [times[b.item.item_id] for b in timeline.behaviors],
        "first": [b.first_timestamp for b in timeline.behaviors],
        "last": [b.last_timestamp for b in timeline.behaviors],
        "lineRow": timeline.line_behavior.tolist(),
        "lineTime": timeline.line_time.tolist(),
        "lineType": list(timeline.line_type),
        "linePlace": [round(place, 5) for place in timeline.position.tolist()],
        "ticks": [[round(tick.position, 5), tick_label(tick.label)] for tick in timeline.ticks],
    }
    if numbers.item:
        columns["numbers"] = [" · ".join(item_numbers(b.item, numbers.item)) for b in timeline.behaviors]
    return compact(columns)


def case_data(case: Case, label: str, link: str, words: Words, numbers: NumericFields) -> dict[str, Any]:
    """One candidate, whichever model scores it; `label` is what tells its item from all others on the page.

    `name` is its title alone, below which stands the `detail`, with the id.
    """
    return {
        "id": case.item.item_id,
        "key": candidate_key(case.candidate),
        "first": case.candidate.nth == 1,
        "name": case.title,
        "title": case_title(case, label),
        "short": short_name(case.item, label),
        "detail": " · ".join(
            filter(None, [item_detail(case.item, numbers.item), t("item {id}", id=case.item.item_id)])
        ),
        "outcome": None if case.impression is None else case.impression.label,
        "shown": case.impression is not None,
        "outcomeText": outcome_text(case, words),
        "datedOutcome": dated_outcome(case, words),
        "context": field_values(case.context, numbers.context),
        "link": link,
    }


def score_data(model: str, title: str, probability: float, words: AnswerWords) -> dict[str, Any]:
    """One candidate's score under one model, and the sentence that says it and calls the candidate `title`."""
    says = chance_segments(model, probability, title, words)
    return {"probability": significant(probability), "chance": chance(probability), "says": says}


def scored_text(score: dict[str, Any], info: ActivationInfo) -> str:
    """One candidate under one model, with its weights; `score` is its `score_data`."""
    fields = compact(
        {
            **score,
            "groups": groups_data(info),
            "intensity": significant(info.intensity),
            "reference": None if info.reference is None else significant(info.reference),
            "extent": [significant(v) for v in info.extent],
        }
    )
    return f'{fields[:-1]},"weight":{numbers(info.weight)}}}'


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
        return t("Not among this user's impressions then: what would have happened is not known")
    return words.outcome(case.impression.label)


def dated_outcome(case: Case, words: Words) -> str:
    """What happened and when, where it is known."""
    if case.impression is None or case.impression.label is None:
        return outcome_text(case, words)
    outcome = words.outcome(case.impression.label)
    return filled(words.when, {"outcome": outcome, "date": day(case.impression.timestamp)})


def history_text(inspection: Inspection, model: str) -> str:
    """How much history there is, and how much of it the model on screen sees."""
    timeline, history = inspection.timeline, inspection.history
    lines, distinct = len(timeline.line_time), timeline.distinct
    if not history.behaviors:
        return t("no behavior before {when}", when=moment(history.as_of))
    seen = t(
        "{lines:,} behaviors with {items:,} distinct items before {when}",
        lines=lines,
        items=distinct,
        when=moment(history.as_of),
    )
    if timeline.unseen_lines:
        older = T("{seen}; {n:,} older behaviors lie beyond what {model} keeps")
        return t(older, seen=seen, n=timeline.unseen_lines, model=model)
    return seen


def rare_text(text: str, inspection: Inspection, model: str, rare: Sequence[int]) -> str:
    """The text of a history, and how much of it the model does not know; `rare` are places in the timeline."""
    if not rare:
        return text
    n = sum(inspection.timeline.behaviors[r].count for r in rare)
    return t(
        "{seen}; behaviors of items that are rare or new to {model}: {n:,}",
        seen=text,
        n=n,
        model=model,
    )


def link_of(scenario: Scenario, case: Case) -> str:
    """The query string that shows this case; the lens adds the models."""
    raw = encode(scenario.with_candidates([case.candidate], case.context))
    del raw["models"]
    return "&".join(_parameter(name, value if isinstance(value, str) else tuple(value)) for name, value in raw.items())


@lru_cache(PARAMETERS_KEPT)
def _parameter(name: str, value: str | tuple[str, ...]) -> str:
    """As it stands in a query string; most are the same for all cases of a user."""
    return urlencode({name: value}, doseq=True)


def numbers(values: NDArray[np.float64]) -> str:
    """The same as JSON of `significant` of each, in a fifth of the time: there are tens of thousands."""
    return "[" + ",".join([NUMBER % value for value in values.tolist()]) + "]"


def significant(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
