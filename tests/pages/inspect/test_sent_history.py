"""Who opens a link is told where the history has changed since, and has both where that can be."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from din_core.domain import Scenario
from din_core.pages.session import caches
from din_core.pages.widgets.copy_link.route import marked
from din_core.sharing import parse, resolve
from din_core.sharing.history_mark import HISTORY, mark_of
from tests.pages.conftest import World
from tests.pages.page_contents import said
from tests.small_world import MONDAY

Visit = Callable[..., AppTest]
SHOWN = {"user": "7", "item": "m2", "at": "2017-11-20", "models": "din,base"}
OFFER = "The history as it was when this link was made, beside the one of now"


def mark_now(world: World) -> str:
    return str(mark_of(world.store.history("7", MONDAY).behaviors))


def offers(page: AppTest) -> dict[str, dict[str, list[str]]]:
    return {e.proto.label: parse_qs(e.proto.query_string) for e in page.get("page_link")}


@pytest.mark.parametrize(
    "query, is_marked",
    [
        ("user=7&item=m2&at=2017-11-20", True),
        ("user=7&item=m2", False),
        ("item=m2&at=2017-11-20", False),
        ("user=7&at=soon", False),
        (None, False),
    ],
)
def test_a_link_that_names_a_user_and_a_time_is_copied_with_the_mark_of_its_history(
    visit: Visit, world: World, query: str | None, is_marked: bool
) -> None:
    visit(**SHOWN)
    told = marked({"query": query})
    assert (told and told.head) == ({"mark": mark_now(world)} if is_marked else None)


def test_an_unchanged_history_is_not_spoken_of_and_its_mark_stays_in_the_address(visit: Visit, world: World) -> None:
    page = visit(**SHOWN, history=mark_now(world))
    assert said(page) == [] and OFFER not in offers(page)
    assert page.query_params[HISTORY] == mark_now(world)


def test_a_changed_history_is_told_in_both_languages_and_both_are_offered(visit: Visit, world: World) -> None:
    sent, before = mark_now(world), world.store.history("7", MONDAY).behaviors
    world.store.append_behaviors("7", [("x1", MONDAY - 60), ("x1", MONDAY - 50)])
    page = visit(**SHOWN, history=sent)
    (told,) = said(page)
    assert told.startswith(
        f"When this link was made the history held {len(before)} behaviors, here it holds {len(before) + 2}, so"
    )
    assert said(visit(**SHOWN, history=sent, lang="zh"))[0].startswith(f"此链接生成时历史中有 {len(before)} 条行为")
    query = offers(page)[OFFER]
    assert HISTORY not in query and told in said(visit(**SHOWN, history=sent, view="brief"))
    scenario = resolved(world, query)
    assert scenario.edits and mark_now(world) != sent


def test_of_a_history_of_another_kind_nothing_is_offered(visit: Visit, world: World) -> None:
    sent = mark_now(world)
    world.store.append_behaviors("7", [("x1", MONDAY - 3 * 7 * 86400)])
    page = visit(**SHOWN, history=sent)
    assert len(said(page)) == 1 and OFFER not in offers(page)


def resolved(world: World, query: dict[str, list[str]]) -> Scenario:
    """What the offered address shows."""
    found = resolve(parse(query)[0], world.store, caches.current_app().setting)
    assert found.scenario is not None and not found.problems
    return found.scenario
