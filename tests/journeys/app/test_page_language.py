"""The fonts of a page in Chinese: they are there before its first text, and no other page fetches them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

FACES = """() => [...document.fonts].filter((face) => face.family.includes("DIN Lens Chinese"))
  .map((face) => face.status)"""


@pytest.mark.parametrize(("language", "status"), [("zh", "loaded"), ("en", "unloaded")])
def test_chinese_fonts_are_fetched_before_any_text_and_for_chinese_alone(
    new_page: Callable[..., Page], address: str, language: str, status: str
) -> None:
    page = new_page()
    page.route("**/static/js/**", lambda route: route.fulfill(body="", content_type="text/javascript"))  # draws nothing
    page.goto(f"{address}data?lang={language}")
    page.wait_for_function(f"status => ({FACES})().every((one) => one === status)", arg=status)
    assert len(page.evaluate(FACES)) == 2
    assert page.locator("html").get_attribute("lang") == language
