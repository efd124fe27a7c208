"""Payloads of *Inspect*: first what is on screen of a scenario, then, asked for, what may come on screen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from hashlib import blake2b
from time import monotonic

from din_core.domain import Scenario
from din_core.figures import Timeline
from din_core.pages.app.startup import App
from din_core.pages.browser.protocol import Payload
from din_core.pages.inspect.inspection import Inputs, score
from din_core.pages.inspect.measured_effects import measure_effects
from din_core.pages.inspect.payload import common_text, effects_text, model_text, timeline_text
from din_core.pages.language.answer_texts import AnswerWords, answer_words_for
from din_core.pages.language.labels import words_for
from din_core.pages.language.model_texts import ModelWords
from din_core.pages.language.number_texts import CATEGORY, NumericFields, category_name, numeric_fields
from din_core.pages.language.translate import current, join_sentences
from din_core.pages.session import caches

EFFECTS_SECONDS = 0.15
"""After so long no more effects are begun for one answer."""


NO_EFFECTS: Mapping[tuple[str, int], str] = {}


class InspectPayloads:
    """Makes the payloads of one scenario; texts made before, of equal rows, come from the cache of all sessions."""

    def __init__(self, app: App, scenario: Scenario, inputs: Inputs) -> None:
        self.app, self.scenario, self.inputs = app, scenario, inputs
        self.place = inputs.place(scenario.candidates[0])
        self.names = caches.models_on_screen(scenario)
        """Folder names."""
        self._last_timeline: tuple[Timeline, str] | None = None
        """The history as the last model saw it, and its text: the next one mostly sees it so too."""
        rows = (inputs.key, scenario.edits, scenario.reference, sorted(app.setting.fingerprints.items()), current())
        self.revision = blake2b(repr(rows).encode(), digest_size=8).hexdigest()
        """Another whenever any text is another: of rows, links, loaded models or language."""

    def held(self) -> Payload:
        """What an instrument that has this revision is told."""
        return Payload(self.revision, (), {"models": [], "effects": []})

    def on_screen(self) -> Payload:
        """One candidate under the models on screen: its weights and measured effects, and the scores of the others."""
        return self._payload(self.common(), self._models_on_screen(), self._some_effects(self.names[0], [self.place]))

    def scored(self) -> Payload:
        """What is on screen without effects; the head says where among the cases the candidate is."""
        payload = self._payload(self.common(), self._models_on_screen())
        head = {"place": self.place, "chosen": list(self.scenario.checkpoints)}
        return replace(payload, head={**payload.head, **head})

    def weights(self) -> Payload:
        """The first model with the weights of every case."""
        name = self.names[0]
        return self._payload("", {self.link(name): self._model(name, range(len(self.inputs.cases)))})

    def effects(self, places: Sequence[int]) -> Payload:
        """Measured effects of these cases under the first model, as many as there is time for.

        ValueError for a place that is none.
        """
        if not all(0 <= place < len(self.inputs.cases) for place in places):
            raise ValueError(places)
        return self._payload("", {}, self._some_effects(self.names[0], places))

    def _payload(
        self, common: str, models: Mapping[str, str], effects: Mapping[tuple[str, int], str] = NO_EFFECTS
    ) -> Payload:
        """One text that all models share, one for each model and one for each case's effects."""
        texts = (common, *models.values(), *effects.values())
        return Payload(self.revision, texts, {"models": list(models), "effects": list(effects)})

    def _models_on_screen(self) -> dict[str, str]:
        """By name in links, in the order of the scenario; only the candidate comes with its weights."""
        return {self.link(name): self._model(name, [self.place]) for name in self.names}

    def common(self) -> str:
        """What does not depend on the model."""
        app = self.app

        def make() -> str:
            return common_text(
                self.inputs, self.scenario, words_for(app.summary), app.models.values(), self.numbers, self.category
            )

        return caches.payloads().get((self.revision, self.place), make)

    @cached_property
    def numbers(self) -> NumericFields:
        """The numeric fields of the models at hand."""
        return numeric_fields(self.app.scorers.values())

    @property
    def category(self) -> str:
        """The item field whose values are called categories."""
        return category_name(self.app.summary.item_fields, self.numbers) or CATEGORY

    @property
    def _answer_words(self) -> AnswerWords:
        return answer_words_for(self.app.summary)

    def baseline(self, name: str) -> str | None:
        """The loaded model with plain average pooling; None where there is none, or this one is of that kind."""
        configs = {n: scorer.config for n, scorer in self.app.scorers.items()}
        averages = [n for n, config in configs.items() if config.pooling == "average"]
        return None if name in averages else min(averages, key=lambda n: configs[n].counts, default=None)

    def _some_effects(self, name: str, places: Iterable[int]) -> dict[tuple[str, int], str]:
        """Measured effects by name in links and place, as many of `places` as there is time for."""
        until = monotonic() + EFFECTS_SECONDS
        found: dict[tuple[str, int], str] = {}
        for place in places:
            if found and monotonic() > until:
                break
            found[self.link(name), place] = self._case_effects(name, place)
        return found

    def link(self, name: str) -> str:
        """How links name a model."""
        return self.app.models[name].link

    def _described(self, name: str) -> ModelWords:
        """The model in words; where its weights were measured and tell nothing, with that below them."""
        from din_core.pages.trust.caution import weights_caution  # needs torch, which the pages' start does not

        model = self.app.models[name]
        caution = weights_caution(self.app.scorers[name], model.name)
        return replace(model, note=join_sentences(model.note, caution))

    def _model(self, name: str, whole: Sequence[int]) -> str:
        def make() -> str:
            scorer = self.app.scorers[name]
            found = score(self.inputs, scorer)
            if self._last_timeline is None or self._last_timeline[0] is not found.timeline:
                self._last_timeline = found.timeline, self._timeline_text(found.timeline)
            rare_among = scorer.checkpoint.vocabulary.rare_among
            model, timeline, slots = self._described(name), self._last_timeline[1], self.app.category_slots
            words, labels = self._answer_words, self.inputs.labels
            return model_text(found, model, whole, timeline, rare_among, words, labels, self.category, slots)

        return caches.payloads().get((self.revision, name, tuple(whole)), make)

    def _timeline_text(self, timeline: Timeline) -> str:
        return timeline_text(timeline, self.numbers, self.inputs.labels, self.category)

    def _case_effects(self, name: str, place: int) -> str:
        def make() -> str:
            scorers, baseline = self.app.scorers, self.baseline(name)
            pooled = None if baseline is None else scorers[baseline]
            slots = self.app.category_slots
            measured = measure_effects(self.inputs, scorers[name], place, self.category, pooled, slots=slots)
            called = "" if baseline is None else self.app.models[baseline].name
            return effects_text(measured, self._answer_words, called)

        return caches.payloads().get((self.revision, name, "effects", place), make)
