"""What the what-if instrument is told of a trail."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

from din_core.domain import Scenario
from din_core.pages.app.startup import App
from din_core.pages.browser.translations import spoken
from din_core.pages.inspect.payload import compact
from din_core.pages.language.labels import words_for
from din_core.pages.language.translate import current
from din_core.pages.session import caches
from din_core.pages.what_if.edit_list import JS
from din_core.pages.what_if.edit_steps import Walk, score
from din_core.pages.what_if.payload import what_if_data


@dataclass(frozen=True)
class Sight:
    """A trail under the models on screen."""

    revision: str
    """Another whenever the text is another."""
    text: str
    """JSON."""


def look(app: App, scenario: Scenario, trail: Walk) -> Sight:
    """The text of a scenario's trail; what was made before, of equal rows, is taken from the shelf."""
    names = caches.models_on_screen(scenario)
    pinned = min(scenario.reference, len(trail.edits))
    models = names, sorted(app.setting.fingerprints.items())
    rows = ("what if", trail.keys[-1], pinned, models, current())
    revision = blake2b(repr(rows).encode(), digest_size=8).hexdigest()

    def make() -> str:
        scorers = [app.scorers[name] for name in names]
        scored = score(trail, pinned, scorers, caches.state_scores())
        shown = [app.models[name] for name in names]
        data = what_if_data(scenario.as_of, trail, pinned, scored, shown, scorers, words_for(app.summary))
        return compact({**data, "choices": choices(app), "texts": spoken(JS)})

    return Sight(revision, caches.payloads().get(revision, make))


def choices(app: App) -> list[dict[str, str]]:
    """The models at hand."""
    return [{"link": model.link, "name": model.name} for model in app.models.values()]
