"""What the lens asks for by itself: a request beside the page's runs, which neither stops one nor waits for one."""

from __future__ import annotations

from hmac import compare_digest

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from din_core.domain import DinLensError, Scenario
from din_core.pages import state, ways
from din_core.pages.components.lens_box import message
from din_core.pages.door import HEADER, KEY
from din_core.pages.inspection import read_inputs
from din_core.pages.language import LANGUAGES
from din_core.pages.sights import Lookout
from din_core.pages.startup import App
from din_core.sharing import Link, parse, resolve

OWN = "lens."
"""Begins the names of what is asked; the others are those of a link, which says where the lens is."""


def answer(request: Request) -> Response:
    """Bytes as `lens_box.message` writes them; 403 without the key, 404 where there is nothing to show."""
    asked = request.query_params
    if not compare_digest(request.headers.get(HEADER, "").encode(), KEY.encode()):
        return Response(status_code=403)
    language = asked.get(f"{OWN}language", "")
    if language not in LANGUAGES:
        return Response(status_code=404)
    with state.as_visitor(language):
        try:
            told = tell(state.current_app(), asked)
        except (DinLensError, ValueError):
            told = None
    if told is None:
        return Response(status_code=404)
    return Response(told, media_type="application/octet-stream", headers={"Cache-Control": "no-store"})


def tell(app: App, asked: QueryParams) -> bytes | None:
    """What is asked for, of the scenario that the link says or that a choice leads to from there."""
    link, _ = parse({name: asked.getlist(name) for name in asked if not name.startswith(OWN)})
    picked = asked.get(f"{OWN}pick")
    if picked is not None and link.scenario is not None:
        link = where(link.scenario, picked, asked.get(f"{OWN}id", ""), app)
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


def where(now: Scenario, kind: str, choice: str, app: App) -> Link:
    """Where a choice in a search box leads."""
    match kind:
        case "user":
            return ways.to_user(now, choice, app.store)
        case "impression":
            return ways.to_impression(now, choice)
        case "candidate":
            return ways.to_candidate(now, choice)
    raise ValueError(kind)


def look(app: App, scenario: Scenario) -> Lookout:
    """The scenario's texts, from the rows of the store as they are now."""
    return Lookout(app, scenario, read_inputs(app.store, scenario, app.store.impressions(scenario.user_id)))
