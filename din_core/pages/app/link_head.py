"""What a link is called in chat tools: a brief by its candidate and user, a snapshot by its title; scoring nothing."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs, urlencode

from din_core.domain import LinkError
from din_core.pages.app.failure_log import log_failure
from din_core.pages.app.page_head import CARD, Head
from din_core.pages.app.startup import App, from_environment
from din_core.pages.brief import signed_brief
from din_core.pages.brief.content import content_of, title_of
from din_core.pages.brief.page import is_asked
from din_core.pages.language.answer_texts import short_title
from din_core.pages.language.labels import words_for
from din_core.pages.language.translate import DEFAULT, LANGUAGES, T, t
from din_core.pages.places.parameters import SNAPSHOT
from din_core.pages.session import caches
from din_core.pages.session.short_links import slug_of
from din_core.pages.session.visitor import as_visitor
from din_core.pages.snapshots import snapshot
from din_core.sharing import parse, resolve
from din_core.sharing.frozen_results import from_json

BRIEF_TITLE = T("What the model expects, and why")
BRIEF_DESCRIPTION = T(
    "What a model expects of this person, which earlier behaviors that rests on, and what would be without them."
)


def head_of(query: Mapping[str, list[str]]) -> Head:
    """The head of the page at these query parameters; the app's own for all other pages, and where anything fails."""
    try:
        language = query.get("lang", [DEFAULT])[-1]
        with as_visitor(language if language in LANGUAGES else DEFAULT):
            slug = snapshot.slug_of(query)
            if slug is not None:
                return snapshot_head(slug)
            asked = expanded(query)
            if signed_brief.token_of(asked) is not None:
                return Head(t(BRIEF_TITLE), t(BRIEF_DESCRIPTION), wide=False)
            return brief_head(asked) if is_asked(asked) else Head()
    except LinkError:  # the page says so
        return Head()
    except Exception as error:
        log_failure(error)
        return Head()


def snapshot_head(slug: str) -> Head:
    """Of a snapshot: its title, and its answer in a sentence; LinkError where there is none."""
    view = caches.shares().get(slug, "snapshot")
    content = content_of(from_json(view.payload or ""))
    return Head(
        view.title or content.title, "".join(content.sentence), f"{CARD}?{urlencode({SNAPSHOT: slug})}", wide=False
    )


def expanded(query: Mapping[str, list[str]]) -> Mapping[str, list[str]]:
    """Of a short link, what it stands for; LinkError where that is nothing."""
    slug = slug_of(query)
    return query if slug is None else parse_qs(caches.shares().get(slug, "link").query, keep_blank_values=True)


def brief_head(query: Mapping[str, list[str]]) -> Head:
    """Of a brief; before the app has started, what every brief is called."""
    app = caches.startup(*from_environment()).wait(0)
    title = None if app is None else brief_title(app, query)
    image = CARD if title is None else f"{CARD}?{urlencode(query, doseq=True)}"
    return Head(title or t(BRIEF_TITLE), t(BRIEF_DESCRIPTION), image, wide=False)


def brief_title(app: App, query: Mapping[str, list[str]]) -> str | None:
    """Its first candidate and its user; None where the store lacks them."""
    scenario = resolve(parse(query)[0], app.store, app.setting).scenario
    if scenario is None:
        return None
    title = short_title(app.store.item(scenario.candidate_ids[0]))
    return title_of(title, scenario.user_id, words_for(app.summary))
