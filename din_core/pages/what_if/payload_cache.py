"""The payload of *What if*: a scenario's edits under the models on screen."""

from __future__ import annotations

from hashlib import blake2b

from din_core.domain import Scenario
from din_core.pages.app.startup import App
from din_core.pages.browser.protocol import Payload
from din_core.pages.browser.translations import spoken
from din_core.pages.inspect.payload import compact
from din_core.pages.language.labels import words_for
from din_core.pages.language.translate import current
from din_core.pages.session import caches
from din_core.pages.what_if.edit_list import JS
from din_core.pages.what_if.edit_steps import EditedStates, score
from din_core.pages.what_if.payload import what_if_data


def payload_of(app: App, scenario: Scenario, edited: EditedStates) -> Payload:
    """What the instrument shows of a scenario; a text made before, of equal rows, comes from the cache."""
    names = caches.models_on_screen(scenario)
    pinned = min(scenario.reference, len(edited.edits))
    models = names, sorted(app.setting.fingerprints.items())
    rows = ("what if", edited.keys[-1], pinned, models, current())
    revision = blake2b(repr(rows).encode(), digest_size=8).hexdigest()

    def make() -> str:
        scorers = [app.scorers[name] for name in names]
        scored = score(edited, pinned, scorers, caches.state_scores())
        shown = [app.models[name] for name in names]
        data = what_if_data(scenario.as_of, edited, pinned, scored, shown, scorers, words_for(app.summary))
        return compact({**data, "choices": choices(app), "texts": spoken(JS)})

    return Payload(revision, [caches.payloads().get(revision, make)])


def choices(app: App) -> list[dict[str, str]]:
    """The loaded models."""
    return [{"link": model.link, "name": model.name} for model in app.models.values()]
