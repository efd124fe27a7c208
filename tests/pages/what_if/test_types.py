"""Types of behaviors on What if: shown, changed, and scored as a history that really has them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from din_core.domain import Line, SetType
from din_core.domain.edits import apply
from tests.pages.conftest import World, go_to
from tests.pages.what_if.what_if_payload import do, payload
from tests.small_world import MONDAY, WEEK

Visit = Callable[..., AppTest]
NEWEST_MILK = MONDAY - WEEK + 3600
VIEW_MILK = ["edit", "type", "m1", "2017-11-13T01:00:00Z", "1", "view"]


def what_if(visit: Visit) -> AppTest:
    return go_to(visit(models="din-reading,din"), "whatif")


def test_lines_have_types_and_those_that_may_be_chosen_are_known(visit: Visit, typed: World) -> None:
    shown = payload(what_if(visit))
    assert {(line[0], line[6]) for line in shown["lines"]} == {
        ("m1", "buy"),
        ("b1", "buy"),
        ("c1", "view"),
        ("n1", None),
    }
    assert shown["types"] == ["buy", "view"]
    assert shown["order"].startswith("To DIN, neither order nor dates")


def test_another_type_scores_as_a_history_that_has_it(visit: Visit, typed: World) -> None:
    page = do(what_if(visit), VIEW_MILK)
    shown = payload(page)
    assert shown["steps"][-1]["label"] == "Milk · 1 gal · Private, 13 Nov 2017: buy → view"
    edited = apply(typed.store.history("7", MONDAY), [SetType(Line("m1", NEWEST_MILK), "view")])
    impression = typed.store.impressions("7")[0]
    for name, found in zip(("din-reading", "din"), shown["steps"][-1]["p"], strict=True):
        scores = typed.scorers[name].score(edited, [impression.item], impression.context)
        assert found == pytest.approx(float(scores.probability[0]), rel=1e-6)
    first, last = shown["steps"][0]["p"], shown["steps"][-1]["p"]
    assert first[0] != last[0] and first[1] == last[1]
    assert next(line for line in shown["lines"] if line[:2] == ["m1", NEWEST_MILK])[6] == "view"


def test_a_store_without_types_offers_none(visit: Visit) -> None:
    shown = payload(visit("whatif"))
    assert shown["types"] == []
    assert all(line[6] is None for line in shown["lines"])
