"""What the lens is told of a scenario: first what is on screen, then, asked for, what may come on screen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from time import monotonic

from din_core.domain import Scenario
from din_core.figures import Timeline
from din_core.pages.app.startup import App
from din_core.pages.inspect.inspection import Inputs, score
from din_core.pages.inspect.measured_effects import explain
from din_core.pages.inspect.payload import common_text, effects_text, model_text, timeline_text
from din_core.pages.language.labels import words_for
from din_core.pages.language.translate import current
from din_core.pages.session import caches

EFFECTS_SECONDS = 0.15
"""After so long no more effects are begun for one answer."""


@dataclass(frozen=True)
class Sight:
    """One candidate under the models on screen, and what they share."""

    revision: str
    place: int
    """Of the candidate, among the cases."""
    common: str
    models: Mapping[str, str]
    """By name in links, in the order of the scenario; only the candidate comes with its weights."""


class Lookout:
    """Makes the texts of one scenario; what was made before, of equal rows, is taken from the shelf."""

    def __init__(self, app: App, scenario: Scenario, inputs: Inputs) -> None:
        self.app, self.scenario, self.inputs = app, scenario, inputs
        self.place = inputs.place(scenario.candidate_ids[0])
        self.names = caches.models_on_screen(scenario)
        """Folder names."""
        self._laid: tuple[Timeline, str] | None = None
        """The history as the last model saw it, and its text: the next one mostly sees it so too."""
        rows = (inputs.key, scenario.edits, scenario.reference, sorted(app.setting.fingerprints.items()), current())
        self.revision = blake2b(repr(rows).encode(), digest_size=8).hexdigest()
        """Another whenever any text is another: of rows, links, models at hand or language."""

    def sight(self) -> Sight:
        """What is on screen."""
        models = {self.link(name): self._model(name, [self.place]) for name in self.names}
        return Sight(self.revision, self.place, self.common(), models)

    def common(self) -> str:
        """What does not depend on the model."""
        app = self.app

        def make() -> str:
            return common_text(self.inputs, self.scenario, words_for(app.summary), app.models.values())

        return caches.payloads().get((self.revision, self.place), make)

    def whole(self, name: str) -> str:
        """A model's text with the weights of every case."""
        return self._model(name, range(len(self.inputs.cases)))

    def effects(self, name: str, places: Iterable[int]) -> dict[tuple[str, int], str]:
        """Measured effects by name in links and place, as many of `places` as there is time for."""
        until = monotonic() + EFFECTS_SECONDS
        found: dict[tuple[str, int], str] = {}
        for place in places:
            if found and monotonic() > until:
                break
            found[self.link(name), place] = self._effects(name, place)
        return found

    def link(self, name: str) -> str:
        """How links name a model."""
        return self.app.models[name].link

    def _model(self, name: str, whole: Sequence[int]) -> str:
        def make() -> str:
            found = score(self.inputs, self.app.scorers[name], self._laid and self._laid[0])
            if self._laid is None or self._laid[0] is not found.timeline:
                self._laid = found.timeline, timeline_text(found.timeline)
            return model_text(found, self.app.models[name], whole, self._laid[1])

        return caches.payloads().get((self.revision, name, tuple(whole)), make)

    def _effects(self, name: str, place: int) -> str:
        def make() -> str:
            return effects_text(explain(self.inputs, self.app.scorers[name], place))

        return caches.payloads().get((self.revision, name, "effects", place), make)
