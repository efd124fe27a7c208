"""Types of behaviors on Inspect, and what they and the time gap do to a weight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from din_core.explain import unit_reading
from din_core.pages.inspect.inspection import history_rows
from din_core.pages.inspect.unit_reading_section import behavior_labels, parts_words, types_table
from tests.explain.scenes import history
from tests.pages.conftest import World
from tests.pages.page_contents import lens
from tests.small_world import MONDAY

Visit = Callable[..., AppTest]
TITLE = "What type and time do to a weight"


def opened(page: AppTest) -> AppTest:
    """With the section unfolded."""
    page.session_state["unit_reading"] = True
    return page.run()


def test_every_line_comes_with_its_type(visit: Visit, typed: World) -> None:
    _, body = lens(visit(models="din-reading,base"))
    past = typed.store.history("7", MONDAY)
    assert body["timeline"]["lineType"] == [b.behavior_type for b in past.behaviors]
    assert set(body["timeline"]["lineType"]) == {"buy", "view", None}
    assert len(body["timeline"]["title"]) == len(past.behaviors)  # each stands for itself
    badges = body["models"][0]["badges"]
    assert "reads types of behaviors" in badges and "reads time gaps" in badges


def test_a_folded_history_has_types_line_by_line_and_one_without_types_has_none(visit: Visit, typed: World) -> None:
    _, body = lens(visit(models="din,base"))
    assert len(body["timeline"]["lineType"]) == len(body["timeline"]["lineRow"])


def test_a_store_without_types_sends_none(visit: Visit) -> None:
    assert lens(visit())[1]["timeline"]["lineType"] == []


def test_the_link_holds_the_type_that_is_listed(visit: Visit, typed: World) -> None:
    page = visit(type="view")
    assert lens(page)[0]["view"]["type"] == "view"
    assert page.query_params["type"] == "view"
    assert "type" not in visit().query_params


def test_another_type_is_another_history() -> None:
    """Answers are kept by the rows that they were made of."""
    past = history("ab")
    other = replace(past, behaviors=(replace(past.behaviors[0], behavior_type="wish"), past.behaviors[1]))
    assert repr(history_rows(past)) != repr(history_rows(other))


def test_the_section_says_what_the_explanation_measures(visit: Visit, typed: World) -> None:
    page = opened(visit(models="din-reading,base"))
    assert not page.exception
    assert TITLE in [expander.label for expander in page.expander]
    scorer, past = typed.scorers["din-reading"], typed.store.history("7", MONDAY)
    shown = typed.store.impressions("7")[0]
    weights = scorer.score(past, [shown.item], shown.context).weight[0]
    strongest = int(abs(weights).argmax())
    wanted = unit_reading(scorer, past, shown.item, shown.context, strongest)
    assert parts_words(wanted) in [text.value.replace("\\", "") for text in page.markdown]
    assert types_table(wanted)["Type"].str.contains("as it is").sum() == 1
    (table,) = (e.value for e in page.table if "Type" in e.value.columns)
    assert table["Weight"].tolist() == types_table(wanted)["Weight"].tolist()


def test_two_items_of_one_title_are_told_apart_by_their_ids(typed: World) -> None:
    past = typed.store.history("7", MONDAY)
    scores = typed.scorers["din-reading"].score(past, [past.behaviors[0].item], {})
    places = {behavior.item.item_id: place for place, behavior in enumerate(scores.behaviors)}
    twins = [replace(one, item=replace(one.item, title="Milk")) for one in scores.behaviors]
    both = behavior_labels(replace(scores, behaviors=tuple(twins)), list(places.values()))
    assert len(both) > 1
    for text, item_id in zip(both, places, strict=True):
        assert text.startswith(f"Milk · item {item_id} · ")


@pytest.mark.parametrize("models", ["din,base", "base,din-reading"])
def test_a_model_that_reads_neither_has_no_such_section(visit: Visit, typed: World, models: str) -> None:
    assert TITLE not in [expander.label for expander in visit(models=models).expander]
