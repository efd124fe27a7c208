"""Journeys on the Compare page: candidates, models and users, held against the core."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from playwright.sync_api import Page, expect

from din_core.domain import Scores
from din_core.scoring import Scorer
from din_core.store import BehaviorStore
from tests.journeys.charts import chart, traces
from tests.journeys.inspect_page import check_numbers
from tests.journeys.page_driver import box, eventually, has_query, options, query
from tests.journeys.record_table import record_lines, record_rows
from tests.small_world import MONDAY

NewPage = Callable[..., Page]
TITLES = {
    "DIN": "din",
    "DIN · softmax": "din-softmax",
    "DIN · paper input": "din-paper",
    "Dot product": "dot",
    "DIEN": "dien",
    "Average pooling": "base",
    "Sum pooling": "base-sum",
    "Time decay pooling": "base-decay",
}

USERS = """table => [
  [...table.querySelectorAll("th")].map(cell => cell.innerText),
  [...table.querySelectorAll("tbody tr")].map(row => [...row.querySelectorAll("td")].map(cell => cell.innerText)),
]"""


def rows(page: Page, key: str = "compare_ranking") -> list[dict[str, str]]:
    """The table of candidates or models, of which rows can be ticked, by its heads."""
    return [{plain(head): plain(cell) for head, cell in row.items()} for row in record_rows(page, key)]


def users(page: Page) -> list[dict[str, str]]:
    """The table of users by its heads."""
    heads, lines = page.get_by_test_id("stTable").evaluate(USERS)
    return [dict(zip(map(plain, heads), map(plain, line), strict=True)) for line in lines]


def plain(text: str) -> str:
    """Without the spaces that keep a number and its unit on one line."""
    return text.strip().replace("\N{NO-BREAK SPACE}", " ")


def scored(store: BehaviorStore, scorer: Scorer, ids: list[str], user: str = "7") -> Scores:
    """Candidates of that Monday, each in the context in which household 7 saw it, else in the first one's."""
    shown = {i.item.item_id: i.context for i in store.impressions("7") if i.timestamp == MONDAY}
    contexts = [shown.get(item_id, shown["b2"]) for item_id in ids]
    return scorer.score(store.history(user, MONDAY), store.items(ids), contexts)


def check_candidates(page: Page, store: BehaviorStore, scorers: dict[str, Scorer], ids: list[str]) -> None:
    """Table and heat map come to hold what the core says of these."""
    eventually(page, lambda: check_drawn(page, store, scorers, ids))


def check_drawn(page: Page, store: BehaviorStore, scorers: dict[str, Scorer], ids: list[str]) -> None:
    """The same, at once."""
    din, base = (scored(store, scorers[name], ids) for name in ("din", "base"))
    order = np.argsort(-din.logit)
    found = rows(page)
    assert [row["Candidate"] for row in found] == [din.candidates[i].label for i in order]
    for name, scores in {"DIN": din, "Average pooling": base}.items():
        shown = [row[name] for row in found]
        digits = len(shown[0].removesuffix(" %").partition(".")[2])  # as many as make numbers and gaps add up
        assert shown == [f"{100 * scores.probability[i]:.{digits}f} %" for i in order]
    heat = traces(page, "heatmap")[0]
    counts = np.array([b.count for b in din.behaviors])
    want = {tuple(np.round(column, 5)) for column in (din.weight[order] * counts).T}
    assert {tuple(np.round(column, 5)) for column in np.array(heat["z"]).T} == want


def test_candidates_are_found_removed_and_compared_as_the_core_scores_them(
    page: Page, new_page: NewPage, address: str, store: BehaviorStore, scorers: dict[str, Scorer]
) -> None:
    page.goto(f"{address}compare-scenarios")
    chart(page, "heatmap")
    page.wait_for_url(has_query("by", "candidates"))
    check_candidates(page, store, scorers, ["b2", "m2", "n1"])
    box(page, "another").fill("cheddar")
    options(page, "another").filter(has_text="Cheddar").click()
    page.wait_for_url(has_query("item", "c1"))
    assert query(page)["item"] == ["b2", "m2", "n1", "c1"]
    expect(record_lines(page, "compare_ranking")).to_have_count(4)
    chosen = page.locator(".st-key-compare_items")
    chosen.get_by_role("combobox").press("Backspace")  # takes the last one away
    expect(record_lines(page, "compare_ranking")).to_have_count(3)
    page.wait_for_url(lambda url: "item=c1" not in url)
    colleague = new_page()
    colleague.goto(page.url)
    chart(colleague, "heatmap")
    check_candidates(colleague, store, scorers, ["b2", "m2", "n1"])


def test_a_candidate_opens_in_inspect_with_the_same_number(
    page: Page, address: str, store: BehaviorStore, scorers: dict[str, Scorer]
) -> None:
    page.goto(f"{address}compare-scenarios")
    chart(page, "heatmap")
    expect(record_lines(page, "compare_ranking")).to_have_count(3)
    shown = {row["Candidate"]: row["DIN"] for row in rows(page)}
    page.locator(".st-key-compare_ranking").get_by_role("link", name="Milk · 1 qt · National").click()
    expect(page.locator("#title")).to_have_text("Milk · 1 qt · National")
    page.wait_for_url(lambda url: "item=m2" in url and "/explain-inspect" in url)
    check_numbers(page, store, scorers)
    assert page.locator("#tiles .value").first.inner_text().split()[0] == shown["Milk · 1 qt · National"].split()[0]
    page.go_back()
    chart(page, "heatmap")
    eventually(page, lambda: check_same(page, shown))


def check_same(page: Page, shown: dict[str, str]) -> None:
    """The candidates have these probabilities."""
    assert {row["Candidate"]: row["DIN"] for row in rows(page)} == shown


def test_models_and_then_users_are_compared_and_a_reload_keeps_them(
    page: Page, address: str, store: BehaviorStore, scorers: dict[str, Scorer]
) -> None:
    page.goto(f"{address}compare-scenarios")
    chart(page, "heatmap")
    page.get_by_role("radio", name="Models").click()
    expect(record_lines(page, "compare_models_table").filter(has_text="DIEN")).to_be_visible()
    page.wait_for_url(has_query("by", "models"))
    wanted = {
        title: f"{100 * scored(store, scorers[name], ['b2']).probability[0]:.1f} %" for title, name in TITLES.items()
    }

    def check_models() -> None:
        assert {row["Model"]: row["Probability"] for row in rows(page, "compare_models_table")} == wanted
        assert [max(abs(z) for z in row if z is not None) for row in traces(page, "heatmap")[0]["z"]] == [1] * 8

    eventually(page, check_models)
    page.get_by_role("radio", name="Users").click()
    box(page, "other").fill("9")
    options(page, "other").filter(has_text="Household 9").click()
    page.wait_for_url(has_query("other", "9"))
    expect(page.get_by_test_id("stTable").filter(has_text="Household 9")).to_be_visible()
    want = [f"{100 * scored(store, scorers['din'], ['b2'], user).probability[0]:.1f} %" for user in ("7", "9")]

    def check_users() -> None:
        assert [row["DIN"] for row in users(page)] == want

    eventually(page, check_users)
    page.reload()
    expect(page.get_by_test_id("stTable").filter(has_text="Household 9")).to_be_visible()
    eventually(page, check_users)
    assert query(page)["hold"] == ["category"]
