"""The Rank page over real (untrained) networks: the catalogue in order, a category alone, where the candidate is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from din_core.pages.rank import page as rank_page
from din_core.pages.widgets import catalogue_head
from tests.pages.conftest import World
from tests.pages.page_contents import read

Visit = Callable[..., AppTest]


@pytest.fixture
def ranked(visit: Visit) -> AppTest:
    """The page once everything is scored."""
    page = visit("rank")
    assert page.session_state["din_lens"].results.found["ranking"][1].wait(60)
    return page.run()


def test_the_table_has_the_catalogue_in_the_models_order(ranked: AppTest, world: World) -> None:
    assert not ranked.exception and not ranked.warning
    scenario = ranked.session_state["din_lens"].scenario
    items = world.store.all_items()
    history = world.store.history(scenario.user_id, scenario.as_of)
    scores = world.scorers["din"].score(history, items, scenario.context)
    order = np.argsort(-scores.logit, kind="stable")
    table = ranked.dataframe[0].value
    assert list(table["Item"]) == [items[i].label for i in order][: len(table)]
    assert list(table["DIN"]) == [f"{100 * scores.probability[i]:.1f} %" for i in order][: len(table)]
    other = world.scorers["base"].score(history, items, scenario.context).logit
    ranks = [f"{1 + int((other > other[i]).sum()):,}" for i in order]
    assert list(table["Rank under Average pooling"]) == ranks[: len(table)]


def test_a_category_alone_keeps_the_ranks_among_all(ranked: AppTest) -> None:
    everything = ranked.dataframe[0].value
    ranked.selectbox(key="rank_category").set_value("Dairy").run()
    table = ranked.dataframe[0].value
    assert set(table["Category"]) == {"Dairy"}
    expected = everything[everything["Category"] == "Dairy"]
    assert list(table["Rank"]) == list(expected["Rank"])


def test_it_says_where_the_candidate_of_inspect_stands(ranked: AppTest) -> None:
    words = read(" ".join(e.value for e in ranked.markdown))
    table = ranked.dataframe[0].value
    (rank,) = table.loc[table["Item"] == "Stout · 12 oz · National", "Rank"]
    assert f"The candidate on Inspect, Stout · 12 oz · National, is number {rank} of {len(table)} under DIN." in words


def test_another_user_starts_another_ranking(ranked: AppTest) -> None:
    before = ranked.session_state["din_lens"].results.found["ranking"][1]
    assert ranked.run().session_state["din_lens"].results.found["ranking"][1] is before
    ranked.query_params["user"] = "8"
    ranked.run()
    assert ranked.session_state["din_lens"].results.found["ranking"][1] is not before
    assert before.stopped


def test_too_many_items_are_told(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue_head, "MOST_ITEMS", 2)
    page = visit("rank")
    assert not page.exception
    assert "but this page ranks 2 at most" in " ".join(e.value for e in page.markdown)


def test_the_other_models_best_come_first_when_it_is_asked(ranked: AppTest, world: World) -> None:
    ranked.segmented_control(key="rank_by").set_value(1).run()
    table = ranked.dataframe[0].value
    scenario = ranked.session_state["din_lens"].scenario
    items = world.store.all_items()
    history = world.store.history(scenario.user_id, scenario.as_of)
    logit = {name: world.scorers[name].score(history, items, scenario.context).logit for name in ("din", "base")}
    order = np.argsort(-logit["base"], kind="stable")
    rank = {name: np.array([1 + int((own > value).sum()) for value in own]) for name, own in logit.items()}
    assert list(table["Item"]) == [items[i].label for i in order]
    assert list(table["Rank under DIN"]) == [str(n) for n in rank["din"][order]]
    assert list(table["Change"]) == [rank_page.change_words(n) for n in (rank["din"] - rank["base"])[order].tolist()]


@pytest.mark.parametrize(("places", "words"), [(0, "="), (3, "↑ 3"), (-1200, "↓ 1,200")])
def test_a_change_says_which_way(places: int, words: str) -> None:
    assert rank_page.change_words(places).replace("\N{NO-BREAK SPACE}", " ") == words


def test_the_list_is_in_the_link_and_opens_from_it(ranked: AppTest, visit: Visit) -> None:
    ranked.selectbox(key="rank_category").set_value("Dairy")
    ranked.segmented_control(key="rank_by").set_value(1).run()
    address = {name: ranked.query_params[name] for name in ("rank.category", "rank.by")}
    assert address == {"rank.category": "Dairy", "rank.by": "second"}
    other = visit("rank", **address)
    assert other.session_state["din_lens"].results.found["ranking"][1].wait(60)
    assert other.run().dataframe[0].value.equals(ranked.dataframe[0].value)
    assert not other.exception and not other.warning


def test_a_category_that_no_item_has_is_told_and_all_are_listed(visit: Visit, world: World) -> None:
    page = visit("rank", **{"rank.category": "Moods"})
    (warning,) = page.warning
    assert read(warning.value) == "No item is of the category “Moods”, which the link names: all are listed."
    assert page.selectbox(key="rank_category").value == ""
