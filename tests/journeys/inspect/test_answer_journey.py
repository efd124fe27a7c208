"""The answer comes first, why after it; each word that needs it opens its definition, and nothing moves meanwhile."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from din_core.domain import Scenario
from din_core.pages.inspect.inspection import read_inputs
from din_core.pages.inspect.measured_effects import measure_effects
from din_core.pages.language.answer_texts import (
    answer_words_for,
    chance_segments,
    join_segments,
    reason_segments,
    short_names,
)
from din_core.pages.session.visitor import as_visitor
from din_core.scoring import Scorer
from din_core.sharing import parse
from din_core.store import BehaviorStore
from tests.journeys.held_requests import HeldRequests
from tests.journeys.inspect_page import model_box, open_example
from tests.journeys.page_driver import has_query, header_link, query

NewPage = Callable[..., Page]


def sentence_of(page: Page, store: BehaviorStore, scorers: dict[str, Scorer], language: str = "en") -> str:
    """The core's answer of what the address bar says, in words."""
    scenario = parse(query(page))[0].scenario
    assert isinstance(scenario, Scenario)
    inputs = read_inputs(store, scenario, store.impressions(scenario.user_id))
    name = scenario.checkpoints[0].partition("@")[0]
    baseline = None if name == "base" else scorers["base"]
    place = inputs.place(scenario.candidates[0])
    found = measure_effects(inputs, scorers[name], place, baseline=baseline)
    words = answer_words_for(store.summary())
    with as_visitor(language):
        called = short_names([found.candidate], inputs.labels)[found.candidate.item_id]
        parts = [
            chance_segments(scorers[name].config.title, found.answer.probability, called, words),
            reason_segments(found.answer, found.candidate, found.behaviors, "Average pooling", words, inputs.labels),
        ]
        return "".join(join_segments(parts))


def test_the_sentence_is_the_cores_for_each_model(
    page: Page, address: str, store: BehaviorStore, scorers: dict[str, Scorer]
) -> None:
    open_example(page, address)
    for name in ("DIN", "Average pooling", "DIN · softmax", "DIEN", "Sum pooling"):
        model_box(page, 0).select_option(label=name)
        expect(page.locator("#says")).to_contain_text(f"{name} gives this household")
        page.locator("#cases").press("ArrowDown")
        expect(page).to_have_url(has_query("item", "m2"))
        page.wait_for_url(has_model(scorers, name))
        expect(page.locator("#reason")).to_contain_text("They did not buy it.")
        expect(page.locator("#answer")).to_have_text(sentence_of(page, store, scorers))
        page.locator("#cases").press("ArrowUp")
        expect(page).to_have_url(has_query("item", "b2"))


def has_model(scorers: dict[str, Scorer], name: str) -> re.Pattern[str]:
    """Matches an address whose first model this is."""
    (folder,) = (folder for folder, scorer in scorers.items() if scorer.config.title == name)
    return re.compile(rf"[?&]models={folder}%40")


def test_the_tab_is_called_after_what_is_on_screen(page: Page, address: str) -> None:
    open_example(page, address)
    expect(page).to_have_title(re.compile(r"^Stout · Household 7 · \d+.%$"))
    page.locator("#cases").press("ArrowDown")
    expect(page).to_have_title(re.compile(r"^Milk · Household 7 · \d+.%$"))
    page.get_by_role("button", name="简体中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh")
    expect(page).to_have_title(re.compile(r"^Milk · 家庭 7 · \d+.%$"))
    expect(page.locator("#shown-title")).to_have_text("2017 年 11 月 20 日的候选")
    header_link(page, "比较").click()
    expect(page).to_have_title("场景 · 比较 · DIN Lens")
    expect(page).to_have_url(has_query("lang", "zh"))


def test_the_second_half_comes_later_and_moves_nothing(page: Page, address: str) -> None:
    open_example(page, address)
    expect(page.locator("#reason")).to_contain_text("They did buy it.")
    places = [page.locator(part).bounding_box() for part in ("#cases", "#parts-room", "#plot", "#table-title")]
    requests = HeldRequests(page, "**/_din/inspect?*ask.want=effects*")
    model_box(page, 0).select_option(label="DIN · paper input")
    expect(page.locator("#says")).to_contain_text("DIN · paper input gives")
    expect(page.locator("#reason")).to_be_empty()
    now = [page.locator(part).bounding_box() for part in ("#cases", "#parts-room", "#plot", "#table-title")]
    assert now == places
    requests.release()
    expect(page.locator("#reason")).to_contain_text("They did buy it.")
    now = [page.locator(part).bounding_box() for part in ("#cases", "#parts-room", "#plot", "#table-title")]
    assert now == places


def test_the_parts_are_ranked_by_either_and_the_link_keeps_it(page: Page, address: str) -> None:
    open_example(page, address)
    page.get_by_role("radio", name="by category").check()
    expect(page).to_have_url(has_query("why", "category"))
    expect(page.locator("#parts button").first).to_have_text("Beers")
    page.reload()
    expect(page.locator("#parts button").first).to_have_text("Beers")
    page.get_by_role("radio", name="by item").check()
    expect(page.locator("#parts button").first).to_have_text("Lager · 12 oz · National")


def test_a_part_is_told_in_words_and_found_in_the_chart(page: Page, address: str) -> None:
    open_example(page, address)
    page.get_by_role("radio", name="by category").check()
    row = page.locator("#parts button").filter(has_text="Hardware")
    row.focus()
    expect(page.locator("#part-told")).to_contain_text("Hardware: 1 behavior. The chance is")
    row.press("Enter")
    expect(page.locator("#rows tr.lit th")).to_contain_text("Nails")


def test_a_word_opens_what_it_means(page: Page, address: str) -> None:
    open_example(page, address)
    term = page.get_by_role("button", name="Candidates", exact=True)
    term.press("Enter")
    expect(page.locator("#meaning")).to_be_visible()
    expect(page.locator("#meaning")).to_contain_text("the item that is scored")
    page.keyboard.press("Escape")
    expect(page.locator("#meaning")).to_be_hidden()
    page.locator("#technical-title").click()
    for words in ("makes the odds 2.7 times as high", "whether two rankings agree", "The fingerprint names"):
        expect(page.locator("#terms")).to_contain_text(words)


def test_a_phone_shows_the_whole_answer_before_it_scrolls(new_page: NewPage, address: str) -> None:
    page = new_page(width=400, height=800)
    open_example(page, address)
    expect(page.locator("#reason")).to_contain_text("They did buy it.")
    expect(page.locator("#answer")).to_be_in_viewport(ratio=1)
