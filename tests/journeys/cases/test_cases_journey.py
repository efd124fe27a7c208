"""Journeys among cases and cohorts: numbers on screen against the core, and a case opened in Inspect."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from din_core.cases import mean_weights, most_telling, read_cases
from din_core.scoring import Scorer
from din_core.store import BehaviorStore
from tests.journeys.inspect_page import check_numbers, open_example, wait_until_opened
from tests.journeys.page_driver import eventually, has_query, header_link, number, query, wait_until_rest
from tests.journeys.record_table import read_csv, read_json, record_lines, record_rows, save_records

NewPage = Callable[..., Page]
MONDAY = 1511136000


def test_a_case_shows_the_cores_numbers_and_opens_in_inspect(
    page: Page, address: str, store: BehaviorStore, scorers: dict[str, Scorer]
) -> None:
    open_example(page, address)
    header_link(page, "Find").click()
    expect(page.get_by_role("heading", name="Cases worth seeing")).to_be_visible()
    page.locator(".st-key-case_kind").get_by_text("Largest gap", exact=True).click()
    expect(page.get_by_text("3 of 3 cases, among 3 impressions.")).to_be_visible()
    history = store.history("7", MONDAY)
    expected = []
    for shown in store.impressions("7", "test"):
        p, q = (
            100 * float(scorers[name].score(history, [shown.item], shown.context).probability[0])
            for name in ("din", "base")
        )
        expected.append((shown.item, p, q))
    expected.sort(key=lambda line: -abs(line[1] - line[2]))
    lines = record_lines(page, "cases")
    expect(lines).to_have_count(len(expected))
    expect(lines.first).to_contain_text(expected[0][0].label)
    for (item, p, q), row in zip(expected, record_rows(page, "cases"), strict=True):
        assert row["Candidate"] == item.label
        assert number(row["DIN"]) == pytest.approx(p, abs=0.051)
        assert number(row["Average pooling"]) == pytest.approx(q, abs=0.051)
    lines.nth(1).click()  # wherever: all of a row is its link
    expect(page.locator("#title")).to_have_text(expected[1][0].label)
    wait_until_opened(page)
    page.wait_for_url(lambda url: f"item={expected[1][0].item_id}" in url)
    assert (query(page)["user"], query(page)["item"]) == (["7"], [expected[1][0].item_id])
    check_numbers(page, store, scorers)


def test_a_case_of_negative_weights_opens_with_its_behavior_singled_out(
    page: Page, address: str, checkpoints: Path, store: BehaviorStore
) -> None:
    cases = read_cases(checkpoints / "cases")
    first = int(most_telling(cases, "negative", np.ones(len(cases.item), dtype=bool), 1)[0][0])
    item_id = cases.item_ids[cases.low_item[first]]
    page.goto(f"{address}find-cases?cases.kind=negative")
    record_lines(page, "cases").first.click()
    wait_until_opened(page)
    lit = page.locator("#rows tr.lit")
    expect(lit).to_contain_text(store.item(item_id).label)
    expect(page.locator("#rows tr").first).to_have_class("lit")  # the most negative comes first
    expect(page).to_have_url(has_query("behavior", item_id))
    page.reload()
    expect(lit).to_contain_text(store.item(item_id).label)
    page.locator("#rows tr").nth(1).click()  # another one is of interest now
    page.wait_for_url(lambda url: "behavior=" not in url)
    page.locator("#rows tr").nth(1).click()
    page.mouse.move(0, 0)
    expect(lit).to_have_count(0)


def test_a_cohorts_means_are_those_of_the_stored_sums_and_follow_the_slice(
    page: Page, address: str, checkpoints: Path
) -> None:
    page.goto(f"{address}find-cohorts")
    expect(page.get_by_text("Impressions: 3. Households: 1.")).to_be_visible()
    cases = read_cases(checkpoints / "cases")

    def check(rows: np.ndarray) -> None:
        mean = mean_weights(cases, "age", rows)
        places = np.flatnonzero(mean.count).tolist()

        def check_shown() -> None:
            listed = record_rows(page, "age_table")
            assert [number(listed[place]["Mean"]) for place in places] == [
                pytest.approx(float(mean.value[place]), rel=0.01, abs=1e-5) for place in places
            ]

        eventually(page, check_shown)

    expect(page.get_by_text("Impressions of the slice: 3")).to_be_visible()  # the last that is drawn
    page.locator(".st-key-cohort_age").locator("xpath=following::summary[1]").click()  # its equal table
    check(np.ones(3, dtype=bool))
    choice = page.get_by_role("combobox", name="Category of the candidate", exact=True)
    choice.scroll_into_view_if_needed()  # a list that is open closes when the page scrolls, and is told a frame later
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    choice.fill("Dairy")
    expect(page.get_by_role("option")).to_have_text(["Dairy"])
    choice.press("Enter")
    expect(page.get_by_text("Impressions: 1. Households: 1.")).to_be_visible()
    check(cases.category == cases.categories.index("Dairy"))
    wait_until_rest(page)  # meanwhile the former slice's chart may stand beside the new one
    expect(page.locator(".st-key-cohort_categories .js-plotly-plot")).to_be_visible()


def test_a_table_is_sorted_filtered_and_cut_to_columns_and_opens_so_from_its_link(
    page: Page, new_page: NewPage, address: str
) -> None:
    page.goto(f"{address}find-cases?cases.kind=gap")
    lines = record_lines(page, "cases")
    expect(lines).to_have_count(3)
    head = page.get_by_role("columnheader", name="DIN", exact=True)
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    shown = [number(row["DIN"]) for row in record_rows(page, "cases")]
    assert shown == sorted(shown, reverse=True)
    expect(page).to_have_url(has_query("cases.sort", "-probability"))
    page.get_by_label("Filter: Largest gap").fill("NAIL")
    expect(lines).to_have_count(1)
    expect(page.locator(".st-key-cases #count")).to_have_text("1 of 3 rows match")
    page.get_by_role("button", name="Columns").click()
    page.get_by_label("Candidate: id").check()
    page.get_by_label("Household", exact=True).uncheck()
    page.keyboard.press("Escape")
    expect(page).to_have_url(has_query("cases.columns", "candidate_id"))
    (row,) = record_rows(page, "cases")
    assert row["Candidate: id"] == "n1" and "Household" not in row
    other = new_page()
    other.goto(page.url)
    expect(record_lines(other, "cases")).to_have_count(1)
    assert eventually(other, lambda: record_rows(other, "cases")) == [row]
    assert other.get_by_label("Filter: Largest gap").input_value() == "NAIL"


def test_files_hold_ids_iso_times_plain_numbers_the_model_and_links(
    page: Page, address: str, scorers: dict[str, Scorer]
) -> None:
    page.goto(f"{address}find-cases?cases.kind=gap")
    expect(record_lines(page, "cases")).to_have_count(3)
    page.wait_for_url(lambda url: "cases.kind=gap" in url and "user=" in url)
    rows = read_csv(save_records(page, "cases", "csv"))
    assert {row["candidate_id"] for row in rows} == {"b2", "m2", "n1"}
    assert all(0 < float(row["probability"]) < 1 and row["label"] in ("0", "1") for row in rows)
    assert {row["shown_at"] for row in rows} == {"2017-11-20T00:00:00Z"}
    assert {(row["model"], row["fingerprint"]) for row in rows} == {("DIN", scorers["din"].fingerprint)}
    assert {row["link"] for row in rows} == {page.url}
    assert all(f"item={row['candidate_id']}" in row["row_link"] for row in rows)
    saved = read_json(save_records(page, "cases", "json"))
    assert (saved["title"], saved["link"], saved["rows_in_all"]) == ("Largest gap", page.url, 3)
    assert [row["candidate_id"] for row in saved["rows"]] == [row["candidate_id"] for row in rows]
    assert all(isinstance(row["difference_points"], float) for row in saved["rows"])


def test_rows_are_reached_and_opened_by_the_keyboard_and_back_leads_to_the_list(page: Page, address: str) -> None:
    page.goto(f"{address}find-cases?cases.kind=gap")
    expect(record_lines(page, "cases")).to_have_count(3)
    page.wait_for_url(lambda url: "cases.kind=gap" in url and "user=" in url)
    wait_until_rest(page)
    there = page.url
    row = record_lines(page, "cases").nth(2).get_by_role("link")
    title = row.inner_text()
    page.get_by_role("columnheader", name="Category", exact=True).get_by_role("button").focus()
    for _ in range(6):  # of each row the tick and the link
        page.keyboard.press("Tab")
    expect(row).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#title")).to_have_text(title)
    wait_until_opened(page)
    page.go_back()
    expect(record_lines(page, "cases")).to_have_count(3)
    expect(page).to_have_url(there)
