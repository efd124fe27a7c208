"""Journeys among the models: any two on Inspect, the leaderboard, any two side by side, and back."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from din_core.scoring import Scorer
from din_core.store import BehaviorStore
from tests.journeys.inspect_page import check_numbers, model_box, open_example, weights
from tests.journeys.page_driver import box, has_query, header_link, number, options, query, wait_until_rest
from tests.journeys.record_table import record_lines, record_rows

NewPage = Callable[..., Page]

WATCH_TABLE = """() => {
  const table = document.querySelector(".st-key-leaderboard_table");
  window.tops = new Set();
  const look = () => {
    window.tops.add(Math.round(table.getBoundingClientRect().top));
    requestAnimationFrame(look);
  };
  look();
}"""
"""Notes where the table below the chart stands, in every frame."""

SCROLLED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
"""Waits until what was scrolled has been told so: with the next frame."""


def choose(page: Page, place: int, name: str) -> None:
    """Another model on the page *Two models*."""
    field = page.get_by_label(("First model", "Second model")[place])
    field.focus()
    page.evaluate(SCROLLED)  # a list that is open closes when the page scrolls
    field.press("ArrowDown")
    page.get_by_role("option", name=name, exact=True).click()


def plain(text: str) -> str:
    """Without the spaces that keep a number and its unit on one line."""
    return text.strip().replace("\N{NO-BREAK SPACE}", " ")


def chosen(page: Page) -> list[str]:
    """Folder names of the models in the address bar."""
    return [name.partition("@")[0] for name in query(page)["models"][0].split(",")]


def test_another_model_changes_weights_and_scores_and_is_kept(
    page: Page, address: str, store: BehaviorStore, scorers: dict[str, Scorer]
) -> None:
    open_example(page, address)
    assert chosen(page) == ["din", "base"]
    before = weights(page)
    model_box(page, 0).select_option(label="DIEN")
    expect(page.locator("#model-line")).to_contain_text("interest evolution by AUGRU")
    expect(page).to_have_url(
        has_query("models", f"dien%40{scorers['dien'].fingerprint}%2Cbase%40{scorers['base'].fingerprint}")
    )
    assert weights(page) != before
    check_numbers(page, store, scorers)
    expect(page.locator("#badges")).to_contain_text("softmax")
    model_box(page, 1).select_option(label="Sum pooling")
    page.wait_for_url(lambda url: "base-sum" in url)
    check_numbers(page, store, scorers)
    seen = page.locator("#lens").inner_text()
    page.reload()
    expect(page.locator("#title")).to_have_text("Stout · 12 oz · National")
    expect(page.locator("#lens")).to_have_text(seen, use_inner_text=True)


def test_the_candidate_stays_while_models_change_and_choosing_the_other_one_makes_the_two_change_places(
    page: Page, address: str
) -> None:
    open_example(page, address)
    page.locator("#cases").press("End")
    model_box(page, 0).select_option(label="DIN · paper input")
    expect(page.locator("#model-line")).to_contain_text("DIN · paper input")
    expect(page.locator("#title")).to_have_text("Nails · 1 lb")
    page.wait_for_url(lambda url: "din-paper" in url and "item=n1" in url)
    model_box(page, 0).select_option(label="Average pooling")
    expect(page.locator("#model-line")).to_contain_text("every behavior counts 1/H")
    page.wait_for_url(lambda url: "models=base%40" in url)
    assert chosen(page) == ["base", "din-paper"]


def test_a_comparison_can_be_left_and_taken_up(page: Page, address: str) -> None:
    open_example(page, address)
    model_box(page, 1).select_option(label="No comparison")
    expect(page.locator("#tiles")).to_contain_text("choose a model to compare with")
    page.wait_for_url(lambda url: "base%40" not in url)
    page.reload()
    expect(page.locator("#tiles")).to_contain_text("choose a model to compare with")
    model_box(page, 1).select_option(label="DIEN")
    expect(page.locator("#tiles")).to_contain_text("points")
    page.wait_for_url(lambda url: "dien" in url)


def test_two_models_chosen_side_by_side_open_in_inspect_and_survive_a_reload(
    page: Page, new_page: NewPage, address: str, store: BehaviorStore, scorers: dict[str, Scorer]
) -> None:
    open_example(page, address)
    page.locator("#cases").press("ArrowDown")
    expect(page).to_have_url(has_query("item", "m2"))
    header_link(page, "Models").click()
    expect(page.get_by_role("heading", name="Leaderboard")).to_be_visible()
    page.get_by_role("link", name="Two models side by side, on one candidate").click()
    expect(page.get_by_text("Milk · 1 qt · National, scored as of")).to_be_visible()
    choose(page, 0, "DIEN")
    page.wait_for_url(lambda url: "models=dien" in url)
    choose(page, 1, "DIN · softmax")
    page.wait_for_url(lambda url: "din-softmax" in url)
    page.reload()
    expect(page.get_by_label("First model")).to_have_value("DIEN")
    expect(page.get_by_label("Second model")).to_have_value("DIN · softmax")
    page.get_by_role("link", name="Open in Inspect with these two").click()
    expect(page.locator("#title")).to_have_text("Milk · 1 qt · National")
    assert chosen(page) == ["dien", "din-softmax"]
    check_numbers(page, store, scorers)
    page.mouse.move(0, 0)  # a part under the pointer is told in words
    expect(page.locator("#part-told")).to_contain_text("Point at a row")
    seen = page.locator("#lens").inner_text()
    page.reload()
    expect(page.locator("#title")).to_have_text("Milk · 1 qt · National")
    expect(page.locator("#lens")).to_have_text(seen, use_inner_text=True)
    colleague = new_page()
    colleague.goto(page.url)
    expect(colleague.locator("#title")).to_have_text("Milk · 1 qt · National")
    expect(colleague.locator("#lens")).to_have_text(seen, use_inner_text=True)


def test_back_and_forth_between_the_pages_keeps_the_scenario(page: Page, address: str) -> None:
    open_example(page, address)
    page.locator("#cases").press("End")
    expect(page).to_have_url(has_query("item", "n1"))
    ranked = page.get_by_text("The candidate on Inspect, Nails · 1 lb, is number")
    for _ in range(2):
        header_link(page, "Compare").click()
        expect(page.get_by_role("heading", name="Who switches on what")).to_be_visible()
        header_link(page, "Whole catalogue").click()
        expect(ranked).to_be_visible()
        header_link(page, "Explain").click()
        expect(page.locator("#title")).to_have_text("Nails · 1 lb")
    page.go_back()
    expect(ranked).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Who switches on what")).to_be_visible()
    page.go_back()
    expect(page.locator("#title")).to_have_text("Nails · 1 lb")


def test_the_chart_follows_the_metric_and_the_address_keeps_it(page: Page, address: str) -> None:
    page.goto(f"{address}models-leaderboard")
    expect(page.locator(".st-key-leaderboard")).to_contain_text("GAUC (higher is better)")
    expect(page.get_by_role("heading", name="Checkpoints at hand")).to_be_visible()
    expect(record_lines(page, "leaderboard_table")).to_have_count(3)
    page.evaluate(WATCH_TABLE)
    page.get_by_role("radio", name="ECE").click()
    expect(page.locator(".st-key-leaderboard")).to_contain_text("ECE (lower is better)")
    expect(page).to_have_url(has_query("metric", "ece"))
    assert page.evaluate("window.tops.size") == 1
    page.reload()
    expect(page.locator(".st-key-leaderboard")).to_contain_text("ECE (lower is better)")


def test_the_leaderboard_is_sorted_and_a_row_leads_to_trust_with_its_model(page: Page, address: str) -> None:
    page.goto(f"{address}models-leaderboard")
    expect(record_lines(page, "leaderboard_table")).to_have_count(3)
    wait_until_rest(page)
    head = page.get_by_role("columnheader", name="AUC", exact=True)
    head.get_by_role("button").click()
    expect(page).to_have_url(has_query("leaderboard.table", "leaderboard%3Bsort%2C-auc"))
    shown = [number(row["AUC"]) for row in record_rows(page, "leaderboard_table")]
    assert shown == sorted(shown, reverse=True)
    record_lines(page, "leaderboard_table").filter(has_text="Average pooling").click()
    expect(page.locator(".st-key-trust_verdict")).to_contain_text("Average pooling")
    assert chosen(page)[0] == "base"
    page.go_back()
    expect(head).to_have_attribute("aria-sort", "descending")


def test_a_choice_is_not_lost_when_the_page_asks_for_more_in_the_same_instant(page: Page, address: str) -> None:
    open_example(page, address)
    for user, wait in zip(("8", "7") * 3, range(0, 30, 5), strict=True):
        box(page, "user").fill(user)
        option = options(page, "user").filter(has_text=f"Household {user}").first
        expect(option).to_be_visible()
        models = model_box(page, 0).element_handle()
        # Whoever reaches for the models lets the lens ask for all: Streamlit stops the run that brings the choice.
        option.evaluate(
            "(option, [models, wait]) => { option.click(); setTimeout(() => models.blur() || models.focus(), wait); }",
            [models, wait],
        )
        expect(page.locator("#history-line")).to_contain_text(f"Household {user}")
        expect(page).to_have_url(has_query("user", user))
