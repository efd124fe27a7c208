"""What is done on What if, as values: where each action leads from a scenario, and what is said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from din_core.domain import Add, DropItem, Scenario, Truncate
from din_core.pages.app.startup import App, Startup
from din_core.pages.session import visitor
from din_core.pages.what_if.actions import apply_actions
from din_core.sharing import MAX_EDITS, edit_parts
from tests.pages.conftest import World
from tests.small_world import BEFORE, MONDAY

DROPS = DropItem("n1"), DropItem("b1"), DropItem("m1")


@pytest.fixture
def app(world: World) -> App:
    found = Startup(world.url, str(world.checkpoints)).wait(60)
    assert found is not None
    return found


@pytest.fixture
def scenario(app: App) -> Scenario:
    assert app.setting.opening is not None
    return replace(app.setting.opening, edits=DROPS, reference=2)


def done(app: App, scenario: Scenario, *actions: list[Any]) -> tuple[Scenario, tuple[str, ...]]:
    with visitor.as_visitor("en"):
        outcome = apply_actions(app, scenario, actions)
    return outcome.scenario, outcome.problems


def test_actions_are_done_in_their_order(app: App, scenario: Scenario) -> None:
    actions = [["undo", -1, None], ["edit", "add", "b2"], ["pin", 3], ["edit", "keep-from", "2017-10-01"]]
    found, problems = done(app, scenario, *actions)
    assert found.edits == (*DROPS[:2], Add("b2"), Truncate("from", 1506816000))
    assert (found.reference, problems) == (3, ())


@pytest.mark.parametrize(
    ("place", "edits", "reference"), [(0, DROPS[1:], 1), (1, DROPS[::2], 1), (2, DROPS[:2], 2), (-1, DROPS[:2], 2)]
)
def test_the_pin_stays_at_its_state_where_an_edit_is_undone(
    app: App, scenario: Scenario, place: int, edits: tuple[DropItem, ...], reference: int
) -> None:
    found, _ = done(app, scenario, ["undo", place, list(edit_parts(DROPS[place]))])
    assert (found.edits, found.reference) == (edits, reference)


@pytest.mark.parametrize("action", [["undo", 3, None], ["undo", -4, None], ["undo", 0, ["drop-item", "b1"]]])
def test_what_is_not_on_screen_any_more_is_not_undone(app: App, scenario: Scenario, action: list[Any]) -> None:
    assert done(app, scenario, action) == (scenario, ())


def test_a_chosen_model_takes_its_place_and_the_other_one_the_rest(app: App, scenario: Scenario) -> None:
    din, base = scenario.checkpoints
    assert done(app, scenario, ["model", 0, base])[0].checkpoints == (base, din)
    assert done(app, scenario, ["model", 1, din])[0].checkpoints == (base, din)
    assert done(app, scenario, ["model", 0, din])[0] == scenario


def test_another_user_or_impression_comes_without_the_edits(app: App, scenario: Scenario) -> None:
    found, problems = done(app, scenario, ["go", "user", "8"])
    assert (found.user_id, found.edits, found.reference, problems) == ("8", (), 0, ())
    found, _ = done(app, scenario, ["go", "impression", f"{BEFORE} 1 c1"], ["edit", "drop-item", "m1"])
    assert (found.user_id, found.as_of, found.candidate_ids, found.edits) == ("7", BEFORE, ("c1",), (DROPS[2],))


def test_what_cannot_be_done_is_said_and_the_rest_is_done(app: App, scenario: Scenario) -> None:
    actions = [["edit", "drop-item", "n1"], ["go", "user", "nobody"], ["edit", "paint", "x"], ["clear"], ["pin", 9]]
    found, problems = done(app, scenario, *actions)
    assert (found.edits, found.reference) == ((), 0)
    assert len(problems) == 3
    assert ['"n1"' in problems[0], '"nobody"' in problems[1], "“paint”" in problems[2]] == [True, True, True]
    assert found.as_of == MONDAY


def test_the_same_is_said_once_however_often_it_cannot_be_done(app: App, scenario: Scenario) -> None:
    found, problems = done(app, scenario, *[["edit", "add", "b2"]] * (MAX_EDITS + 3))
    assert (len(found.edits), len(problems)) == (MAX_EDITS, 1)


@pytest.mark.parametrize(
    "action", [[], ["paint"], ["edit", 1], ["undo"], ["pin", "1"], ["model", 2, "din"], ["go", "weather", "rain"]]
)
def test_what_is_no_action_is_refused(app: App, scenario: Scenario, action: list[Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        done(app, scenario, action)
