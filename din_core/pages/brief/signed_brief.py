"""A brief whose link was signed (`signed=TOKEN` in an address): that scenario alone, which leads nowhere.

Where it hides its user, the link names nobody: its scenario is kept on the server, and the brief has a pseudonym.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from urllib.parse import parse_qs, urlencode

import streamlit as st

from din_core.domain import LinkError, Scenario
from din_core.pages.app.failure_log import log_warning
from din_core.pages.app.startup import App
from din_core.pages.brief.content import content_of
from din_core.pages.brief.freeze import results_of, results_without_user
from din_core.pages.brief.html import CSS, brief_html
from din_core.pages.language.labels import moment
from din_core.pages.language.translate import T, t
from din_core.pages.places.parameters import SIGNED
from din_core.pages.places.places import INSPECT, WHAT_IF
from din_core.pages.session import caches
from din_core.pages.session.address import current_mark
from din_core.pages.widgets.frame import report
from din_core.sharing import encode, parse, resolve
from din_core.sharing.frozen_results import FrozenResults
from din_core.sharing.share_store import Kind, SharedView
from din_core.sharing.signed_links import LinkKeysError, SignedBrief, link_keys, not_signed

DAYS = 30
"""For which a signed link opens."""
DAY = 86_400
KIND: Kind = "brief"
"""Of what is kept for links that hide their user: it opens by no short link."""
HIDDEN_TITLE = T("Signed brief that hides who it is")


def token_of(raw: Mapping[str, Sequence[str]]) -> str | None:
    """The token of an address; None for any other address."""
    return next(iter(raw.get(SIGNED, ())), None)


def show(token: str, wait_for_app: Callable[[], App]) -> None:
    """The brief, or a sentence why there is none. Nothing but the token decides what is shown."""
    st.html(f"<style>{CSS}</style>")
    try:
        brief = opened(token)
        scenario, problems = signed_scenario(brief, wait_for_app())
    except LinkError as error:
        report([error.text])
        return
    report(problems)
    content = content_of(signed_results(brief, scenario))
    st.set_page_config(page_title=content.title)
    st.html(brief_html(content, note=t("The link opens until {day}.", day=moment(brief.expires))))


def signed_results(brief: SignedBrief, scenario: Scenario) -> FrozenResults:
    """What the models say of it now; of nobody where the link hides its user."""
    app, edited = caches.current_app(), brief.path == WHAT_IF.path
    if not brief.slug:
        return results_of(app, scenario, edited=edited)
    return results_without_user(app, scenario, edited=edited, pseudonym=pseudonym_of(brief))


def opened(token: str) -> SignedBrief:
    """What a token stands for; LinkError where it is none of this server's, or opens no more."""
    try:
        return link_keys().read(token, time.time())
    except LinkKeysError as error:
        log_warning(f"no signed link opens: {error}")
        raise not_signed() from None


def signed_scenario(brief: SignedBrief, app: App) -> tuple[Scenario, tuple[str, ...]]:
    """The scenario that was signed, with what is to be said of its models; LinkError where it is no longer that one."""
    query = caches.shares().get(brief.slug, KIND).query if brief.slug else brief.query
    link, _ = parse(parse_qs(query, keep_blank_values=True))
    found = resolve(link, app.store, app.setting)
    if link.scenario is None or found.scenario is None or not is_same(link.scenario, found.scenario):
        raise gone()
    return found.scenario, found.problems


def is_same(signed: Scenario, found: Scenario) -> bool:
    """Whether all that was signed can be shown; a model that was trained anew meanwhile is the same one."""
    pairs = zip(signed.checkpoints, found.checkpoints, strict=False)
    alike = [set(one.split("@")) & set(other.split("@")) for one, other in pairs]
    return (
        replace(found, checkpoints=signed.checkpoints) == signed
        and len(found.checkpoints) == len(signed.checkpoints)
        and all(alike)
    )


def gone() -> LinkError:
    """Of a scenario that cannot be shown as it was signed."""
    return LinkError("what this link shows is not in the store any more; ask its sender for another one")


def pseudonym_of(brief: SignedBrief) -> str:
    """The same each time that the link is opened, and of the user nothing."""
    return blake2b(brief.slug.encode(), digest_size=3).hexdigest()


def sign(app: App, path: str, sent: str, hidden: bool) -> str:
    """The token of the brief that a page's link asks for; LinkError for what is no whole scenario of this store."""
    if path not in (INSPECT.path, WHAT_IF.path):
        raise gone()
    link, unread = parse(parse_qs(sent, keep_blank_values=True))
    found = resolve(replace(link, history=None), app.store, app.setting)  # marked anew below
    if found.scenario is None or unread or found.problems:
        raise gone()
    first = found.scenario.with_candidates(found.scenario.candidates[:1], found.scenario.context)
    kept = replace(first, edits=first.edits if path == WHAT_IF.path else (), reference=0)
    query = urlencode({**encode(kept), **current_mark(app, kept.user_id, kept.as_of)}, doseq=True)
    brief = SignedBrief(path, int(time.time()) + DAYS * DAY, query)
    keys = link_keys()
    if hidden:
        share = SharedView(KIND, brief.query, path, title=t(HIDDEN_TITLE), expires=brief.expires)
        brief = replace(brief, query="", slug=caches.shares().keep(share))
    return keys.sign(brief)
