"""The scenarios that a visitor pinned: two at most, kept for the visit, and in the link of the page that shows them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlencode

from din_core.domain import Scenario
from din_core.domain.translatable import Translatable
from din_core.pages.app.startup import App
from din_core.pages.places.places import WHAT_IF, Mode
from din_core.pages.session import address, visitor
from din_core.sharing import encode, parse, resolve
from din_core.sharing.links import CHOICES
from din_core.sharing.page_choices import LONGEST_SCENARIO, PinnedChoice

MOST = 2


@dataclass(frozen=True, slots=True)
class OpenedPin:
    """One that is pinned, as far as it is of this store."""

    text: str
    scenario: Scenario | None
    problems: tuple[str, ...]
    """What of it could not be read, a sentence each."""


def pin_text(scenario: Scenario, mode: Mode) -> str:
    """A scenario as a page shows it, on *What if* after its edits, as a query string."""
    shown = scenario if mode is WHAT_IF else replace(scenario, edits=(), reference=0)
    said = {name: value for name, value in encode(shown).items() if name not in CHOICES}
    return urlencode(said, doseq=True)


def pinned() -> tuple[str, ...]:
    """The texts of those that are pinned, the older first."""
    return address.page_choice(PinnedChoice).scenarios[:MOST]


def pin(text: str) -> Translatable | None:
    """Pin one; of two others the older is let go. A sentence where it is too long for a link."""
    if len(text) > LONGEST_SCENARIO:
        return Translatable(
            "This scenario has {n} characters in a link, the limit of one that is pinned is {limit}: undo some edits.",
            n=len(text),
            limit=LONGEST_SCENARIO,
        )
    keep((*(one for one in pinned() if one != text), text)[-MOST:])
    return None


def unpin(text: str) -> None:
    """Let one go."""
    keep(tuple(one for one in pinned() if one != text))


def turn_round() -> None:
    """The second one first."""
    keep(pinned()[::-1])


def keep(texts: tuple[str, ...]) -> None:
    """Have these pinned. No choice of what is on screen: the page may be another."""
    choices = visitor.session().page_choices
    choices[PinnedChoice] = replace(address.page_choice(PinnedChoice), scenarios=texts)


def open_pin(app: App, text: str) -> OpenedPin:
    """One of those that are pinned, in the store and the models of now."""
    link, unread = parse(parse_qs(text, keep_blank_values=True))
    found = resolve(link, app.store, app.setting)
    return OpenedPin(text, found.scenario, (*unread, *found.problems))
