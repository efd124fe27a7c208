"""What the lens asks for by itself, beside the page's runs."""

from __future__ import annotations

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from din_core.domain import Scenario
from din_core.pages.app.startup import App
from din_core.pages.browser import keyed_route as keyed
from din_core.pages.inspect.attention_chart import message
from din_core.pages.inspect.inspection import read_inputs
from din_core.pages.inspect.payload_cache import Lookout
from din_core.pages.session import caches, choices
from din_core.sharing import parse, resolve

OWN = "lens."
"""Begins the names of what is asked; the others are those of a link, which says where the lens is."""


def answer(request: Request) -> Response:
    """Bytes as `lens_box.message` writes them; 403 without the key, 404 where there is nothing to show."""
    asked = request.query_params
    return keyed.answer(request, asked.get(f"{OWN}language", ""), lambda: tell(caches.current_app(), asked))


def tell(app: App, asked: QueryParams) -> bytes | None:
    """What is asked for, of the scenario that the link says or that a choice leads to from there."""
    link, _ = parse({name: asked.getlist(name) for name in asked if not name.startswith(OWN)})
    picked = asked.get(f"{OWN}pick")
    if picked is not None and link.scenario is not None:
        link = choices.to(picked, link.scenario, asked.get(f"{OWN}id", ""), app.store)
    found = resolve(link, app.store, app.setting)
    if found.scenario is None or found.problems:  # the page says why
        return None
    lookout = look(app, found.scenario)
    match asked.get(f"{OWN}want"):
        case "sight":
            sight = lookout.sight()
            head = {"place": sight.place, "chosen": list(found.scenario.checkpoints)}
            return message(lookout.revision, head, sight.common, sight.models)
        case "whole":
            name = lookout.names[0]
            return message(lookout.revision, {}, "", {lookout.link(name): lookout.whole(name)})
        case "effects":
            places = [int(place) for place in asked.get(f"{OWN}places", "").split(",")]
            if not all(0 <= place < len(lookout.inputs.cases) for place in places):
                return None
            return message(lookout.revision, {}, "", {}, lookout.effects(lookout.names[0], places))
    return None


def look(app: App, scenario: Scenario) -> Lookout:
    """The scenario's texts, from the rows of the store as they are now."""
    return Lookout(app, scenario, read_inputs(app.store, scenario, app.store.impressions(scenario.user_id)))
