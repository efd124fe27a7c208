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
from tests.journeys.page_driver import box, has_query, options, query
from tests.journeys.record_table import record_lines
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


def test_a_ranking_of_thousands_shows_how_far_it_is_and_can_be_stopped_and_a_hundred_more_rows_are_in_the_link(
    page: Page, address: str
) -> None:
    page.goto(f"{address}compare-catalogue")
    stop = page.get_by_test_id("stMain").get_by_role("button", name="Stop")  # Streamlit has one too
    stop.click()
    progress = page.get_by_text(re.compile(r"Scored of [\d,]+ items: .*\(stopped\)"))
    expect(progress).to_be_visible()
    expect(page.get_by_role("button", name="Score again")).to_be_visible()
    numbers = [int(text.replace(",", "")) for text in re.findall(r"[\d,]*\d", progress.inner_text())]
    assert sum(numbers[1:]) < 2 * numbers[0]  # some of the two models' scores are missing
    page.get_by_role("button", name="Score again").click()
    expect(progress).to_have_count(0)
    expect(stop).to_be_visible()
    expect(page.get_by_role("button", name="Score again")).to_be_visible()
    done = f"Scored of {numbers[0]:,} items: DIN {numbers[0]:,}, Average pooling {numbers[0]:,}"
    expect(page.get_by_text(done)).to_be_visible()

    expect(record_lines(page, "ranking")).to_have_count(20)
    page.get_by_role("button", name="100 more").click()
    expect(record_lines(page, "ranking")).to_have_count(120)
    expect(page).to_have_url(has_query("rank.rows", "120"))
    expect(page.locator(".st-key-ranking #count")).to_have_text(re.compile("^The first 120 of [0-9,]+ rows$"))
