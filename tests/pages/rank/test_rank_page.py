"""The Rank page over real (untrained) networks: the catalogue in order, a category alone, where the candidate is."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from din_core.pages.language.labels import percent
from din_core.pages.rank.ranking_records import change_words
from din_core.pages.widgets import catalogue_head
from tests.pages.conftest import World
from tests.pages.page_contents import read, records, sent_records

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
    table = records(ranked, "ranking")
    assert list(table["Item"]) == [items[i].label for i in order][: len(table)]
    assert list(table["DIN"]) == [percent(float(scores.probability[i])) for i in order]
    other = world.scorers["base"].score(history, items, scenario.context).logit
    ranks = [f"{1 + int((other > other[i]).sum()):,}" for i in order]
    assert list(table["Rank under Average pooling"]) == ranks[: len(table)]


def test_a_category_alone_keeps_the_ranks_among_all(ranked: AppTest) -> None:
    everything = records(ranked, "ranking")
    ranked.selectbox(key="rank_category").set_value("Dairy").run()
    table = records(ranked, "ranking")
    assert set(table["Category"]) == {"Dairy"}
    expected = everything[everything["Category"] == "Dairy"]
    assert list(table["Rank"]) == list(expected["Rank"])


def test_it_says_where_the_candidate_of_inspect_stands(ranked: AppTest) -> None:
    words = read(" ".join(e.value for e in ranked.markdown))
    table = records(ranked, "ranking")
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
    table = records(ranked, "ranking")
    scenario = ranked.session_state["din_lens"].scenario
    items = world.store.all_items()
    history = world.store.history(scenario.user_id, scenario.as_of)
    logit = {name: world.scorers[name].score(history, items, scenario.context).logit for name in ("din", "base")}
    order = np.argsort(-logit["base"], kind="stable")
    rank = {name: np.array([1 + int((own > value).sum()) for value in own]) for name, own in logit.items()}
    assert list(table["Item"]) == [items[i].label for i in order]
    assert list(table["Rank under DIN"]) == [str(n) for n in rank["din"][order]]
    assert list(table["Change"]) == [change_words(n) for n in (rank["din"] - rank["base"])[order].tolist()]


def test_a_sort_by_one_model_ends_where_the_other_models_best_are_asked_for(visit: Visit) -> None:
    page = visit("rank", **{"rank.sort": "-other_probability", "rank.columns": ["item", "other_probability"]})
    assert sent_records(page, "ranking")[0]["state"]["sort"] == "-other_probability"
    page.segmented_control(key="rank_by").set_value(1).run()
    state = sent_records(page, "ranking")[0]["state"]
    assert (state["sort"], state["columns"]) == (None, ["item", "other_probability"])
    assert "rank.sort" not in page.query_params and page.query_params["rank.by"] == "second"


@pytest.mark.parametrize(("places", "words"), [(0, "="), (3, "↑ 3"), (-1200, "↓ 1,200")])
def test_a_change_says_which_way(places: int, words: str) -> None:
    assert change_words(places).replace("\N{NO-BREAK SPACE}", " ") == words


def test_the_list_is_in_the_link_and_opens_from_it(ranked: AppTest, visit: Visit) -> None:
    ranked.selectbox(key="rank_category").set_value("Dairy")
    ranked.segmented_control(key="rank_by").set_value(1).run()
    address = {name: ranked.query_params[name] for name in ("rank.category", "rank.by")}
    assert address == {"rank.category": "Dairy", "rank.by": "second"}
    other = visit("rank", **address)
    assert other.session_state["din_lens"].results.found["ranking"][1].wait(60)
    assert records(other.run(), "ranking").equals(records(ranked, "ranking"))
    assert not other.exception and not other.warning


def test_a_category_that_no_item_has_is_told_and_all_are_listed(visit: Visit, world: World) -> None:
    page = visit("rank", **{"rank.category": "Moods"})
    (warning,) = page.warning
    assert read(warning.value) == "No item is of the category “Moods”, which the link names: all are listed."
    assert page.selectbox(key="rank_category").value == ""


def test_files_say_whose_ranking_it_is_and_whether_all_was_scored(ranked: AppTest, world: World) -> None:
    head, body = sent_records(ranked, "ranking")
    scenario = ranked.session_state["din_lens"].scenario
    assert head["about"] == {
        "user": "7",
        "as_of": "2017-11-20T00:00:00Z",
        "model": "DIN",
        "fingerprint": world.scorers["din"].fingerprint,
        "other_model": "Average pooling",
        "other_fingerprint": world.scorers["base"].fingerprint,
        "items": 7,
        "ranking_complete": True,
        "rows": 7,
        "rows_in_all": 7,
    }
    held = {column["name"]: column["values"] for column in body["columns"]}
    items = world.store.items(held["item_id"])
    history = world.store.history(scenario.user_id, scenario.as_of)
    scores = world.scorers["din"].score(history, items, scenario.context)
    assert held["probability"] == pytest.approx(scores.probability.tolist())
    assert held["rank"] == list(range(1, 8))


def test_a_ranking_that_was_stopped_is_called_incomplete_in_files(ranked: AppTest) -> None:
    ranking = ranked.session_state["din_lens"].results.found["ranking"][1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(ranking), "done", property(lambda self: (7, 6)))
        assert sent_records(ranked.run(), "ranking")[0]["about"]["ranking_complete"] is False


def test_each_row_leads_to_its_item_in_inspect(ranked: AppTest) -> None:
    _, body = sent_records(ranked, "ranking")
    for item_id, link in zip(body["keys"], body["links"], strict=True):
        path, _, query = link.partition("?")
        assert path == "explain-inspect"
        assert (parse_qs(query)["item"], parse_qs(query)["user"]) == ([item_id], ["7"])


def test_more_rows_are_listed_when_a_link_asks_for_fewer_than_the_catalogue_has(visit: Visit) -> None:
    page = visit("rank", **{"rank.rows": "3"})
    assert page.session_state["din_lens"].results.found["ranking"][1].wait(60)
    head, body = sent_records(page.run(), "ranking")
    assert (head["count"], head["total"], len(body["keys"])) == (3, 7, 3)
