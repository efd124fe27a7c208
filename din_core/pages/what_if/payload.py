"""What the what-if instrument draws, as plain values: the last edited state beside the pinned one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from heapq import merge
from typing import TYPE_CHECKING, Any

from din_core.domain import Item, Line, Scores, State
from din_core.domain.edits import lines_of
from din_core.domain.written import natural_key
from din_core.model.fields.number_buckets import NumberBuckets
from din_core.pages.inspect.payload import significant
from din_core.pages.language.edit_texts import edit_words
from din_core.pages.language.labels import Words, chance, field_label, item_detail, labels_by_id, moment
from din_core.pages.language.model_texts import ModelWords
from din_core.pages.language.number_texts import NumericFields, numeric_fields, range_of
from din_core.pages.language.translate import t
from din_core.pages.what_if.edit_steps import EditedStates, Scored
from din_core.sharing import MAX_EDITS, edit_parts

if TYPE_CHECKING:
    from din_core.scoring import Scorer

MOST_OPTIONS = 1000
"""Known values offered for one field."""
SAME, NEW, GONE = 0, 1, 2
"""A behavior beside the pinned state: there too, only now, only there."""


@dataclass(frozen=True)
class Weighed:
    """One model's weights of one state, found by what a row of the list stands for."""

    state: State
    lines: Sequence[Line]
    """Its behaviors, in their order."""
    item: Mapping[str, tuple[float, float]]
    """Item id -> weight of one occurrence (the mean, where occurrences differ), and the sum over all of them."""
    line: Mapping[Line, float]
    """The weight of each single behavior."""
    count: Mapping[str, int]
    """Item id -> how many behaviors there are, seen by the model or not."""

    @property
    def types(self) -> dict[Line, str | None]:
        """The type of each behavior."""
        return dict(zip(self.lines, (b.behavior_type for b in self.state.history.behaviors), strict=True))

    @property
    def items(self) -> dict[str, Item]:
        """By id, the newest first."""
        return {b.item.item_id: b.item for b in reversed(self.state.history.behaviors)}


def weigh(state: State, scores: Scores, folds: bool) -> Weighed:
    """Share a model's weights out. `folds`: it weighs items, not single behaviors. It may see the newest only."""
    lines = lines_of(state.history)
    weights = [float(w) for w in scores.weight[0]]
    sums: dict[str, tuple[int, float]] = {}
    for behavior, w in zip(scores.behaviors, weights, strict=True):
        n, total = sums.get(behavior.item.item_id, (0, 0.0))
        sums[behavior.item.item_id] = n + behavior.count, total + w * behavior.count
    item = {item_id: (total / n, total) for item_id, (n, total) in sums.items()}
    seen = lines[len(lines) - len(weights) :]
    line = (
        {one: item[one.item_id][0] for one in lines if one.item_id in item}
        if folds
        else dict(zip(seen, weights, strict=True))
    )
    count: dict[str, int] = {}
    for one in lines:
        count[one.item_id] = count.get(one.item_id, 0) + 1
    return Weighed(state, lines, item, line, count)


def what_if_data(
    as_of: int,
    edited: EditedStates,
    pinned: int,
    scored: Scored,
    models: Sequence[ModelWords],
    scorers: Sequence[Scorer],
    words: Words,
) -> dict[str, Any]:
    """All that the instrument shows of the edited states. `models` and `scorers` are those on screen."""
    folds = scorers[0].config.folds
    now = weigh(edited.states[-1], scored.now, folds)
    then = now if pinned == len(edited.edits) else weigh(edited.states[pinned], scored.then, folds)
    rare, numbers = partial(rare_words, models, scorers), numeric_fields(scorers)
    return {
        "subject": words.user_label(now.state.history.user),
        "happened": words.happened,
        "asOf": moment(as_of),
        "candidate": candidate_data(now, then, rare, numbers),
        "models": [{"link": m.link, "name": m.name, "weight": m.weight, "badges": m.badges} for m in models],
        "steps": steps_data(edited, scored.chances),
        "pinned": pinned,
        "most": MAX_EDITS,
        "intensity": [significant(float(scores.intensity[0])) for scores in (scored.now, scored.then)],
        "rows": rows_data(now, then, rare, numbers),
        "lines": lines_data(now, then),
        "types": type_options(now, then, scorers),
        "order": order_words(models, scorers),
        "profile": profile_data(now.state, then.state, scorers),
        "context": context_data(now.state, then.state, scorers),
    }


def rare_words(models: Sequence[ModelWords], scorers: Sequence[Scorer], item: Item) -> str:
    """To which of the models on screen the item is rare or new; empty where to none."""
    titles = [m.name for m, s in zip(models, scorers, strict=True) if not s.checkpoint.vocabulary.knows(item)]
    return t("rare or new to {model}", model=", ".join(titles)) if titles else ""


def candidate_data(now: Weighed, then: Weighed, rare: Callable[[Item], str], numbers: NumericFields) -> dict[str, Any]:
    """The candidate now, its id below its title; where the pinned state has another, what that is called."""
    own, pinned = now.state.candidate, then.state.candidate
    labels = labels_by_id([*now.items.values(), *then.items.values(), own, pinned])
    detail = " · ".join(filter(None, [item_detail(own, numbers.item), t("item {id}", id=own.item_id), rare(own)]))
    pinned_title = None if own == pinned else labels[pinned.item_id]
    return {"id": own.item_id, "title": own.label, "detail": detail, "then": pinned_title}


def steps_data(edited: EditedStates, chances: Sequence[Sequence[float]]) -> list[dict[str, Any]]:
    """One a state: its words, its edit's parts, and each model's probability."""
    labels = [t("As it was")]
    for edit, before, after in zip(edited.edits, edited.states, edited.states[1:], strict=False):
        labels.append(edit_words(edit, before, after))
    keys = [None, *(edit_parts(edit) for edit in edited.edits)]
    return [
        {"label": label, "key": key, "p": [significant(p) for p in row], "chance": [chance(p) for p in row]}
        for label, key, row in zip(labels, keys, chances, strict=True)
    ]


def rows_data(now: Weighed, then: Weighed, rare: Callable[[Item], str], numbers: NumericFields) -> list[dict[str, Any]]:
    """One an item of either state, newest first; of one time those that are still there first."""
    newest: dict[str, int] = {}
    gone = {item_id: item for item_id, item in then.items.items() if item_id not in now.count}
    for weighed in (then, now):
        newest |= {b.item.item_id: b.timestamp for b in weighed.state.history.behaviors}
    items = now.items | gone
    titles = labels_by_id([*items.values(), now.state.candidate, then.state.candidate])
    return [
        {
            "id": item_id,
            "title": titles[item_id],
            "detail": " · ".join(filter(None, [item_detail(item, numbers.item), rare(item)])),
            "last": newest[item_id],
            "count": [weighed.count.get(item_id, 0) for weighed in (now, then)],
            "weight": [significant_or_none(weighed.item.get(item_id, (None, None))[0]) for weighed in (now, then)],
            "total": [significant_or_none(weighed.item.get(item_id, (None, None))[1]) for weighed in (now, then)],
        }
        for item_id, item in sorted(items.items(), key=lambda named: -newest[named[0]])
    ]


def lines_data(now: Weighed, then: Weighed) -> list[list[Any]]:
    """One a behavior of either state, newest first: id, time, which of its kind, state, weights now and then, type."""
    known = set(then.lines)
    types = then.types | now.types
    gone = known.difference(now.lines)
    left = [line for line in reversed(then.lines) if line in gone]
    ordered = merge(reversed(now.lines), left, key=lambda one: -one.timestamp)
    return [
        [
            line.item_id,
            line.timestamp,
            line.nth,
            GONE if line in gone else SAME if line in known else NEW,
            significant_or_none(now.line.get(line)),
            significant_or_none(then.line.get(line)),
            types[line],
        ]
        for line in ordered
    ]


def type_options(now: Weighed, then: Weighed, scorers: Sequence[Scorer]) -> list[str]:
    """Types that a behavior may be given: those of the history and those that a model on screen knows."""
    of_models = [name for scorer in scorers for name in scorer.known_types]
    of_history = [name for state in (then, now) for name in state.types.values() if name is not None]
    return sorted({*of_models, *of_history})[:MOST_OPTIONS]


def order_words(models: Sequence[ModelWords], scorers: Sequence[Scorer]) -> str:
    """Whether order and dates matter to the models on screen."""
    blind = [model.name for model, scorer in zip(models, scorers, strict=True) if not reads_times(scorer)]
    if not blind:
        return t("Order or dates of behaviors count for the models on screen.")
    names = t(" and ").join(blind)
    return t(
        "To {names}, neither order nor dates of behaviors make a difference: only what they are and how often.",
        names=names,
    )


def reads_times(scorer: Scorer) -> bool:
    """Whether order or dates make a difference: as it was measured, of a model that is not this project's."""
    traits = scorer.traits
    return scorer.config.reads_times if traits is None else traits.reads_order or traits.reads_ages


def profile_data(now: State, then: State, scorers: Sequence[Scorer]) -> list[dict[str, Any]]:
    """One a field: its values in both states, and those that a model knows."""
    known, numbers = [scorer.checkpoint.vocabulary.user for scorer in scorers], numeric_fields(scorers).user
    return [
        {
            "name": name,
            "label": field_label(name),
            "was": list(then.history.user.fields[name]),
            "now": list(values),
            "options": options_of(name, known),
            **number_data(list(values), numbers.get(name)),
        }
        for name, values in now.history.user.fields.items()
    ]


def context_data(now: State, then: State, scorers: Sequence[Scorer]) -> list[dict[str, Any]]:
    """As `profile_data`, with one value or none."""
    known, numbers = [scorer.checkpoint.vocabulary.context for scorer in scorers], numeric_fields(scorers).context
    return [
        {
            "name": name,
            "label": field_label(name),
            "was": [value for value in [then.context[name]] if value],
            "now": [value] if value else [],
            "options": options_of(name, known),
            **number_data([value] if value else [], numbers.get(name)),
        }
        for name, value in now.context.items()
    ]


def options_of(name: str, known: Sequence[Mapping[str, Any]]) -> list[str] | None:
    """The values that a model on screen knows, in alphabetical order, by the numbers in them where they have some; none
    of a number; None for a field that none reads."""
    fields = [getattr(vocabulary[name], "values", ()) for vocabulary in known if name in vocabulary]
    found = list(dict.fromkeys(value for values in fields for value in values))[:MOST_OPTIONS]
    return sorted(found, key=natural_key) if fields else None


def number_data(values: Sequence[str], buckets: NumberBuckets | None) -> dict[str, Any]:
    """Of a numeric field, that it is one, and the ranges that its numbers fall in."""
    if buckets is None:
        return {}
    return {"number": True, "range": ", ".join(range_of(value, buckets) for value in values)}


def significant_or_none(value: float | None) -> float | None:
    return None if value is None else significant(value)
