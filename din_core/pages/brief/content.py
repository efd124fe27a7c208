"""A brief in words: what results say to someone who never heard of the model."""

from __future__ import annotations

from dataclasses import dataclass

from din_core.domain import Removal
from din_core.pages.language.answer_texts import (
    PURCHASES,
    AnswerWords,
    Segments,
    chance_segments,
    join_segments,
    part_names,
    reason_segments,
    short_name,
)
from din_core.pages.language.labels import HOUSEHOLDS, Words, day, labels_by_id, percent, profile
from din_core.pages.language.translate import T, filled, t
from din_core.sharing.frozen_results import FrozenResults, ModelScore

CAUTION = T(
    "Each bar says how much lower the chance would be had the model not known that part of the history. This is what "
    "moves the model, not what moved the person, and bars need not add up."
)
SHORT = 6
"""Digits of a fingerprint that are shown."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One part of the history, with what the chance loses without it."""

    title: str
    points: float
    """Of probability, 0 to 100; below zero where the chance is higher without it."""
    without: str
    """The chance without it."""


@dataclass(frozen=True, slots=True)
class BriefContent:
    """All texts of a brief, in the visitor's language."""

    title: str
    subtitle: str
    sentence: Segments
    """Every other one stands out."""
    bars: tuple[Bar, ...]
    caution: str
    facts: tuple[tuple[str, str], ...]
    """What happened, when, and the models: a name and a value each."""
    changes: tuple[str, ...]
    """What was changed of the history before the models read it."""


def content_of(results: FrozenResults) -> BriefContent:
    """The brief of these results."""
    words = (HOUSEHOLDS if results.purchases else Words()).translated()
    return BriefContent(
        title=title_of(candidate_name(results), results.user.user_id, words),
        subtitle=" · ".join([whole_title(results), *profile(results.user)]),
        sentence=sentence_of_results(results),
        bars=bars_of(results),
        caution=t(CAUTION),
        facts=(
            *outcome_fact(results, words),
            (t("Date"), day(results.as_of)),
            (t("Models"), " · ".join(map(model_text, results.models))),
        ),
        changes=results.edits,
    )


def title_of(title: str, user_id: str, words: Words) -> str:
    """`Stout for Household 7`."""
    return t("{title} for {user}", title=title, user=f"{words.person} {user_id}")


def labels_of(results: FrozenResults) -> dict[str, str]:
    """What candidate and behaviors are called, by id of item: with the id where another of them has the same title."""
    return labels_by_id([results.candidate, *(behavior.item for behavior in results.behaviors)])


def candidate_name(results: FrozenResults) -> str:
    """What titles and sentences call the candidate."""
    return short_name(results.candidate, labels_of(results)[results.candidate.item_id])


def whole_title(results: FrozenResults) -> str:
    """Its whole label, and what tells the impression from others of its item."""
    return labels_of(results)[results.candidate.item_id] + results.title.removeprefix(results.candidate.label)


def answer_words_of(results: FrozenResults) -> AnswerWords:
    """Words for the store that the results come from."""
    return PURCHASES if results.purchases else AnswerWords()


def sentence_of_results(results: FrozenResults) -> Segments:
    """The answer, as *Inspect* gives it."""
    words, first = answer_words_of(results), results.models[0]
    chance = chance_segments(first.name, first.probability, candidate_name(results), words)
    behaviors, labels = results.behaviors, labels_of(results)
    reason = reason_segments(results.answer, results.candidate, behaviors, results.baseline, words, labels)
    return join_segments([chance, reason])


def bars_of(results: FrozenResults) -> tuple[Bar, ...]:
    """The parts that the answer is about, the strongest first, the rest as one."""
    if results.by is None or results.by not in results.parts:
        return ()
    ranked, words = results.parts[results.by], answer_words_of(results)

    def bar(part: Removal, title: str) -> Bar:
        return Bar(title, 100 * (results.answer.probability - part.without), percent(part.without))

    names = part_names(ranked.first, results.candidate, results.behaviors, words, labels_of(results))
    named = [bar(part, name) for part, name in zip(ranked.first, names, strict=True)]
    rest = [] if ranked.rest is None else [bar(ranked.rest, t("All {n:,} others", n=ranked.others))]
    return (*named, *rest)


def outcome_fact(results: FrozenResults, words: Words) -> list[tuple[str, str]]:
    """What happened, where there was an impression of just this."""
    if results.answer.outcome is None:
        return []
    outcome = words.outcome(results.answer.outcome)
    return [(t("What happened"), filled(words.when, {"outcome": outcome, "date": day(results.as_of)}))]


def model_text(model: ModelScore) -> str:
    """`DIN 86.4 % (version 1a2b3c)`."""
    version = model.link.rpartition("@")[2][:SHORT]
    return t(
        "{model} {chance} (version {version})", model=model.name, chance=percent(model.probability), version=version
    )
