"""A set of users, named on *Find*, restricts *Cases*, *Cohorts*, *Scenarios* and *Trust*, and is in their links."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from din_core.cases import Cases, read_cases
from din_core.pages.user_sets.set_form import written_users
from din_core.pages.widgets.record_table.record_table import TickedRows
from tests.pages.conftest import World, go_to
from tests.pages.made_cases import make
from tests.pages.made_cases import said as told
from tests.pages.page_contents import held_records, said, sent_records
from tests.small_world import MONDAY

Visit = Callable[..., AppTest]


@pytest.fixture
def cases(world: World) -> Cases:
    """All cases of the test impressions, which are household 7's."""
    return read_cases(make(world, "--effects", "0"))


def opened(page: AppTest) -> AppTest:
    """The page with the form for a set opened."""
    page.session_state["set_room"] = True
    return page.run()


def named(page: AppTest, name: str, source: int) -> AppTest:
    """A set made by the form, of one of its sources."""
    page = opened(page)
    page.text_input(key="set_name").set_value(name)
    labels = page.radio(key="set_source").options
    page.radio(key="set_source").set_value(labels[source].rpartition(": ")[0])
    return page.run().button(key="set_keep").click().run()


def test_a_set_is_named_from_ticked_rows_and_goes_along_to_the_other_pages(visit: Visit, cases: Cases) -> None:
    page = visit("find-cases", user="7", item="b2")
    page.session_state["din_lens"].of(TickedRows).by_table["cases"] = ("0",)
    page = named(page.run(), "North", 0)
    assert not page.exception and said(page) == []
    assert page.query_params["set"] == "North,7"
    assert "Set “North”, households: 1." in told(page)
    for path in ("find-cohorts", "compare-scenarios", "models-trust"):
        page = go_to(page, path)
        assert page.query_params["set"] == "North,7"
    assert "set" not in go_to(page, "explain-inspect").query_params


def written(page: AppTest, name: str, ids: str) -> AppTest:
    """A set made by the form, of ids that are written there."""
    page = opened(page)
    page.text_input(key="set_name").set_value(name)
    if "set_source" in [radio.key for radio in page.radio]:
        page = page.radio(key="set_source").set_value("Those whose ids I write").run()
    page.text_area(key="set_ids").set_value(ids)
    return page.button(key="set_keep").click().run()


@pytest.mark.parametrize("path", ["find-cases", "find-cohorts", "compare-scenarios", "models-trust"])
def test_a_set_is_made_of_ids_that_are_written(visit: Visit, cases: Cases, path: str) -> None:
    page = written(visit(path, user="7", item="b2", by="users"), "Ours", "9\n8, 9;gone")
    assert page.query_params["set"] == "Ours,9,8"
    assert said(page) == ["The store lacks 1 of these users, who are left out: gone."]


def test_ids_that_the_store_lacks_make_no_set(visit: Visit) -> None:
    page = written(visit("compare-scenarios", user="7", item="b2", by="users"), "Ours", "x y, z, a, b, c, d")
    assert "set" not in page.query_params
    assert said(page) == ["The store lacks 7 of these users, who are left out: x, y, z, a, b, …."]


def test_an_id_with_a_space_is_one_and_ids_between_spaces_are_several() -> None:
    users = {"7": "", "8": "", "a b": ""}

    class Store:
        @staticmethod
        def users(ids: Sequence[str]) -> dict[str, str]:
            return {one: users[one] for one in ids if one in users}

    assert written_users("a b\n7 8  none", Store) == (["a b", "7", "8"], ["none"])  # type: ignore[arg-type]


def test_cases_and_cohorts_show_the_users_of_the_set_alone(visit: Visit, cases: Cases) -> None:
    everybody = visit("find-cases", user="7", item="b2")
    among = len(held_records(everybody, "cases"))
    own = visit("find-cases", user="7", item="b2", set="North,7")
    other = visit("find-cases", user="7", item="b2", set="North,8,10")
    assert len(held_records(own, "cases")) == among > 0
    assert "0 impressions" in told(other)
    assert "**Impressions: 0." in "".join(
        e.value for e in visit("find-cohorts", user="7", item="b2", set="N,8").markdown
    )
    other.button(key="set_drop").click().run()
    assert "set" not in other.query_params and len(held_records(other, "cases")) == among


def test_compare_lists_the_users_of_the_set_with_the_cores_scores(visit: Visit, world: World) -> None:
    page = visit("compare-scenarios", user="7", item="b2", at="2017-11-20T00:00:00Z", by="users", set="N,9,gone,8")
    assert said(page) == ["The store lacks 1 of the set's users."]
    listed = held_records(page, "compare_set_table").set_index("user_id")
    context = next(i.context for i in world.store.impressions("7") if i.item.item_id == "b2")
    item = world.store.item("b2")
    for user in ("8", "9"):
        (p,) = world.scorers["din"].score(world.store.history(user, MONDAY), [item], context).probability
        assert listed.loc[user, "probability"] == pytest.approx(float(p), rel=1e-6)
    assert "9" in page.table[0].value.iloc[1, 0]  # the first of the set stands beside


def test_a_row_of_the_set_puts_its_user_beside_the_first(visit: Visit) -> None:
    page = visit("compare-scenarios", user="7", item="b2", by="users", set="N,9,8")
    links = [parse_qs(link.partition("?")[2]) for link in sent_records(page, "compare_set_table")[1]["links"]]
    assert sorted(link["other"] for link in links) == [["8"], ["9"]]
    assert all(link["set"] == ["N,9,8"] for link in links)


def test_trust_tells_metrics_of_the_set_and_says_what_is_of_everybody(visit: Visit, cases: Cases) -> None:
    page = visit("models-trust", user="7", item="b2", models="din,base", set="North,7")
    assert "On the set “North”" in [e.value.replace("\\", "") for e in page.subheader]
    assert "The figures are of all users" in told(page)
    assert ", of one user: without others to draw, no value has an interval." in told(page)
    strange = visit("models-trust", user="7", item="b2", models="din,base", set="North,8")
    assert "None of the set's users is in the computed cases." in told(strange)


def test_a_set_that_cannot_be_is_a_sentence_and_everybody_is_shown(visit: Visit, cases: Cases) -> None:
    page = visit("find-cases", user="7", item="b2", set="North")
    assert "would hold 0" in said(page)[0]
    assert "set_drop" not in [button.key for button in page.button]
    page = named(page, "", 1)
    assert "this one has 0" in said(page)[0]
