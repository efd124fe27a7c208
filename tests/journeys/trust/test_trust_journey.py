"""Trust: from the leaderboard to a model's stored figures, and to a case that opens with its point made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from din_core.domain.trust import FAITHFULNESS_FILE
from din_core.scoring import Scorer
from tests.journeys.accessibility import violations
from tests.journeys.inspect_page import wait_until_opened
from tests.journeys.looks import each_look
from tests.journeys.page_driver import has_query, header_link, query, scrolls_sideways, wait_until_rest
from tests.small_faithfulness import faithfulness

WATCH_FIRST = """() => {
  const card = document.querySelector(".st-key-trust_order");
  window.tops = new Set();
  const look = () => {
    window.tops.add(Math.round(card.getBoundingClientRect().top));
    requestAnimationFrame(look);
  };
  look();
}"""
"""Notes where the first figure stands, in every frame."""


@pytest.fixture(autouse=True, scope="module")
def _measured(checkpoints: Path, scorers: dict[str, Scorer]) -> Iterator[None]:
    """The app's DIN and softmax were measured, while these journeys last; the page reads the files anew each time."""
    paths = [checkpoints / name / FAITHFULNESS_FILE for name in ("din", "din-softmax")]
    for path in paths:
        path.write_text(json.dumps(faithfulness(scorers[path.parent.name].fingerprint)), "utf-8")
    yield
    for path in paths:
        path.unlink()


def test_from_the_leaderboard_to_a_models_figures_and_a_case_behind_them(page: Page, address: str) -> None:
    page.goto(f"{address}models-leaderboard?user=7&item=m2&models=din,base")
    page.get_by_role("link", name="Can this model be trusted? One model at a time").click()
    expect(page).to_have_title("Trust · Models · DIN Lens")
    verdict = page.locator(".st-key-trust_verdict")
    expect(verdict).to_contain_text("The weights of DIN do not tell what moves its score up or down")
    sign = page.locator(".st-key-trust_sign")
    expect(sign.get_by_role("heading")).to_have_text("Does a weight's sign say which way it pushes?")
    expect(sign.get_by_test_id("stMetricValue")).to_have_text("49.4 %")
    expect(sign).to_contain_text("95 %: 47.4 % to 51.4 % · 199 test impressions")
    assert query(page)["item"] == ["m2"]
    case = sign.get_by_role("link").first
    expect(case).to_contain_text(" — ")
    case.click()
    wait_until_opened(page)
    expect(page.locator("#rows tr.lit")).to_be_visible()
    expect(page).to_have_url(has_query("sort", "weight"))
    page.go_back()
    expect(verdict).to_contain_text("The weights of DIN do not tell what moves its score up or down")
    expect(header_link(page, "Trust")).to_have_attribute("aria-current", "page")


def test_another_model_is_judged_where_the_first_stood_and_the_address_keeps_it(page: Page, address: str) -> None:
    page.goto(f"{address}models-trust?user=7&item=m2&models=din,base")
    verdict = page.locator(".st-key-trust_verdict")
    expect(verdict).to_contain_text("The weights of DIN do not tell")
    wait_until_rest(page)
    page.evaluate(WATCH_FIRST)
    box = page.get_by_role("combobox", name="Model", exact=True)
    box.click()
    page.get_by_role("option", name="DIN · softmax", exact=True).click()
    expect(verdict).to_contain_text("The weights of DIN · softmax do not tell")
    page.wait_for_url(lambda url: "models=din-softmax" in url)
    wait_until_rest(page)
    assert page.evaluate("Math.max(...window.tops) - Math.min(...window.tops)") <= 60  # a longer name may take a line
    page.reload()
    expect(verdict).to_contain_text("The weights of DIN · softmax do not tell")


def test_the_page_is_accessible_and_fits_its_window(page: Page, address: str) -> None:
    page.goto(f"{address}models-trust?user=7&item=m2&models=din,base")
    expect(page.locator(".st-key-trust_calibration")).to_be_visible()
    for look in each_look(page):
        assert not scrolls_sideways(page), look
        cut = page.locator(".st-key-trust_figures a p").evaluate_all(
            "texts => texts.filter(text => text.scrollWidth > text.clientWidth + 1).map(text => text.textContent)"
        )
        assert cut == [], look
        assert [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in violations(page)] == [], look
