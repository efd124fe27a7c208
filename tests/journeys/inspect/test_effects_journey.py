"""From weights to measured effects and back: what is on screen is what the core measures, and a link keeps it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from din_core.domain import Explanation, Scenario, Scores
from din_core.explain import agreement, by_field, leave_one_out, path_split, verdict
from din_core.scoring import Rescorer, Scorer, rescorer_for
from din_core.sharing import parse
from din_core.store import BehaviorStore
from tests.journeys.inspect_page import column, drawing, open_example
from tests.journeys.page_driver import eventually, has_query, number, query


def opened(page: Page, store: BehaviorStore, scorers: dict[str, Scorer]) -> tuple[Scores, Rescorer]:
    """The scenario in the address bar under its first model."""
    scenario = parse(query(page))[0].scenario
    assert isinstance(scenario, Scenario)
    scorer = scorers[scenario.checkpoints[0].partition("@")[0]]
    history = store.history(scenario.user_id, scenario.as_of)
    item = store.item(scenario.candidate_ids[0])
    return scorer.score(history, [item], scenario.context), rescorer_for(scorer, history, item, scenario.context)


def rows(page: Page, table: str, cell: str) -> dict[str, float]:
    """A number of each row of one of the small tables, by the row's name."""
    found = page.locator(f"#{table} tr:not([hidden])").evaluate_all(
        "(rows, cell) => rows.map(r => ['th', cell].map(at => r.querySelector(at).firstChild.textContent))", cell
    )
    return {name: number(text) for name, text in found}


def check_effects(page: Page, scores: Scores, scene: Rescorer) -> None:
    """Sentence, tables and sum are the core's."""
    effects = leave_one_out(scene)
    assert effects.probability is not None
    titles = [b.item.label for b in effects.behaviors]
    expected = sorted(zip(titles, effects.values.tolist(), strict=True))
    assert sorted(column(page, "effect")) == [(title, pytest.approx(v, abs=6e-4)) for title, v in expected]
    expected = sorted(zip(titles, effects.probability.tolist(), strict=True))
    assert sorted(column(page, "points")) == [(title, pytest.approx(100 * v, abs=6e-3)) for title, v in expected]
    expect(page.locator("#trust")).to_contain_text(verdict(agreement(scores, effects)).sentence)
    whole, by_item = leave_one_out(scene, by_field(scene, "category")), replace(effects, players=tuple(titles))
    for level, found in (("item", by_item), ("category", whole)):
        page.get_by_role("radio", name=f"by {level}").check()
        assert rows(page, "parts", ".change") == points(found, 0.06)
    expect(page).to_have_url(has_query("why", "category"))
    parts = list(rows(page, "paths", ".number").values())
    assert parts == [pytest.approx(v, abs=6e-4) for v in path_split(scene).values.tolist()]
    assert number(page.locator("#logit").text_content() or "") == pytest.approx(sum(parts), abs=3e-3)


def points(found: Explanation, within: float) -> dict[str, object]:
    """By a group's name."""
    assert found.probability is not None
    return {
        name: pytest.approx(100 * value, abs=within)
        for name, value in zip(found.players or (), found.probability.tolist(), strict=True)
    }


def place(page: Page) -> float:
    """Where in the lens the chart is, however far the page is scrolled."""
    top: float = page.locator("#plot").evaluate(
        "plot => plot.getBoundingClientRect().top - plot.closest('#lens').getBoundingClientRect().top"
    )
    return top


def same(page: Page, text: str, bars: str) -> None:
    """The lens says this and shows these bars."""
    assert (page.locator("#lens").inner_text(), drawing(page)) == (text, bars)


def test_effects_are_shown_on_request_and_kept_in_the_link(
    page: Page, new_page: Callable[..., Page], address: str, store: BehaviorStore, scorers: dict[str, Scorer]
) -> None:
    open_example(page, address)
    check_effects(page, *opened(page, store, scorers))
    weights_drawn, plot = drawing(page), place(page)

    page.get_by_role("radio", name="Activation weight").press("ArrowRight")
    expect(page.get_by_role("radio", name="Effect when removed")).to_be_checked()
    expect(page.locator("#chart-title")).to_have_text("Measured effects over time")
    expect(page).to_have_url(has_query("method", "effect"))
    assert drawing(page) != weights_drawn
    assert place(page) == plot
    shown = [value for _, value in column(page, "effect")]
    assert shown == sorted(shown, reverse=True)

    page.locator("#cases").press("ArrowDown")
    expect(page).to_have_url(has_query("item", "m2"))
    expect(page.locator("#trust")).not_to_contain_text("Measuring")
    check_effects(page, *opened(page, store, scorers))
    assert place(page) == plot

    seen, drawn = page.locator("#lens").inner_text(), drawing(page)
    page.reload()
    expect(page.locator("#title")).to_have_text("Milk · 1 qt · National")
    expect(page.locator("#trust")).not_to_contain_text("Measuring")
    eventually(page, lambda: same(page, seen, drawn))
    page.get_by_role("radio", name="Activation weight").check()
    expect(page).to_have_url(has_query("method", "weight"))
    expect(page.locator("#columns th[aria-sort=descending]")).to_have_text("Weight")


def test_the_bar_of_repeats_stands_at_the_last_and_tells_weight_and_effect(page: Page, address: str) -> None:
    page.goto(f"{address}?method=effect")
    expect(page.locator("#title")).not_to_be_empty()  # before, the chart hears no key
    page.locator("#plot").press("Home")
    expect(page.locator("#spoken")).to_contain_text("12 times, 28 Aug 2017 to 13 Nov 2017")
    expect(page.locator("#spoken")).to_contain_text("× 12 =")
    expect(page.locator("#spoken")).to_contain_text("logits")


def test_a_behavior_named_in_the_warning_lights_up(page: Page, address: str) -> None:
    open_example(page, address)
    named = page.locator("#trust button:not(.term)")
    for place in range(named.count()):
        title = named.nth(place).inner_text()
        named.nth(place).press("Enter")
        expect(page.locator("#rows tr.lit th")).to_contain_text(title)
