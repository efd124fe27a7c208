"""What is done on What if is done here first, beside the page's runs; the page hears then where it led."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, TypeGuard
from urllib.parse import parse_qs, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from din_core.domain import Scenario
from din_core.pages.app.startup import App
from din_core.pages.browser import keyed_route as keyed
from din_core.pages.browser.message import message
from din_core.pages.language.translate import sentence
from din_core.pages.session import caches
from din_core.pages.what_if.actions import do
from din_core.pages.what_if.edit_steps import walk
from din_core.pages.what_if.payload_text import look
from din_core.sharing import Link, Setting, encode, find_checkpoints, parse

MOST_BYTES = 1 << 20
"""Of a question: a link with as many edits as it holds has some thousands."""


async def answer(request: Request) -> Response:
    """Asked `{link, acts, language}`, a line with the link they lead to and what is said, and one with the sight.

    403 without the key; 404 for what cannot be read or shown: the page says why.
    """
    asked = read(await body(request))
    language = asked.get("language")
    told = lambda: tell(caches.current_app(), asked.get("link"), asked.get("acts"))  # noqa: E731
    return await run_in_threadpool(keyed.answer, request, language if isinstance(language, str) else "", told)


async def body(request: Request) -> bytes:
    """What was sent, or nothing where it is too much."""
    found = b""
    async for part in request.stream():
        found += part
        if len(found) > MOST_BYTES:
            return b""
    return found


def read(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):  # no JSON, or too deep
        return {}
    return found if isinstance(found, dict) else {}


def tell(app: App, at: object, acts: object) -> bytes | None:
    """Where `acts` lead from the scenario of the link `at`."""
    if not isinstance(at, str) or not is_acts(acts):
        return None
    link, unread = parse(parse_qs(at, keep_blank_values=True))
    scenario = None if unread else whole(link, app.setting)
    if scenario is None:
        return None
    outcome = do(app, scenario, acts)
    trail = outcome.trail or walk(app.store, outcome.scenario)
    if trail.edits != outcome.scenario.edits:  # the store has changed since they were made
        return None
    sight = look(app, outcome.scenario, trail)
    led = urlencode(encode(outcome.scenario, link.view), doseq=True)
    head = {"revision": sight.revision, "link": led, "said": [sentence(said) for said in outcome.said]}
    return message(head, sight.text)


def whole(link: Link, setting: Setting) -> Scenario | None:
    """The scenario of a link that leaves nothing open, as those of this page are; None for another."""
    named = link.scenario
    if named is None or set(named.context) != set(setting.context_fields):
        return None
    _, problems = find_checkpoints(named.checkpoints, setting.fingerprints)
    context = {name: named.context[name] for name in setting.context_fields}  # in the order of the screen
    return None if problems else replace(named, context=context)


def is_acts(found: object) -> TypeGuard[list[list[Any]]]:
    return isinstance(found, list) and all(isinstance(act, list) for act in found)
