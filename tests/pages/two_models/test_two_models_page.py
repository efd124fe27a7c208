"""Two models over real (untrained) networks: any two on the scenario of *Inspect*, side by side."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import World, go_to
from tests.pages.page_contents import lens, said, words
from tests.small_world import MONDAY

Visit = Callable[..., AppTest]


def test_two_models_are_shown_on_the_scenario_of_inspect(visit: Visit, family: World) -> None:
    page = visit("compare-models", user="7", item="m2", models="dien,base-decay")
    assert "Household 7 · 45-54 · 2 adults, no kids: Milk · 1 qt · National" in words(page)
    history, item = family.store.history("7", MONDAY), family.store.item("m2")
    context = next(i.context for i in family.store.impressions("7") if i.item.item_id == "m2")
    for place, name in enumerate(("dien", "base-decay")):
        scores = family.scorers[name].score(history, [item], context)
        assert page.metric[place].value == f"{100 * float(scores.probability[0]):.1f} %"
        table = page.table[place].value
        best = sorted(scores.weight[0].tolist(), reverse=True)[:8]
        assert [float(w) for w in table["Weight"]] == [pytest.approx(w, abs=1e-4) for w in best]
        assert set(table["Repeats"]) == {"1"}  # both read behaviors one by one


def test_a_choice_here_is_a_choice_on_inspect(visit: Visit, family: World) -> None:
    page = visit("compare-models", user="7", item="m2")
    assert [box.value for box in page.selectbox] == ["din", "base"]
    page.selectbox[0].set_value("dot").run()
    page.selectbox[1].set_value("dien").run()
    chosen = [f"{name}@{family.scorers[name].fingerprint}" for name in ("dot", "dien")]
    assert page.query_params["models"] == ",".join(chosen)
    go_to(page, "")
    head, body = lens(page)
    assert head["chosen"] == chosen
    assert [model["name"] for model in body["models"]] == ["Dot product", "DIEN"]
    assert (head["selected"], page.query_params["user"]) == ("1 m2", "7")


def test_choosing_the_other_model_makes_the_two_change_places(visit: Visit, family: World) -> None:
    page = visit("compare-models")
    page.selectbox[0].set_value("base").run()
    assert [box.value for box in page.selectbox] == ["base", "din"]


def test_a_single_model_can_be_given_a_second(visit: Visit, family: World) -> None:
    page = visit("compare-models", models="dien")
    assert ([box.value for box in page.selectbox], len(page.metric)) == (["dien", None], 1)
    page.selectbox[1].set_value("din").run()
    assert ([box.value for box in page.selectbox], len(page.metric)) == (["dien", "din"], 2)


def test_without_a_scenario_the_page_says_where_to_choose_one(visit: Visit) -> None:
    page = visit("compare-models", user="nobody")
    assert not page.exception
    assert 'No user "nobody" in the store' in said(page)[0]
    assert "choose a user and a candidate" in words(page)


def test_a_user_without_behaviors_can_be_compared(visit: Visit, family: World) -> None:
    page = visit("compare-models", user="10", models="din,dien")
    assert not page.exception
    assert words(page).count("No behavior before that time") == 2


def test_a_link_to_a_checkpoint_that_cannot_be_used_opens_on_another(visit: Visit, family: World) -> None:
    (family.checkpoints / "dot" / "README.md").write_bytes("# Größe".encode("cp1252"))
    page = visit("compare-models", user="7", item="m2", models="dot,din")
    assert not page.exception
    assert any("dot" in sentence for sentence in said(page))
    assert [box.value for box in page.selectbox] == ["din", None]
