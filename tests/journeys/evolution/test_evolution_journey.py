"""Journeys on the Evolution page: the path of DIEN's state, held against the core."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from playwright.sync_api import Page, expect

from din_core.domain.evolution import EvolutionPath
from din_core.explain import evolution_path
from din_core.scoring import Scorer
from din_core.sharing import parse
from din_core.store import BehaviorStore
from tests.journeys.charts import chart, traces
from tests.journeys.inspect_page import check_numbers
from tests.journeys.page_driver import box, options, query

NewPage = Callable[..., Page]


def path_of(page: Page, store: BehaviorStore, scorer: Scorer) -> EvolutionPath:
    """What the core says of the scenario in the address bar."""
    scenario = parse(query(page))[0].scenario
    assert scenario is not None
    history = store.history(scenario.user_id, scenario.as_of)
    return evolution_path(scorer, history, store.item(scenario.candidate_ids[0]), scenario.context)


def check_charts(page: Page, path: EvolutionPath) -> None:
    """Score, length of each step, attention and the plane are the core's."""
    score, moved, attention = traces(page, "evolution")
    np.testing.assert_allclose(score["y"][:-1], path.probability, atol=1e-6)
    np.testing.assert_allclose(moved["y"], np.linalg.norm(np.diff(path.states, axis=0), axis=1), atol=1e-6)
    np.testing.assert_allclose(attention["y"], path.attention, atol=1e-6)
    (plane,) = traces(page, "path")
    assert len(plane["x"]) == len(path.behaviors) + 1


def open_dien(page: Page, address: str) -> None:
    """The small world's opening example; DIEN is not on screen, but at hand."""
    page.goto(f"{address}models-evolution")
    chart(page, "evolution")
    page.wait_for_url(lambda url: "item=" in url)


def test_another_candidate_has_another_path_and_inspect_the_same_score(
    page: Page, address: str, store: BehaviorStore, scorers: dict[str, Scorer]
) -> None:
    open_dien(page, address)
    check_charts(page, path_of(page, store, scorers["dien"]))
    box(page, "candidate").fill("cheddar")
    options(page, "candidate").filter(has_text="Cheddar").click()
    expect(page.get_by_text("Cheddar · 8 oz · National, scored as of")).to_be_visible()
    page.wait_for_url(lambda url: "item=c1" in url)
    path = path_of(page, store, scorers["dien"])
    expect(page.get_by_text(f"Probability {100 * path.probability[-1]:.1f} %,")).to_be_visible()
    check_charts(page, path)
    page.get_by_role("link", name="Open in Inspect").click()
    expect(page.locator("#title")).to_have_text("Cheddar · 8 oz · National")
    check_numbers(page, store, scorers)
