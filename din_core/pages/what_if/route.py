"""What is done on What if is done here first, beside the page's runs; the page hears then where it led."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeGuard
from urllib.parse import parse_qs, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from din_core.domain import Scenario
from din_core.pages.app.startup import App
from din_core.pages.browser import route
from din_core.pages.browser.protocol import WHAT_IF, Payload
from din_core.pages.language.translate import sentence
from din_core.pages.session import caches
from din_core.pages.what_if.actions import apply_actions
from din_core.pages.what_if.edit_steps import apply_edits
from din_core.pages.what_if.payload_cache import payload_of
from din_core.pages.workers.channel import RouteQuestion
from din_core.sharing import Link, Setting, encode, find_checkpoints, parse

MOST_ACTIONS = 500
"""Of a question: an instrument that got no answer for a while sends all that was done meanwhile."""


async def answer(request: Request) -> Response:
    """Asked `{link, actions}`: a message with the link that they lead to, what could not be done, and the payload."""
    asked = await route.read_json(request)
    link, actions = asked.get("link"), asked.get("actions")
    question = RouteQuestion(WHAT_IF, {"link": link, "actions": actions})
    return await run_in_threadpool(route.answer, request, lambda: reply(caches.current_app(), link, actions), question)


def reply(app: App, at: object, actions: object) -> Payload | None:
    """Where `actions` lead from the scenario of the link `at`."""
    if not isinstance(at, str) or not is_actions(actions):
        return None
    link, unread = parse(parse_qs(at, keep_blank_values=True))
    scenario = None if unread else whole(link, app.setting)
    if scenario is None:
        return None
    outcome = apply_actions(app, scenario, actions)
    edited = outcome.edited or apply_edits(app.store, outcome.scenario)
    if edited.edits != outcome.scenario.edits:  # the store has changed since they were made
        return None
    led = urlencode(encode(outcome.scenario, link.view), doseq=True)
    head = {"link": led, "problems": [sentence(problem) for problem in outcome.problems]}
    return replace(payload_of(app, outcome.scenario, edited), head=head)


def whole(link: Link, setting: Setting) -> Scenario | None:
    """The scenario of a link that leaves nothing open, as those of this page are; None for another."""
    named = link.scenario
    if named is None or set(named.context) != set(setting.context_fields):
        return None
    _, problems = find_checkpoints(named.checkpoints, setting.fingerprints)
    context = {name: named.context[name] for name in setting.context_fields}  # in the order of the screen
    return None if problems else replace(named, context=context)


def is_actions(found: object) -> TypeGuard[list[list[Any]]]:
    """Whether these can be actions, and not more than anybody makes."""
    return isinstance(found, list) and len(found) <= MOST_ACTIONS and all(isinstance(one, list) for one in found)
