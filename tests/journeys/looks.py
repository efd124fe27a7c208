"""The looks of a page: both themes and languages, on a screen and on a phone, one after the other in one tab."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.journeys.page_driver import wait_until_rest
from tests.journeys.visitors import ColorScheme

OTHER = {"en": "zh", "zh": "en"}


@dataclass(frozen=True)
class Look:
    """How a page is shown; a width in CSS pixels."""

    scheme: ColorScheme
    language: str
    width: int


# Any two of theme, language and width meet; all three at once would take twice as long and say no more.
LOOKS = (Look("light", "en", 1280), Look("dark", "en", 390), Look("light", "zh", 390), Look("dark", "zh", 1280))
"""In this order, the language changes once."""


def each_look(page: Page, looks: Iterable[Look] = LOOKS) -> Iterator[Look]:
    """Give the page one look after the other; it is at rest whenever one is yielded."""
    for look in looks:
        page.set_viewport_size({"width": look.width, "height": 1000})
        page.emulate_media(color_scheme=look.scheme)
        choice = page.locator(f".st-key-language_{look.language}")
        if choice.is_visible():  # only the other language can be chosen
            choice.click()
        expect(page.locator(f".st-key-language_{OTHER[look.language]}")).to_be_visible()
        wait_until_rest(page)
        yield look
