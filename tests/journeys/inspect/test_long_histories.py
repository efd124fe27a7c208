"""Long histories stay readable: a part of the time, categories as rows, the first rows and the rest. All adds up."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from din_core.domain import Scores
from din_core.explain import by_field, leave_one_out
from din_core.scoring import Scorer, rescorer_for
from din_core.store import BehaviorStore
from tests.journeys.inspect_page import open_example, scores_of, weights
from tests.journeys.page_driver import box, has_query, number, options
from tests.small_world import MONDAY


def row(page: Page, title: str) -> Locator:
    """The table's row of this title."""
    return page.locator("#rows tr").filter(has=page.locator("th", has_text=title))


def cell(page: Page, title: str, name: str) -> float:
    """A number of that row; signs of means and sums are left out."""
    text = row(page, title).locator(f".{name}").evaluate("cell => cell.firstChild.textContent")
    return number(text.strip("Σ⌀ "))


def total(scores: Scores) -> float:
    """Σ weight × repeats."""
    return sum(w * b.count for w, b in zip(scores.weight[0].tolist(), scores.behaviors, strict=True))


def test_categories_as_rows_hold_the_sums_and_the_measured_effects_of_whole_categories(
    page: Page, address: str, store: BehaviorStore, scorers: dict[str, Scorer]
) -> None:
    open_example(page, address)
    page.locator("#fold").select_option(label="categories")
    expect(page.locator("#rows tr")).to_have_count(3)
    scores, _ = scores_of(page, store, scorers)
    dairy = [
        (w, b.count)
        for w, b in zip(scores.weight[0].tolist(), scores.behaviors, strict=True)
        if b.item.fields["category"] == "Dairy"
    ]
    assert cell(page, "Dairy", "repeats") == sum(n for _, n in dairy) == 18
    assert cell(page, "Dairy", "total") == pytest.approx(sum(w * n for w, n in dairy), abs=6e-3)
    assert cell(page, "Dairy", "weight") == pytest.approx(sum(w * n for w, n in dairy) / 18, abs=6e-4)
    impression = store.impressions("7")[0]
    scene = rescorer_for(scorers["din"], store.history("7", MONDAY), impression.item, impression.context)
    whole = leave_one_out(scene, by_field(scene, "category"))
    expected = dict(zip(whole.players or (), whole.values.tolist(), strict=True))
    assert cell(page, "Dairy", "effect") == pytest.approx(expected["Dairy"], abs=6e-4)


def test_the_rest_of_the_rows_is_summed_and_repeats_that_a_model_weighs_one_by_one_fold_into_items(
    page: Page, address: str
) -> None:
    page.goto(f"{address}?models=dien,base-sum")
    expect(page.locator("#rows tr")).to_have_count(8)
    # A menu of fewer rows than the small world has.
    page.locator("#top").evaluate("select => select.append(new Option('2', '2'))")
    page.locator("#top").select_option(label="2")
    expect(page.locator("#rows tr")).to_have_count(3)
    assert cell(page, "All 6 others", "repeats") == 6
    totals = [number(text) for text in page.locator("#rows .total").all_inner_texts()]
    assert sum(totals) == pytest.approx(1, abs=2e-3)  # softmax: all weights add up to 1
    page.locator("#top").select_option(label="all")
    expect(page.locator("#rows tr")).to_have_count(8)
    lines = [weight for title, weight in weights(page) if title.startswith("Lager")]
    page.locator("#fold").select_option(label="items")
    expect(row(page, "Lager")).to_have_count(1)
    assert cell(page, "Lager", "repeats") == len(lines) > 1
    assert cell(page, "Lager", "total") == pytest.approx(sum(lines), abs=2e-3)


def test_a_part_of_the_time_marked_by_dragging_adds_up_to_the_cores_sum(
    page: Page, address: str, store: BehaviorStore, scorers: dict[str, Scorer]
) -> None:
    open_example(page, address)
    page.locator("#plot").scroll_into_view_if_needed()
    area = page.locator("#plot").bounding_box()
    assert area is not None
    middle = area["y"] + area["height"] / 2
    page.mouse.move(area["x"] + 0.75 * area["width"], middle)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] - 4, middle, steps=4)
    page.mouse.up()
    expect(page.locator("#part")).to_contain_text("to 19 Nov 2017: ")
    part = page.locator("#part").inner_text()
    scores, _ = scores_of(page, store, scorers)
    counts = {title: cell(page, title, "repeats") for title, _ in weights(page)}
    assert 0 < sum(counts.values()) < 25
    weight = {b.item.label: w for b, w in zip(scores.behaviors, scores.weight[0].tolist(), strict=True)}
    inside = sum(weight[title] * n for title, n in counts.items())
    said = part[part.index("Σw") :]  # "Σw 1.23 of 4.56. …"
    assert number(said.split()[1]) == pytest.approx(inside, abs=6e-3)
    assert number(said.split()[3].rstrip(".")) == pytest.approx(total(scores), abs=6e-3)
    page.get_by_role("button", name="Show all of the time").click()
    expect(page.locator("#part")).to_be_hidden()
    expect(page.locator("#rows tr")).to_have_count(4)


def test_a_part_is_marked_by_keys_from_its_first_to_its_last_day_and_left_by_escape(page: Page, address: str) -> None:
    open_example(page, address)
    plot = page.locator("#plot")
    below_top = "p => p.getBoundingClientRect().top - p.closest('#lens').getBoundingClientRect().top"
    place = plot.evaluate(below_top)
    plot.press("End")
    plot.press("Shift+ArrowLeft")
    expect(page.locator("#part")).to_contain_text("1 behavior, distinct items: 1")
    plot.press("Shift+ArrowLeft")
    expect(page.locator("#part")).to_contain_text(" to 19 Nov 2017: ")
    expect(page.locator("#rows tr")).not_to_have_count(4)
    assert plot.evaluate(below_top) == place
    plot.press("Escape")
    expect(page.locator("#part")).to_be_hidden()
    expect(page.locator("#rows tr")).to_have_count(4)
    plot.press("Home")
    plot.press("Shift+ArrowRight")
    expect(page.locator("#part")).to_contain_text("28 Aug 2017 to 28 Aug 2017")


def test_the_part_stays_while_candidates_change_and_goes_with_another_user(page: Page, address: str) -> None:
    open_example(page, address)
    page.locator("#plot").press("End")
    page.locator("#plot").press("Shift+ArrowLeft")
    expect(page.locator("#rows tr")).to_have_count(1)
    page.locator("#cases").press("ArrowDown")
    expect(page.locator("#title")).to_have_text("Milk · 1 qt · National")
    expect(page.locator("#rows tr")).to_have_count(1)
    page.locator(".st-key-impression").get_by_role("combobox").fill("23 oct bought")
    page.locator(".st-key-impression").get_by_role("option").click()
    expect(page.locator("#shown-title")).to_have_text("Candidates of 23 Oct 2017")
    expect(page.locator("#part")).to_be_hidden()


def test_a_link_opens_with_the_marked_part_the_folding_and_the_first_rows(
    page: Page, new_page: Callable[..., Page], address: str
) -> None:
    open_example(page, address)
    page.locator("#plot").press("Home")
    page.keyboard.down("Shift")
    for _ in range(5):
        page.locator("#plot").press("ArrowRight")
    page.keyboard.up("Shift")
    page.locator("#fold").select_option("category")
    page.locator("#top").select_option("10")
    expect(page).to_have_url(has_query("fold", "category"))
    page.wait_for_url(lambda url: "part=2017-08-28T" in url and "top=10" in url)
    part, rows = page.locator("#part").inner_text(), page.locator("#rows").inner_text()
    assert "28 Aug 2017 to " in part
    colleague = new_page()
    colleague.goto(page.url)
    expect(colleague.locator("#part")).to_have_text(part)
    expect(colleague.locator("#rows")).to_have_text(page.locator("#rows").text_content() or "")
    expect(colleague.locator("#rows")).to_have_text(rows, use_inner_text=True)
    assert colleague.locator("#fold").input_value() == "category"
    assert colleague.locator("#top").input_value() == "10"
    box(page, "user").fill("8")
    options(page, "user").filter(has_text="Household 8").first.click()
    expect(page.locator("#part")).to_be_hidden()
    page.wait_for_url(lambda url: "user=8" in url and "part=" not in url)
    page.go_back()
    expect(page.locator("#part")).to_have_text(part)


def test_a_part_without_a_behavior_is_not_marked(page: Page, address: str) -> None:
    page.goto(f"{address}?user=7&item=b2&part=1999-01-01~1999-12-31")
    expect(page.locator("#title")).to_have_text("Stout · 12 oz · National")
    expect(page.locator("#part")).to_be_hidden()
    expect(page.locator("#rows tr")).to_have_count(4)
