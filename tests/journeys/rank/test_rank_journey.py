"""Journeys on the Rank page: the whole catalogue under two models, held against the core; progress is in the demo's."""

from __future__ import annotations

import re

import numpy as np
from playwright.sync_api import Page, expect

from din_core.domain import Item
from din_core.scoring import Scorer
from din_core.sharing import parse
from din_core.store import BehaviorStore
from tests.journeys.charts import traces
from tests.journeys.inspect_page import check_numbers
from tests.journeys.page_driver import query
from tests.journeys.record_table import record_lines, record_rows, tick_record

TITLES = {"din": "DIN", "base": "Average pooling"}


def rows(page: Page, count: int) -> list[dict[str, str]]:
    """The table by its heads."""
    expect(record_lines(page, "ranking")).to_have_count(count)
    return record_rows(page, "ranking")


def expected(
    store: BehaviorStore, scorers: dict[str, Scorer], page: Page, by: str, other: str
) -> tuple[list[Item], list[dict[str, str]]]:
    """What the core says: all items, the best by one model first, with the other's rank and the change."""
    scenario = parse(query(page))[0].scenario
    assert scenario is not None
    history, items = store.history(scenario.user_id, scenario.as_of), store.all_items()
    scores = {name: scorers[name].score(history, items, scenario.context) for name in TITLES}
    rank = {name: [1 + int((s.logit > own).sum()) for own in s.logit] for name, s in scores.items()}
    held = [behavior.item.item_id for behavior in history.behaviors]
    order = np.argsort(-scores[by].logit, kind="stable").tolist()
    wanted = []
    for place in order:
        higher, repeats = rank[other][place] - rank[by][place], held.count(items[place].item_id)
        wanted.append(
            {
                "Rank": str(rank[by][place]),
                "Item": items[place].label,
                "In history": f"{repeats}×" if repeats else "–",
                TITLES[by]: f"{100 * scores[by].probability[place]:.1f}\N{NO-BREAK SPACE}%",
                TITLES[other]: f"{100 * scores[other].probability[place]:.1f}\N{NO-BREAK SPACE}%",
                f"Rank under {TITLES[other]}": str(rank[other][place]),
                "Change": f"{'↑' if higher > 0 else '↓'}\N{NO-BREAK SPACE}{abs(higher)}" if higher else "=",
            }
        )
    return [items[place] for place in order], wanted


def without_category(found: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{name: text for name, text in row.items() if name != "Category"} for row in found]


def open_ranking(page: Page, address: str) -> None:
    """The small world's opening example, once all is scored."""
    page.goto(f"{address}compare-catalogue")
    expect(page.get_by_text("Scored of 7 items: DIN 7, Average pooling 7")).to_be_visible()
    expect(page.get_by_role("button", name="Score again")).to_be_visible()
    page.wait_for_url(re.compile("[?&]item="))


def test_the_catalogue_is_ranked_under_both_models_as_the_core_has_it(
    page: Page, address: str, store: BehaviorStore, scorers: dict[str, Scorer]
) -> None:
    open_ranking(page, address)
    _, wanted = expected(store, scorers, page, "din", "base")
    assert without_category(rows(page, 7)) == wanted
    page.get_by_role("radio", name="Average pooling").click()
    _, wanted = expected(store, scorers, page, "base", "din")
    expect(page.locator(".st-key-ranking thead")).to_contain_text("Rank under DIN")
    assert without_category(rows(page, 7)) == wanted
    assert any(row["Change"] != "=" for row in wanted)  # the two models do not agree


def test_a_row_opens_in_inspect_and_two_rows_say_why_one_is_above_the_other(
    page: Page, address: str, store: BehaviorStore, scorers: dict[str, Scorer]
) -> None:
    open_ranking(page, address)
    items, _ = expected(store, scorers, page, "din", "base")
    page.locator(".st-key-ranking").get_by_role("link", name=items[0].label, exact=True).click()
    expect(page.locator("#title")).to_have_text(items[0].label)
    check_numbers(page, store, scorers)
    page.go_back()
    expect(page.get_by_role("button", name="Score again")).to_be_visible()
    expect(record_lines(page, "ranking")).to_have_count(7)
    tick_record(page, "ranking", 0)
    tick_record(page, "ranking", 1)
    page.get_by_role("link", name="Why this order: the 2 rows side by side in Compare").click()
    expect(page.get_by_role("heading", name="Who switches on what")).to_be_visible()
    page.wait_for_url(lambda url: url.count("item=") == 2)
    assert query(page)["item"] == [items[0].item_id, items[1].item_id]
    scenario = parse(query(page))[0].scenario
    assert scenario is not None
    shown = {i.item.item_id: i.context for i in store.impressions(scenario.user_id) if i.timestamp == scenario.as_of}
    contexts = [shown.get(item.item_id, scenario.context) for item in items[:2]]
    scores = scorers["din"].score(store.history(scenario.user_id, scenario.as_of), items[:2], contexts)
    repeats = np.array([behavior.count for behavior in scores.behaviors])
    order = np.argsort(-scores.logit)
    want = {tuple(np.round(column, 5)) for column in (scores.weight[order] * repeats).T}
    heat = next(trace for trace in traces(page, "heatmap") if "z" in trace)
    assert {tuple(np.round(column, 5)) for column in np.array(heat["z"]).T} == want
