"""What stands on the Inspect page, as values a test can hold against the core."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from din_core.domain import Scenario, Scores
from din_core.scoring import Scorer
from din_core.sharing import parse
from din_core.store import BehaviorStore
from tests.journeys.page_driver import number, query


def wait_until_opened(page: Page) -> None:
    """Until the page shows a scenario and its address names it: a run of the page draws first and names last."""
    expect(page.locator("#title")).not_to_be_empty()
    page.wait_for_url(re.compile(r"[?&]user=.*[?&]item=.*[?&]models="))


def open_example(page: Page, address: str) -> None:
    """The small world's opening example."""
    page.goto(address)
    expect(page.locator("#title")).to_have_text("Stout · 12 oz · National")
    wait_until_opened(page)


def model_box(page: Page, place: int) -> Locator:
    """The field that chooses the model whose weights are shown (0), or the one it is compared with (1)."""
    return page.locator("#tiles select").nth(place)


def weights(page: Page) -> list[tuple[str, float]]:
    """Title and weight of each row of the table, in its order."""
    return column(page, "weight")


def column(page: Page, name: str) -> list[tuple[str, float]]:
    """Title and number of each row of the table, in its order."""
    expect(page.locator("#rows")).to_have_attribute("aria-busy", "false")  # rows out of sight are drawn when idle
    rows = page.locator("#rows tr").evaluate_all(
        "(rows, name) => rows.map(r => ['th', `.${name}`].map(at => r.querySelector(at).firstChild.textContent))", name
    )
    return [(title, number(text)) for title, text in rows]


def lens_text(page: Page) -> str:
    """All that the lens says, once every row of its table is drawn."""
    expect(page.locator("#rows")).to_have_attribute("aria-busy", "false")
    return page.locator("#lens").inner_text()


def drawing(page: Page) -> str:
    """The bars as they are drawn."""
    found: str = page.locator("#bars").evaluate("canvas => canvas.toDataURL()")
    return found


def scores_of(page: Page, store: BehaviorStore, scorers: Mapping[str, Scorer]) -> tuple[Scores, Scores]:
    """What the core says of the scenario in the address bar, by its two models."""
    link, problems = parse(query(page))
    assert problems == ()
    scenario = link.scenario
    assert isinstance(scenario, Scenario)
    history = store.history(scenario.user_id, scenario.as_of)
    items = [store.item(scenario.candidate_ids[0])]
    names = (checkpoint.partition("@")[0] for checkpoint in scenario.checkpoints)
    first, second = (scorers[name].score(history, items, scenario.context) for name in names)
    return first, second


def check_numbers(page: Page, store: BehaviorStore, scorers: Mapping[str, Scorer]) -> None:
    """Tiles, technical details and table hold what the core says, to the last digit shown."""
    first, second = scores_of(page, store, scorers)
    tiles = page.locator("#tiles .value")
    shown = [number(tiles.nth(place).inner_text()) for place in range(3)]
    shown.append(number(page.locator("#intensity").text_content() or ""))
    p, q = float(first.probability[0]), float(second.probability[0])
    assert shown == [
        pytest.approx(100 * p, abs=0.051),
        pytest.approx(100 * q, abs=0.051),
        pytest.approx(100 * (p - q), abs=0.051),
        pytest.approx(float(first.intensity[0]), abs=0.051),
    ]
    core = [(b.item.label, w) for b, w in zip(first.behaviors, first.weight[0].tolist(), strict=True)]
    assert sorted(weights(page)) == as_shown(core)


def as_shown(core: Sequence[tuple[str, float]]) -> list[tuple[str, Any]]:
    """Titles and weights in order of titles, each with the digits that a table of them shows."""
    largest = max([abs(w) for _, w in core], default=1.0)
    digits = min(max(3 - math.floor(math.log10(largest)), 1), 7)  # the largest has four
    return [(title, pytest.approx(w, abs=0.6 * 10**-digits)) for title, w in sorted(core)]
