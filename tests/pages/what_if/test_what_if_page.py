"""The What if page over a real store and real (untrained) networks: edits, their scores, undo, pin, links."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from din_core.domain import Add, Drop, DropItem, History, Line, Move, Repeat, SetProfile, Truncate
from din_core.domain.edits import apply
from din_core.pages.what_if.payload import GONE, NEW
from din_core.sharing import MAX_EDITS, edit_parts, parse
from tests.pages.conftest import World, go_to
from tests.pages.page_contents import boxes, read, said, shows_lens
from tests.pages.what_if.what_if_payload import DROP_MILK, DROP_NAILS, do, payload
from tests.small_world import MONDAY, WEEK
from tests.twice_shown import show_twice

Visit = Callable[..., AppTest]
NEWEST_MILK = MONDAY - WEEK + 3600


def history(world: World, *edits: Any, items: tuple[str, ...] = ()) -> History:
    found = {item_id: world.store.item(item_id) for item_id in items}
    return apply(world.store.history("7", MONDAY), edits, found)


def scores(world: World, edited: History, item_id: str = "b2", **context: str | None) -> list[float]:
    shown = dict(world.store.impressions("7")[0].context) | context
    item = world.store.item(item_id)
    return [float(scorer.score(edited, [item], shown).probability[0]) for scorer in world.scorers.values()]


def last(page: AppTest) -> list[float]:
    return payload(page)["steps"][-1]["p"]


def test_the_page_opens_on_the_scenario_as_it_is(visit: Visit, world: World) -> None:
    page = visit("whatif")
    assert not page.exception
    shown = payload(page)
    assert [step["label"] for step in shown["steps"]] == ["As it was"]
    assert last(page) == pytest.approx(scores(world, history(world)), rel=1e-6)
    assert (shown["candidate"]["id"], shown["pinned"], len(shown["lines"])) == ("b2", 0, 25)
    assert any("nothing is written to the behavior store" in text.value for text in page.markdown)
    assert "edits" not in page.query_params


def test_of_impressions_of_one_item_at_once_the_one_of_the_link_is_edited(
    visit: Visit, world: World, tmp_path: Path
) -> None:
    show_twice(world.store.engine, tmp_path / "again")
    mailers = ("Interior page feature", "Front page feature")
    for number, mailer in enumerate(mailers, 1):
        page = do(visit("whatif", user="7", item="m2", at="2017-11-20", nth=str(number)), DROP_NAILS)
        want = scores(world, history(world, DropItem("n1")), "m2", mailer=mailer, display="Not on display")
        assert last(page) == pytest.approx(want, rel=1e-6)
        label = boxes(page)["What this household was shown"]["selected"]["label"]
        assert f"Mailer: {mailer}" in label
        assert page.query_params.get("nth") == (None if number == 1 else "2")


def test_each_edit_is_a_child_of_the_last_state_with_its_own_scores(visit: Visit, world: World) -> None:
    page = do(visit("whatif"), DROP_NAILS, DROP_MILK, ["edit", "add", "b2"])
    steps = payload(page)["steps"]
    assert [step["label"] for step in steps] == [
        "As it was",
        "Dropped Nails · 1 lb, 19 Nov 2017",
        "Dropped Milk · 1 gal · Private, 13 Nov 2017",
        "Added Stout · 12 oz · National, as the newest",
    ]
    edits = DropItem("n1"), Drop(Line("m1", NEWEST_MILK)), Add("b2")
    for count, step in enumerate(steps):
        assert step["p"] == pytest.approx(scores(world, history(world, *edits[:count], items=("b2",))), rel=1e-6)
    assert world.store.history("7", MONDAY) == history(world)


def test_the_list_holds_the_weights_of_the_last_and_of_the_pinned_state(visit: Visit, world: World) -> None:
    page = do(visit("whatif"), ["edit", "repeat", "3", "m1", "2017-11-13T01:00:00Z"], DROP_NAILS, ["edit", "add", "m2"])
    shown = payload(page)
    edits = Repeat(Line("m1", NEWEST_MILK), 3), DropItem("n1"), Add("m2")
    item, context = world.store.item("b2"), world.store.impressions("7")[0].context
    for place, edited in enumerate([history(world, *edits, items=("m2",)), history(world)]):
        wanted = world.scorers["din"].score(edited, [item], context)
        weights = dict(zip([b.item.item_id for b in wanted.behaviors], wanted.weight[0].tolist(), strict=True))
        counts = {b.item.item_id: b.count for b in wanted.behaviors}
        for row in shown["rows"]:
            assert row["count"][place] == counts.get(row["id"], 0)
            if row["id"] in weights:
                assert row["weight"][place] == pytest.approx(weights[row["id"]], rel=1e-5)
                assert row["total"][place] == pytest.approx(weights[row["id"]] * counts[row["id"]], rel=1e-5)
            else:
                assert row["weight"][place] is None and row["total"][place] is None
        assert shown["intensity"][place] == pytest.approx(float(wanted.intensity[0]), rel=1e-5)
    assert shown["rows"][0]["id"] == "m2"
    lines = shown["lines"]
    assert [line[0] for line in lines if line[3] == NEW] == ["m2", "m1", "m1"]
    assert [line[0] for line in lines if line[3] == GONE] == ["n1"]
    assert [line[1] for line in lines] == sorted((line[1] for line in lines), reverse=True)


def test_a_model_of_sequences_weighs_every_behavior(visit: Visit, family: World) -> None:
    page = visit(models="dien,din")
    shown = payload(go_to(page, "whatif"))
    item, context = family.store.item("b2"), family.store.impressions("7")[0].context
    wanted = family.scorers["dien"].score(history(family), [item], context).weight[0]
    np.testing.assert_allclose([line[4] for line in shown["lines"][: len(wanted)]], wanted[::-1], rtol=1e-5)
    assert all(line[4] is None for line in shown["lines"][len(wanted) :])
    assert shown["order"].startswith("To DIN, neither order nor dates")


def test_edits_are_undone_one_by_one_and_each_alone(visit: Visit, world: World) -> None:
    page = do(visit("whatif"), DROP_NAILS, DROP_MILK, ["undo", -1, None])
    assert last(page) == pytest.approx(scores(world, history(world, DropItem("n1"))), rel=1e-6)
    page = do(page, DROP_MILK, ["undo", 0, list(edit_parts(DropItem("n1")))])
    assert last(page) == pytest.approx(scores(world, history(world, Drop(Line("m1", NEWEST_MILK)))), rel=1e-6)
    page = do(page, ["undo", 0, list(edit_parts(DropItem("n1")))])
    assert len(payload(page)["steps"]) == 2, "what is no longer on screen is not undone"
    page = do(page, DROP_NAILS, ["clear"])
    assert len(payload(page)["steps"]) == 1 and "edits" not in page.query_params


def test_what_stands_on_an_undone_edit_goes_with_it(visit: Visit) -> None:
    add, repeat = ["edit", "add", "b2", "2017-11-01T00:00:00Z"], ["edit", "repeat", "2", "b2", "2017-11-01T00:00:00Z"]
    page = do(visit("whatif"), add, repeat, ["undo", 0, add[1:]])
    assert len(payload(page)["steps"]) == 1
    assert 'holds 0 behaviors with item "b2" at 2017-11-01T00:00:00Z' in said(page)[0]


def test_any_state_can_be_pinned_and_the_link_keeps_it(visit: Visit) -> None:
    page = do(visit("whatif"), DROP_NAILS, DROP_MILK, ["pin", 1])
    shown = payload(page)
    assert shown["pinned"] == 1 and page.query_params["pin"] == "1"
    counts = {row["id"]: row["count"] for row in shown["rows"]}
    assert counts["m1"] == [11, 12] and "n1" not in counts
    page = do(page, ["undo", 0, DROP_NAILS[1:]])
    assert payload(page)["pinned"] == 0


def test_profile_context_and_candidate_are_edits_too(visit: Visit, world: World) -> None:
    page = do(visit("whatif"), ["edit", "profile", "age", "65+"], ["edit", "context", "store", "Store 292"])
    page = do(page, ["edit", "candidate", "m2"])
    shown = payload(page)
    assert [step["label"] for step in shown["steps"][1:]] == [
        "Age: 45-54 → 65+",
        "Store: Store 367 → Store 292",
        "Candidate: Milk · 1 qt · National",
    ]
    edited = history(world, SetProfile("age", ("65+",)))
    assert last(page) == pytest.approx(scores(world, edited, "m2", store="Store 292"), rel=1e-6)
    age, _ = shown["profile"]
    assert (age["was"], age["now"], age["options"]) == (["45-54"], ["65+"], ["45-54", "65+"])
    assert (shown["candidate"]["id"], shown["candidate"]["then"]) == ("m2", "Stout · 12 oz · National")
    assert boxes(page)["Candidate: any item of the catalogue"]["selected"]["id"] == "m2"
    assert payload(do(page, ["pin", 1]))["profile"][0]["was"] == ["65+"], "compared with the pinned state"
    assert page.query_params["item"] == "b2", "the scenario's own candidate stays where it was"


def test_an_edit_that_changes_nothing_says_so(visit: Visit) -> None:
    page = do(visit("whatif"), ["edit", "candidate", "b2"], ["edit", "keep-from", "2001-01-01"])
    assert [step["label"] for step in payload(page)["steps"][1:]] == [
        "Candidate: Stout · 12 oz · National (changes nothing)",
        "Kept what came from 1 Jan 2001 on: 0 dropped (changes nothing)",
    ]


def test_a_link_brings_the_same_states_to_somebody_else(visit: Visit, world: World) -> None:
    actions = [["edit", "keep-from", "2017-10-01"], ["edit", "add", "b2"], DROP_MILK, ["pin", 2]]
    page = do(visit("whatif"), *actions)
    seen = payload(page)
    sent = dict(page.query_params)
    link, problems = parse(sent)
    assert (link.edits[0], problems) == (Truncate("from", 1506816000), ())
    again = payload(visit("whatif", **sent))
    assert again | {"head": seen["head"]} == seen
    assert all(again["head"][name] == seen["head"][name] for name in ("revision", "link"))


def test_what_cannot_be_done_is_said_and_the_edits_stay(visit: Visit) -> None:
    page = do(visit("whatif"), DROP_NAILS, DROP_NAILS)
    assert 'holds 0 behaviors with item "n1"' in said(page)[0]
    assert len(payload(page)["steps"]) == 2
    page = do(page, ["edit", "add", "b2", "2030-01-01"])
    assert "would not be earlier than 2017-11-20T00:00:00Z" in said(page)[0]
    page = do(page, ["edit", "paint", "b2"])
    assert "no edit “paint”" in said(page)[0]
    together = [["edit", "paint", "b2"], DROP_NAILS, ["edit", "drop-item", "b1"], ["edit", "drop-item", "b1"]]
    page = do(page, *together, in_one=True)
    assert len(said(page)) == 3 and len(payload(page)["steps"]) == 3
    page = do(page, *[["edit", "add", "b2"]] * MAX_EDITS)
    assert said(page) == [f"A trail holds {MAX_EDITS} edits at most; undo some."]
    assert len(payload(page)["steps"]) == MAX_EDITS + 1


def test_a_moved_behavior_takes_the_time_of_the_one_beside_it(visit: Visit, world: World) -> None:
    nails, milk = Line("n1", MONDAY - 86400), Line("m1", NEWEST_MILK)
    page = do(visit("whatif"), ["edit", *edit_parts(Move(nails, "before", milk))])
    assert payload(page)["steps"][1]["label"] == (
        "Moved Nails · 1 lb, 19 Nov 2017, before Milk · 1 gal · Private, 13 Nov 2017"
    )
    assert [line[:2] for line in payload(page)["lines"] if line[3] == NEW] == [["n1", NEWEST_MILK]]


def test_other_pages_show_the_history_as_it_was_and_say_so(visit: Visit) -> None:
    page = go_to(do(visit("whatif"), DROP_NAILS), "")
    assert shows_lens(page)
    assert [read(info.value) for info in page.info] == [
        "This page shows the history as it was: the what-if edits (1) apply on What if."
    ]
    assert page.query_params["edits"] == "drop-item,n1"
    assert not visit().info


def test_an_empty_history_is_scored_all_the_same(visit: Visit, world: World) -> None:
    page = do(visit("whatif"), ["edit", "keep-before", "2017-01-01"])
    assert not page.exception
    assert payload(page)["steps"][1]["label"] == "Kept what came before 1 Jan 2017: 25 dropped"
    assert last(page) == pytest.approx(scores(world, history(world, Truncate("before", 0))), rel=1e-6)
    page = visit(user="10")
    assert not go_to(page, "whatif").exception and payload(page)["rows"] == []


def test_an_unknown_user_gets_a_sentence_and_a_way_on(visit: Visit) -> None:
    page = go_to(visit(user="nobody"), "whatif")
    assert 'No user "nobody" in the store' in said(page)[0]
    (button,) = (b for b in page.button if b.label == "Show the opening example")
    page = button.click().run()
    assert payload(page)["candidate"]["id"] == "b2"


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "0001-01-02T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_the_first_and_the_last_moments_of_the_calendar_are_shown(visit: Visit, at: str) -> None:
    page = visit("whatif", user="7", item="b2", at=at)
    assert said(page) == [] and not page.error and payload(page)["steps"]
