"""What a generated address is put to: it is read, resolved, said in both languages and written again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from random import Random
from urllib.parse import parse_qs

from din_core.domain import LinkError
from din_core.pages.app.link_head import head_of
from din_core.pages.app.startup import App
from din_core.pages.brief import signed_brief
from din_core.pages.language.translate import LANGUAGES, sentence
from din_core.pages.session.visitor import as_visitor
from din_core.pages.what_if.route import whole
from din_core.sharing import encode, parse, query_string, resolve
from din_core.sharing.page_choices import CODECS, read, write
from tests.generated.app import addresses
from tests.generated.app.app_world import nothing_logged, small_app
from tests.generated.outcome import Outcome, Seeded

Query = Mapping[str, Sequence[str]]
LONGEST = 4_000
"""Characters of a sentence: a page has to show it."""


@contextmanager
def link_reader() -> Iterator[Seeded]:
    """Reads addresses as the pages of the small app do."""
    with small_app() as app:
        yield partial(try_link, app)


def try_link(app: App, random: Random) -> Outcome:
    """Everything that pages read of an address; refused where anything of it could not be shown."""
    raw = parse_qs(addresses.query_bytes(random).decode("latin-1"), keep_blank_values=True)
    with nothing_logged():
        problems = [*scenario_problems(app, raw), *page_problems(raw)]
        assert head_of(raw).html("http://din/").count("<title>") == 1
        for token in raw.get("signed", ()):
            check_token(token)
    for language in LANGUAGES:
        with as_visitor(language):
            check_sentences([sentence(problem) for problem in problems])
    return "refused" if problems else "done"


def scenario_problems(app: App, raw: Query) -> tuple[str, ...]:
    """What is said of the scenario; one that is shown is written so that it is read as it is."""
    link, unread = parse(raw)
    found = resolve(link, app.store, app.setting)
    assert found.scenario is not None or found.problems, "nothing is shown and nothing said"
    if found.scenario is not None:
        written = parse_qs(query_string(found.scenario, link.view), keep_blank_values=True)
        again, wrong = parse(written)
        assert not wrong and again.view == link.view
        assert resolve(again, app.store, app.setting).scenario == found.scenario == whole(again, app.setting)
        assert encode(found.scenario, link.view) == encode(again.scenario or found.scenario, again.view)
    return (*unread, *found.problems)


def page_problems(raw: Query) -> list[str]:
    """What is said of the pages' own choices; those that are read are written so that they are read as they are."""
    problems: list[str] = []
    for kind in CODECS:
        choice, unclear = read(kind, raw)
        problems += unclear
        if choice is not None:
            written = {name: [value] if isinstance(value, str) else value for name, value in write(choice).items()}
            again, wrong = read(kind, written)
            assert not wrong and write(again or kind()) == write(choice)
    return problems


def check_token(token: str) -> None:
    """A token that was not signed opens nothing."""
    try:
        signed_brief.opened(token)
    except LinkError as error:
        check_sentences([sentence(error.text)])
    else:
        raise AssertionError(f"a token opens that nobody signed: {token[:80]}")


def check_sentences(said: Sequence[str]) -> None:
    """Each is one that a page can show."""
    for text in said:
        assert text.strip() and "Traceback" not in text
        assert len(text) <= LONGEST, f"{len(text)} characters: {text[:200]}"
