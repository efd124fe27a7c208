"""What the Compare page puts side by side, and the tables of its numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from din_core.domain import Candidate, FoldedBehavior, History, Impression, Scenario, Scores, UnknownUser, User
from din_core.figures.heatmap import HeatmapRow, number
from din_core.pages.app.startup import App
from din_core.pages.inspect.inspection import Case, shown_at
from din_core.pages.language.labels import percent, words_for
from din_core.pages.language.number_texts import CATEGORY, NumericFields, category_name
from din_core.pages.language.translate import t
from din_core.pages.session import visitor
from din_core.pages.widgets.frame import literal
from din_core.sharing import sentence
from din_core.sharing.links import MAX_CANDIDATES
from din_core.sharing.page_choices import CompareChoice

MOST_MODELS = 12
"""Rows between models where none are chosen."""


@dataclass(frozen=True)
class CompareInputs:
    """What the page stands on."""

    app: App
    scenario: Scenario
    impressions: tuple[Impression, ...]
    """The user's."""
    history: History
    """The user's, before the scenario's time."""
    comparison: CompareChoice
    names: tuple[str, ...]
    """Folder names of the models on screen."""


@dataclass(frozen=True, slots=True)
class MapRow:
    """A row of the heat map, and what it is of."""

    row: HeatmapRow
    history: History
    id: str
    """What files call it: the candidate, the model or the user."""


def candidates_of(now: CompareInputs) -> tuple[Candidate, ...]:
    """The scenario's candidates; where it names one only, it and those that were shown at that time."""
    own = now.scenario.candidates
    if len(own) > 1:
        return own
    then = shown_at(now.impressions, now.scenario.as_of)
    return tuple(dict.fromkeys([*own, *then]))[:MAX_CANDIDATES]


def cases_of(now: CompareInputs, candidates: Sequence[Candidate]) -> list[Case]:
    """Each in the context in which it was shown then, else in the scenario's, which is its first candidate's own."""
    scenario, found = now.scenario, []
    then = shown_at(now.impressions, scenario.as_of)
    items = {item.item_id: item for item in now.app.store.items([one.item_id for one in candidates])}
    for candidate in candidates:
        case = then.get(candidate) or Case(items[candidate.item_id], scenario.context, None)
        own = candidate == scenario.candidates[0]
        found.append(replace(case, context={**case.context, **scenario.context}) if own else case)
    return found


def alone(now: CompareInputs, case: Case) -> Scenario:
    """The scenario that shows one candidate with the numbers that it has here."""
    return now.scenario.with_candidates([case.candidate], case.context)


def led_by(scenario: Scenario, model: str) -> Scenario:
    """The same with this model first, as a link names it."""
    return replace(scenario, checkpoints=tuple(dict.fromkeys([model, *scenario.checkpoints[1:]])))


def models_of(now: CompareInputs) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Folder names of the models compared, and a sentence for each that a link names and that is not here as it was."""
    models, found, problems = now.app.models, list[str](), list[str]()
    for link in now.comparison.models:
        name = next((name for name, model in models.items() if link in (model.link, name, model.fingerprint)), None)
        folder = link.rpartition("@")[0]
        if name is None and folder in models:
            name = folder
            problems.append(
                t("The model {name} is not the version that was sent: its numbers may differ.", name=folder)
            )
        if name is None:
            problems.append(t("There is no model “{name}” here.", name=link[:60]))
        else:
            found.append(name)
    everything = dict.fromkeys([*now.names, *models])
    return tuple(dict.fromkeys(found)) or tuple(everything)[:MOST_MODELS], tuple(problems)


def other_user(now: CompareInputs) -> tuple[User | None, tuple[str, ...]]:
    """The second user, of a set its first other one, and a sentence where the store lacks the one that a link names."""
    problems: tuple[str, ...] = ()
    if now.comparison.other is not None:
        try:
            return now.app.store.user(now.comparison.other), ()
        except UnknownUser as error:
            problems = (sentence(error),)
    own = visitor.session().user_set
    others = [] if own is None else [one for one in own.users if one != now.scenario.user_id]
    if found := now.app.store.users(others[:1]):
        return found[others[0]], problems
    first = now.app.store.search_users("", 2).matches
    return next((user for user in first if user.user_id != now.scenario.user_id), None), problems


def category_field(histories: Iterable[Sequence[FoldedBehavior]], numbers: NumericFields) -> str:
    """The item field whose values are called categories: `category` where items have one, else the first of texts."""
    fields = dict.fromkeys(name for behaviors in histories for b in behaviors for name in b.item.fields)
    return category_name(list(fields), numbers) or CATEGORY


def users_table(now: CompareInputs, histories: Sequence[History], scores: Sequence[Sequence[Scores]]) -> pd.DataFrame:
    """One row a user: behaviors, probability under each model, interest intensity, and the outcome where known."""
    words, rows = words_for(now.app.summary), []
    for history, found in zip(histories, scores, strict=True):
        row = {t(words.person): literal(words.user_label(history.user)), t("Behaviors"): f"{len(history.behaviors):,}"}
        for name, score in zip(now.names, found, strict=True):
            row[literal(now.app.models[name].name)] = percent(score.probability[0])
        row["Σw"] = number(float(found[0].intensity[0]))
        rows.append(row)
    return pd.DataFrame(rows)
