"""What a brief and a snapshot show of a scenario, computed now: everything in numbers and names, nothing in layout."""

from __future__ import annotations

from dataclasses import replace
from secrets import token_hex

from din_core.domain import Impression, Scenario, SetProfile, State, User
from din_core.pages.app.startup import App
from din_core.pages.inspect.inspection import Case, Inputs, read_inputs, score
from din_core.pages.inspect.measured_effects import measure_effects
from din_core.pages.inspect.payload_cache import InspectPayloads
from din_core.pages.language.edit_texts import edit_words
from din_core.pages.language.labels import field_label, of_households
from din_core.pages.language.translate import t
from din_core.pages.session import caches
from din_core.pages.what_if.edit_steps import EditedStates, apply_edits
from din_core.sharing.frozen_results import FrozenResults, ModelScore, from_json, rows_digest, to_json

BARS = 5
"""Parts of the history in the chart: the strongest, and all others as one."""


def results_of(app: App, scenario: Scenario, *, edited: bool) -> FrozenResults:
    """Of the scenario's first candidate; `edited` after the scenario's edits, else of the history as it was.

    What was computed for equal rows comes from the cache of all sessions.
    """
    return results_after(app, scenario, states_of(app, scenario, edited))


def results_without_user(app: App, scenario: Scenario, *, edited: bool, pseudonym: str = "") -> FrozenResults:
    """The same of nobody: no profile, also none in the words of edits, and no digest of the rows.

    Without a `pseudonym` it is another each time.
    """
    states = states_of(app, scenario, edited)
    words = words_of(states, hide_profile=True)
    found = results_after(app, scenario, states)
    return replace(found, user=User(pseudonym or token_hex(3)), rows="", edits=words)


def states_of(app: App, scenario: Scenario, edited: bool) -> EditedStates | None:
    """Those of the scenario's edits; None where the history stays as it was."""
    return apply_edits(app.store, scenario) if edited and scenario.edits else None


def results_after(app: App, scenario: Scenario, states: EditedStates | None) -> FrozenResults:
    """The results of the last state."""
    if states is None:
        inputs = read_inputs(app.store, scenario, app.store.impressions(scenario.user_id))
    else:
        inputs = inputs_of(states.states[-1])
        scenario = scenario.with_candidates([inputs.cases[0].candidate], states.states[-1].context)
    payloads = InspectPayloads(app, scenario, inputs)
    key = payloads.revision, "frozen", payloads.place, payloads.names
    return from_json(caches.payloads().get(key, lambda: to_json(freeze(payloads, words_of(states)))))


def freeze(payloads: InspectPayloads, edits: tuple[str, ...] = ()) -> FrozenResults:
    """Measure the candidate on screen under the first model, and score it under the others."""
    app, inputs, place = payloads.app, payloads.inputs, payloads.place
    first, case = payloads.names[0], inputs.cases[place]
    baseline = payloads.baseline(first)
    pooled = None if baseline is None else app.scorers[baseline]
    measured = measure_effects(inputs, app.scorers[first], place, payloads.category, pooled, listed=BARS - 1)

    def probability(name: str) -> float:
        if name == first:
            return measured.answer.probability
        return float(score(inputs, app.scorers[name]).scores.probability[place])

    return FrozenResults(
        user=inputs.history.user,
        as_of=inputs.history.as_of,
        candidate=case.item,
        title=case.title,
        purchases=of_households(app.summary),
        models=tuple(ModelScore(payloads.link(n), app.models[n].name, probability(n)) for n in payloads.names),
        baseline="" if baseline is None else app.models[baseline].name,
        answer=measured.answer,
        parts=measured.parts,
        behaviors=measured.behaviors,
        weights=tuple(measured.weights.tolist()),
        effects=tuple(measured.effects.effect.tolist()),
        rows=rows_digest(inputs.history, case.item, case.context),
        edits=edits,
    )


def inputs_of(state: State, impression: Impression | None = None) -> Inputs:
    """A what-if's state in the place of the store's rows; what happened then is not known of it."""
    return Inputs(lambda: state.history, (Case(state.candidate, state.context, impression),), 0)


def words_of(states: EditedStates | None, *, hide_profile: bool = False) -> tuple[str, ...]:
    """What each edit did; `hide_profile`: of a change of the profile only that there was one."""
    if states is None:
        return ()
    between = zip(states.edits, states.states, states.states[1:], strict=False)
    return tuple(
        t("{field}: changed", field=field_label(edit.name))
        if hide_profile and isinstance(edit, SetProfile)
        else edit_words(edit, before, after)
        for edit, before, after in between
    )
