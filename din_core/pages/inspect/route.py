"""What *Inspect* asks for by itself, beside the page's runs."""

from __future__ import annotations

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from din_core.domain import Scenario
from din_core.pages.app.startup import App
from din_core.pages.browser import route
from din_core.pages.browser.protocol import INSPECT, Payload
from din_core.pages.inspect.inspection import read_inputs
from din_core.pages.inspect.payload_cache import InspectPayloads
from din_core.pages.session import caches, choices
from din_core.pages.workers.channel import RouteQuestion
from din_core.sharing import parse, resolve

OWN = "ask."
"""Begins the names of what is asked; the others are those of a link, which says where the instrument is."""


def answer(request: Request) -> Response:
    """A message with the payload that is asked for."""
    asked = request.query_params
    question = RouteQuestion(INSPECT, asked.multi_items())
    is_ahead = asked.get(f"{OWN}ahead") == "1"
    return route.answer(request, lambda: reply(caches.current_app(), asked), question, is_ahead=is_ahead)


def reply(app: App, asked: QueryParams) -> Payload | None:
    """What is asked for, of the scenario that the link says or that a choice leads to from there."""
    link, _ = parse({name: asked.getlist(name) for name in asked if not name.startswith(OWN)})
    picked = asked.get(f"{OWN}pick")
    if picked is not None and link.scenario is not None:
        link = choices.link_to(picked, link.scenario, asked.get(f"{OWN}id", ""), app.store)
    found = resolve(link, app.store, app.setting)
    if found.scenario is None or found.problems:  # the page says why
        return None
    payloads = payloads_of(app, found.scenario)
    match asked.get(f"{OWN}want"):
        case "scores":
            return payloads.scored()
        case "weights":
            return payloads.weights()
        case "effects":
            return payloads.effects([int(place) for place in asked.get(f"{OWN}places", "").split(",")])
    return None


def payloads_of(app: App, scenario: Scenario) -> InspectPayloads:
    """The scenario's payloads, from the rows of the store as they are now."""
    inputs = read_inputs(app.store, scenario, app.store.impressions(scenario.user_id))
    return InspectPayloads(app, scenario, inputs)
