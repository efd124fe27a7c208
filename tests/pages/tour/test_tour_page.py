"""Tour: every step says what its numbers say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from din_core.domain import DinLensError
from din_core.domain.tour import read_tour
from din_core.figures.tour import written
from din_core.pages.tour.page import STEPS, TOUR
from tests.pages.conftest import go_to
from tests.pages.page_contents import held_records, sent_records, shown_texts


def test_a_visitor_can_go_through_all_steps_and_back(visit: Callable[..., AppTest]) -> None:
    page = go_to(visit(), "tour")
    seen = [page.header[0].value]
    for _ in STEPS[1:]:
        page = page.button(key="tour_next").click().run()
        assert not page.exception
        seen.append(page.header[0].value)
    assert seen == [step.title for step in STEPS]
    assert "tour_next" not in [button.key for button in page.button]
    page = page.button(key="tour_back").click().run()
    assert page.header[0].value == STEPS[-2].title


def test_the_table_holds_the_shipped_numbers(visit: Callable[..., AppTest]) -> None:
    page = go_to(visit(), "tour")
    keyboard = read_tour(TOUR).candidate("mia-keyboard", "Keyboard")
    head, body = sent_records(page, "tour_din_table")
    texts = {column["name"]: shown_texts(column) for column in body["columns"]}
    reasons = dict(zip(texts["category"], texts["reason"], strict=True))
    assert reasons == {
        "Face cream": "not a reason",
        "Lipstick": "not a reason",
        "Mouse": "a reason, as the shopper was made",
    }
    held = held_records(page, "tour_din_table").set_index("category")
    for place, name in enumerate(texts["category"]):
        (entry,) = (one for one in keyboard.categories if one.name == name)
        assert texts["weight"][place] == written(entry.weight["din"], "weight")
        assert texts["points"][place] == written(entry.effect["din"], "effect")
        assert held.loc[name].to_list() == [entry.lines, entry.weight["din"], entry.effect["din"], int(entry.cause)]
    assert head["about"]["shopper"] == "mia-keyboard" and head["about"]["model"].startswith("din@")


def test_what_the_steps_say_is_true_of_the_shipped_numbers() -> None:
    tour = read_tour(TOUR)

    def of(user: str, title: str) -> dict[str, tuple[dict[str, float], dict[str, float]]]:
        return {c.name: (dict(c.weight), dict(c.effect)) for c in tour.candidate(user, title).categories}

    keyboard, coat = of("mia-keyboard", "Keyboard"), of("mia-keyboard", "Women's winter coat")
    assert max(keyboard, key=lambda name: keyboard[name][0]["din"]) == "Mouse"
    assert keyboard["Mouse"][1]["din"] > 50
    assert max(abs(weight["din"]) for weight, _ in coat.values()) < keyboard["Mouse"][0]["din"] / 2
    phone = tour.candidate("noor-tshirt-and-phone", "Phone").probability
    assert phone["din"] > 0.9 and phone["base"] < 0.2
    shirt = of("noor-tshirt-and-phone", "T-shirt")
    assert sum(weight["din"] for weight, _ in shirt.values()) > 3
    assert max(abs(effect["din"]) for _, effect in shirt.values()) < 0.1
    lena = of("lena-winter-coat", "Women's winter coat")
    boots, gloves = lena["Men's boots"], lena["Women's gloves"]
    assert abs(boots[0]["other"]) > 0.9 * abs(gloves[0]["other"])
    assert abs(boots[1]["other"]) < 0.1 < gloves[1]["other"]
    assert keyboard["Mouse"][0]["din"] > 0 > keyboard["Mouse"][0]["other"]
    assert keyboard["Mouse"][1]["other"] > 50


def test_a_file_that_is_no_tour_is_refused_with_the_way_to_write_one(tmp_path: Path) -> None:
    (tmp_path / "tour.json").write_text("[1]", encoding="utf-8")
    with pytest.raises(DinLensError, match="python -m trainer tour"):
        read_tour(tmp_path / "tour.json")


def test_the_step_is_in_the_link_and_opens_from_it(visit: Callable[..., AppTest]) -> None:
    page = go_to(visit(), "tour").button(key="tour_next").click().run()
    assert page.query_params["tour.step"] == "2"
    assert visit("tour", **{"tour.step": "3"}).header[0].value == STEPS[2].title
    assert visit("tour", **{"tour.step": "50"}).header[0].value == STEPS[-1].title


def test_a_step_that_no_tour_has_is_told(visit: Callable[..., AppTest]) -> None:
    page = visit("tour", **{"tour.step": "soon"})
    assert "“soon” is unknown" in page.warning[0].value.replace("\\", "")
    assert page.header[0].value == STEPS[0].title
