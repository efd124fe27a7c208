"""A saved report opens from the disk without any server: it is read, sorted, searched and printed on one page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from din_core.pages.report.report import report_html
from din_core.pages.session.visitor import as_visitor
from din_core.sharing.frozen_results import FrozenResults
from tests.hostile_results import HOSTILE, LONG, hostile_results
from tests.journeys.accessibility import serious
from tests.made_results import RESULTS

Open = Callable[..., Page]
PAPERS: dict[str, dict[str, Any]] = {"A4": {"prefer_css_page_size": True}, "Letter": {"format": "Letter"}}
LINK = "http://din.invalid/explain-inspect?user=7&item=b2"


@pytest.fixture
def open_report(new_page: Callable[..., Page], tmp_path: Path) -> Open:
    """A report in a browser that reaches nothing; what it asks for all the same fails the test."""

    def opened(results: FrozenResults, language: str = "en", **options: object) -> Page:
        path = tmp_path / f"report-{language}.html"
        with as_visitor(language):
            path.write_text(report_html(results, link=LINK, made=1511222400), "utf-8")
        page = new_page(offline=True, **options)
        page.goto(path.as_uri())
        return page

    return opened


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("options", [{}, {"width": 390, "color_scheme": "dark"}], ids=["screen", "phone"])
def test_it_is_read_in_every_look_and_nothing_in_a_title_runs(
    open_report: Open, language: str, options: dict[str, object]
) -> None:
    page = open_report(hostile_results(40), language, **options)
    expect(page.get_by_role("heading", level=1)).to_contain_text(HOSTILE)
    assert page.title() != "owned" and page.locator("img, iframe").count() == 0
    assert serious(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    assert page.locator("html").get_attribute("lang") == language
    page.locator("#plot").press("ArrowRight")
    expect(page.locator("#tip strong")).to_have_text(HOSTILE)


def test_the_chart_and_the_table_are_read_together(open_report: Open) -> None:
    page = open_report(hostile_results())
    page.locator("#plot").press("End")
    expect(page.locator("#rows tr.lit th")).to_have_text("Item 297")
    page.get_by_role("button", name="Effect", exact=True).click()
    assert page.locator("#rows tr").first.locator("th").inner_text() == HOSTILE
    page.get_by_role("button", name="Effect", exact=True).click()
    expect(page.locator("th[aria-sort=ascending]")).to_have_text("Effect")
    page.get_by_role("button", name="Title").click()
    page.get_by_label("Search").fill("item 29")
    expect(page.locator("#rows tr:visible")).to_have_count(9)
    page.get_by_label("Effect when removed").check()
    page.locator("#plot").press("Home")
    expect(page.locator("#tip .number").last).to_have_text("effect +1.0000 logits")


def test_a_marked_part_of_the_time_is_listed_alone(open_report: Open) -> None:
    page = open_report(hostile_results(20))
    page.locator("#plot").press("Home")
    for _ in range(2):
        page.locator("#plot").press("Shift+ArrowRight")
    expect(page.locator("#rows tr:visible")).to_have_count(2)
    page.locator("#plot").press("Escape")
    expect(page.locator("#rows tr:visible")).to_have_count(20)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("results", [hostile_results(2000), RESULTS], ids=["hostile", "small"])
def test_it_prints_on_one_page_of_either_paper_with_the_chart_as_a_drawing(
    open_report: Open, results: FrozenResults, language: str
) -> None:
    page = open_report(results, language, color_scheme="dark")
    printed = {paper: page.pdf(**options) for paper, options in PAPERS.items()}
    assert {paper: len(re.findall(rb"/Type /Page\b(?!s)", pdf)) for paper, pdf in printed.items()} == dict.fromkeys(
        PAPERS, 1
    )
    page.emulate_media(media="print")
    assert page.locator("#printed svg").is_visible() and not page.locator("#plot").is_visible()
    for part in (".answer", ".caution", ".facts", "footer"):
        assert page.locator(part).first.is_visible()


def test_it_is_saved_on_inspect_and_leads_back(
    page: Page, new_page: Callable[..., Page], address: str, tmp_path: Path
) -> None:
    page.goto(f"{address}?user=7&item=m2&at=2017-11-20&models=din,base")
    expect(page.locator("#title")).to_have_text("Milk · 1 qt · National")
    page.get_by_role("button", name="Keep these numbers").click()
    page.get_by_role("tab", name="As a file").click()
    for name in ("Report (HTML)", "Scenario (JSON)"):
        with page.expect_download() as download:
            page.get_by_role("button", name=name).click()
        download.value.save_as(tmp_path / download.value.suggested_filename)
    assert json.loads((tmp_path / "scenario-7-m2.json").read_text("utf-8"))["scenario"]["user"] == "7"
    reader = new_page()
    reader.goto((tmp_path / "scenario-7-m2.html").as_uri())
    expect(reader.get_by_role("heading", level=1)).to_have_text("Milk for Household 7")
    assert LONG not in reader.content()
    with reader.expect_popup() as opened:
        reader.get_by_role("link", name="Open the full analysis").click()
    expect(opened.value.locator("#title")).to_have_text("Milk · 1 qt · National")
