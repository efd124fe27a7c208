"""The embedded demo, as a newcomer meets it: nothing set, nothing built, `python app.py`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from din_core.scoring import Scorer, load_scorers
from din_core.store import open_store
from tests.journeys.inspect_page import check_numbers, drawing, lens_text, wait_until_opened, weights
from tests.journeys.page_driver import box, options, query
from tests.journeys.server import PYTHON_APP, ROOT, running_app


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def address(cache: Path) -> Iterator[str]:
    with running_app({"XDG_CACHE_HOME": str(cache)}, PYTHON_APP) as started:
        yield started


@pytest.fixture(scope="module")
def scorers() -> dict[str, Scorer]:
    return load_scorers(ROOT / "assets" / "checkpoints")


def test_the_demo_from_its_first_start_to_a_shared_link(
    new_page: Callable[..., Page], address: str, cache: Path, scorers: dict[str, Scorer]
) -> None:
    page = new_page()
    page.goto(address)
    expect(page.get_by_role("heading", name="DIN Lens")).to_be_visible()
    wait_until_opened(page)

    (built,) = (cache / "din-lens").glob("demo-*.db")
    store = open_store(f"sqlite:///{built}")
    check_numbers(page, store, scorers)
    expect(page.locator(".st-key-footer")).to_contain_text("The Complete Journey 2.0")
    about = page.locator(".st-key-footer").get_by_role("link", name="About the data")
    expect(about).to_have_attribute("href", re.compile(r"^data\?"))
    (opening,) = query(page)["user"]

    box(page, "user").fill("35-44 2 adults with kids")
    expect(page.locator(".st-key-user #count")).to_contain_text("matches for “35-44 2 adults with kids”")
    options(page, "user").nth(1).click()
    expect(page.locator("#history-line")).to_contain_text("35-44 · 2 adults with kids")
    page.wait_for_url(lambda url: f"user={opening}&" not in url)
    check_numbers(page, store, scorers)

    before, drawn, item = weights(page), drawing(page), query(page)["item"][0]
    page.locator("#cases").press("ArrowDown")
    page.wait_for_url(lambda url: f"item={item}&" not in url)
    assert weights(page) != before
    assert drawing(page) != drawn
    check_numbers(page, store, scorers)

    seen = lens_text(page)
    page.reload()
    wait_until_opened(page)
    assert lens_text(page) == seen
    colleague = new_page()
    colleague.goto(page.url)
    wait_until_opened(colleague)
    assert lens_text(colleague) == seen
    store.close()
