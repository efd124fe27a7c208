"""The answer of *Inspect* in words: the chance, what it rests on, what average pooling says, and what happened.

Texts are segments: those at odd places are what the sentence is about, and stand out on screen.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from din_core.domain import Answer, FoldedBehavior, Item, Removal
from din_core.domain.written import LEAST_SHARE
from din_core.pages.language.labels import of_households, percent
from din_core.pages.language.translate import T, closed_up, parsed, t
from din_core.store import StoreSummary

ALMOST_ALL = 0.8
"""Least share of the probability that goes with what is named."""
MOST = 0.5
SPACE = "\N{NO-BREAK SPACE}"
Segments = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnswerWords:
    """What a positive label and a behavior are called in the store at hand; English, translated where it is shown."""

    chance: str = T("{model} gives this user a {chance} chance of a positive outcome for {title}.")
    chance_an: str = T("{model} gives this user an {chance} chance of a positive outcome for {title}.")
    """The same before a number that begins with a vowel."""
    one: str = T("1 earlier behavior with {name}")
    several: str = T("{n:,} earlier behaviors with {name}")
    nothing: str = T("There is no earlier behavior to go by: profile, context and candidate alone decide.")
    positive: str = T("The outcome was positive.")
    negative: str = T("The outcome was negative.")


PURCHASES = AnswerWords(
    T("{model} gives this household a {chance} chance of buying {title}."),
    T("{model} gives this household an {chance} chance of buying {title}."),
    T("1 earlier purchase of {name}"),
    T("{n:,} earlier purchases of {name}"),
    T("There is no earlier purchase to go by: profile, context and candidate alone decide."),
    T("They did buy it."),
    T("They did not buy it."),
)
ONE_RAISES = (
    T("Almost all of it comes from {parts}; without it, the chance would be about {without}."),
    T("Most of it comes from {parts}; without it, the chance would be about {without}."),
    T("It is raised most by {parts}; without it, the chance would be about {without}."),
)
"""By how much of the chance goes: of a single behavior."""
MANY_RAISE = (
    T("Almost all of it comes from {parts}; without them it would be about {without}."),
    T("Most of it comes from {parts}; without them it would be about {without}."),
    T("It is raised most by {parts}; without them it would be about {without}."),
)
ONE_LOWERS = T("It is lowered most by {parts}; without it, the chance would be about {without}.")
MANY_LOWER = T("It is lowered most by {parts}; without them it would be about {without}.")
HARDLY = T("The history hardly matters here: without any it would be about {empty}.")
SPREAD = {
    True: T(
        "The history as a whole raises it, in many small parts: without any it would be about {empty}, and no single "
        "item or category changes it by more than {points} points."
    ),
    False: T(
        "The history as a whole lowers it, in many small parts: without any it would be about {empty}, and no single "
        "item or category changes it by more than {points} points."
    ),
}
"""By whether the history raises the chance."""
INTERCHANGEABLE = {
    True: T(
        "The history as a whole raises it: without any it would be about {empty}. But without any one item or category "
        "it changes by {points} points at most, as the others make up for it."
    ),
    False: T(
        "The history as a whole lowers it: without any it would be about {empty}. But without any one item or category "
        "it changes by {points} points at most, as the others make up for it."
    ),
}
PULLING = {
    True: T(
        "It is raised by {part} (without: about {without}), but the rest of the history works against that: without "
        "any history it would be about {empty}."
    ),
    False: T(
        "It is lowered by {part} (without: about {without}), but the rest of the history works against that: without "
        "any history it would be about {empty}."
    ),
}
BOTH_WAYS = T(
    "It is raised by {up} (without: about {without_up}) and lowered by {down} (without: about {without_down}); without "
    "any history it would be about {empty}."
)


BASELINE = T("{model}, which weighs all behaviors alike, says {chance}.")


def answer_words_for(summary: StoreSummary) -> AnswerWords:
    """Words for the store at hand: households buy, of other users only the label is known."""
    return PURCHASES if of_households(summary) else AnswerWords()


def chance_segments(model: str, probability: float, title: str, words: AnswerWords) -> Segments:
    """What a model gives a candidate; `title` is what the sentence calls it."""
    text = round_percent(probability)
    template = words.chance_an if re.match(r"8|1[18]\b", text) else words.chance
    return segments(template, {"chance": text}, model=model, title=title)


def reason_segments(
    answer: Answer,
    candidate: Item,
    behaviors: Sequence[FoldedBehavior],
    baseline: str,
    words: AnswerWords,
    labels: Mapping[str, str],
) -> Segments:
    """What follows: on what the chance rests, what the model named `baseline` says, and what happened.

    `behaviors` (T) are those that the removals' rows count; `labels` are what items are called, by id.
    """
    said = [_reason(answer, part_names(answer.decisive, candidate, behaviors, words, labels), words)]
    if answer.baseline is not None:
        chance = round_percent(answer.baseline)
        said.append(segments(BASELINE, {"chance": chance}, model=baseline))
    if answer.outcome is not None:
        said.append((t(words.positive if answer.outcome else words.negative),))
    return join_segments(said)


def _reason(answer: Answer, names: Sequence[str], words: AnswerWords) -> Segments:
    """`names` are those of the decisive parts."""
    empty = round_percent(answer.empty, answer.probability)
    points = f"{ceil(round(1000 * answer.largest, 6)) / 10:.1f}"
    match answer.kind:
        case "empty":
            return (t(words.nothing),)
        case "hardly":
            return segments(HARDLY, {"empty": empty})
        case "spread":
            return segments(SPREAD[answer.raised], {"empty": empty}, points=points)
        case "interchangeable":
            return segments(INTERCHANGEABLE[answer.raised], {"empty": empty}, points=points)
        case "opposed":
            return _opposed(answer, names, empty)
        case _:
            return _decided(answer, names)


def _decided(answer: Answer, names: Sequence[str]) -> Segments:
    """By one part of the history, or by two together."""
    assert answer.without is not None
    alone = sum(part.behaviors for part in answer.decisive) == 1
    if answer.raised:
        gone = 1 - answer.without / answer.probability
        template = (ONE_RAISES if alone else MANY_RAISE)[0 if gone >= ALMOST_ALL else 1 if gone >= MOST else 2]
    else:
        template = ONE_LOWERS if alone else MANY_LOWER
    without = round_percent(answer.without, answer.probability)
    both = dict(zip(("first", "second"), names, strict=False))
    parts = segments(T("{first} and {second}"), both) if len(names) > 1 else ("", *names)
    return segments(template, {"parts": parts, "without": without})


def _opposed(answer: Answer, names: Sequence[str], empty: str) -> Segments:
    """Two parts that pull against each other, or one against the rest."""
    found = [
        (part.effect > 0, name, round_percent(part.without, answer.probability))
        for part, name in zip(answer.decisive, names, strict=True)
    ]
    if len(found) == 1:
        ((raises, name, without),) = found
        return segments(PULLING[raises], {"part": name, "without": without, "empty": empty})
    (_, down, without_down), (_, up, without_up) = sorted(found)
    values = {"up": up, "without_up": without_up, "down": down, "without_down": without_down, "empty": empty}
    return segments(BOTH_WAYS, values)


def part_names(
    parts: Sequence[Removal],
    candidate: Item,
    behaviors: Sequence[FoldedBehavior],
    words: AnswerWords,
    labels: Mapping[str, str],
) -> list[str]:
    """`6 earlier purchases of Mushrooms`; items that would be called alike by their `labels`."""
    owns = [behaviors[part.rows[0]].item if part.by == "item" else None for part in parts]
    items = [own for own in owns if own is not None and own.item_id != candidate.item_id]
    names = short_names([candidate, *items], labels)

    def name(part: Removal, own: Item | None) -> str:
        if own is None:
            return part.name
        if own.item_id == candidate.item_id:
            return t("this very item")
        return names[own.item_id]

    return [
        t(words.one if part.behaviors == 1 else words.several, name=name(part, own), n=part.behaviors)
        for part, own in zip(parts, owns, strict=True)
    ]


def short_names(named: Iterable[Item], labels: Mapping[str, str]) -> dict[str, str]:
    """What a sentence calls the items that it names, by id: short titles, whole ones of those that begin alike.

    `labels` are what all items on screen are called: where one has the id, so has the name (`White milk · item 86`).
    """
    listed = {item.item_id: item for item in named}
    titles = Counter(short_title(item) for item in {item.label: item for item in listed.values()}.values())

    def name(item: Item) -> str:
        return labels[item.item_id] if titles[short_title(item)] > 1 else short_name(item, labels[item.item_id])

    return {item_id: name(item) for item_id, item in listed.items()}


def short_name(item: Item, label: str) -> str:
    """An item's short title, with the id that its `label` has of a list in which others have its title."""
    return short_title(item) + label.removeprefix(item.label)


def short_title(item: Item) -> str:
    """A title up to its first ` · `."""
    return item.label.split(" · ")[0]


def round_percent(share: float, beside: float | None = None) -> str:
    """A probability as a sentence gives it: `86 %`, but `8.3 %` and `99.6 %`, and never 0 or 100 %.

    Of two that differ, and would be written alike, the one that stands `beside` the other gets a decimal.
    """
    if not LEAST_SHARE <= share < 1 - LEAST_SHARE:
        return f"<{SPACE}0.1{SPACE}%" if share < LEAST_SHARE else f">{SPACE}99.9{SPACE}%"
    exact = percent(share)
    text = f"{100 * share:.0f}{SPACE}%" if 10 <= float(exact.split(SPACE)[0]) <= 99 else exact
    alike = beside is not None and text == round_percent(beside) and exact != percent(beside)
    return exact if alike else text


def segments(template: str, standing_out: Mapping[str, str | Segments], **values: str) -> Segments:
    """A text of the visitor's language; the values that are to stand out may be segments themselves."""
    pieces: list[tuple[str, bool]] = []
    for literal, name, _, _ in parsed(t(template)):
        pieces.append((literal, False))
        if name is None:
            continue
        value = standing_out.get(name)
        if value is None:
            pieces.append((values[name], False))
        elif isinstance(value, str):
            pieces.append((value, True))
        else:
            pieces.extend((text, place % 2 == 1) for place, text in enumerate(value) if text)
    texts = closed_up([text for text, _ in pieces])
    return _alternating(zip(texts, (stands_out for _, stands_out in pieces), strict=True))


def join_segments(sentences: Sequence[Segments]) -> Segments:
    """One after the other."""
    between = [(t(" "), False)]
    pieces = [[(text, place % 2 == 1) for place, text in enumerate(one)] for one in sentences]
    return _alternating([piece for n, one in enumerate(pieces) for piece in ([*between, *one] if n else one)])


def _alternating(pieces: Iterable[tuple[str, bool]]) -> Segments:
    found = [""]
    for text, stands_out in pieces:
        if text and stands_out != (len(found) % 2 == 0):
            found.append("")
        found[-1] += text
    return tuple(found)
