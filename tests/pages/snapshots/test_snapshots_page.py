"""What was kept is listed, renamed, annotated, compared, expired and revoked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from streamlit.testing.v1 import AppTest

from din_core.pages.session.visitor import as_visitor
from din_core.pages.snapshots.page import end_of, label, state
from din_core.sharing.frozen_results import to_json
from din_core.sharing.share_store import SharedView, ShareStore
from tests.made_results import RESULTS
from tests.pages.page_contents import records, said, sent_records, words

Visit = Callable[..., AppTest]


def snapshot(title: str, author: str = "Ada") -> SharedView:
    return SharedView("snapshot", "user=7", "explain-inspect", title, author=author, payload=to_json(RESULTS))


def opened(visit: Visit) -> AppTest:
    page = visit("find-snapshots")
    assert not page.exception and said(page) == []
    return page


def test_an_empty_list_says_how_to_keep_something(visit: Visit) -> None:
    assert "Nothing was kept yet" in words(opened(visit))


def test_all_that_was_kept_is_listed_with_its_openings(visit: Visit, shares: ShareStore) -> None:
    slug = shares.keep(snapshot("Why stout?"))
    short = shares.keep(SharedView("link", "user=7", "data"))
    shares.open(slug)
    page = opened(visit)
    listed = records(page, "kept_list")
    assert sorted(zip(listed["Title"], listed["Kind"], listed["Opened"], strict=True)) == [
        (f"Short link · {short[:4]}", "Short link", "0"),
        ("Why stout?", "Snapshot", "1"),
    ]
    links = dict(zip(listed["Kind"], sent_records(page, "kept_list")[1]["links"], strict=True))
    assert links == {"Snapshot": f"explain-inspect?snapshot={slug}", "Short link": f"data?s={short}"}


def test_a_snapshot_is_renamed_and_annotated(visit: Visit, shares: ShareStore) -> None:
    slug = shares.keep(snapshot("Why stout?"))
    page = opened(visit)
    page.text_input[0].set_value("Why not?")
    page.text_area[0].set_value("A note")
    next(button for button in page.button if button.label == "Save").click().run()
    assert (shares.get(slug).title, shares.get(slug).note, shares.get(slug).author) == ("Why not?", "A note", "Ada")


def test_a_snapshot_expires_and_is_revoked(visit: Visit, shares: ShareStore) -> None:
    slug = shares.keep(snapshot("Why stout?"))
    page = opened(visit)
    until = date.today() + timedelta(days=30)
    page.date_input(key=f"until_{slug}").set_value(until).run()
    assert shares.get(slug).expires == end_of(until)
    page.button(key=f"revoke_{slug}").click().run()
    assert shares.listed()[0].revoked is not None
    page = opened(visit)
    assert "revoked on" in records(page, "kept_list")["State"][0]
    assert sent_records(page, "kept_list")[1]["links"] == [""]


def test_any_two_snapshots_are_put_side_by_side(visit: Visit, shares: ShareStore) -> None:
    first, second = shares.keep(snapshot("One")), shares.keep(snapshot("Two"))
    page = opened(visit)
    page.selectbox(key="kept_one").select(first).run()
    page.selectbox(key="kept_other").select(second).run()
    assert "Models and rows are the same." in words(page)
    assert list(page.table[0].value.columns)[1:3] == ["First", "Second"]


def test_how_the_list_is_read_is_in_the_link(visit: Visit, shares: ShareStore) -> None:
    shares.keep(snapshot("One"))
    table = "kept_list;sort,-opened;columns,title,opened"
    page = visit("find-snapshots", user="7", item="b2", **{"snapshots.table": table})
    head, _ = sent_records(page, "kept_list")
    assert head["linked"] and (head["state"]["sort"], head["state"]["columns"]) == ("-opened", ["title", "opened"])
    assert page.query_params["snapshots.table"] == table


def test_a_state_says_whether_it_opens() -> None:
    view = replace(snapshot("One"), slug="abcdef", created=0)
    with as_visitor("en"):
        assert state(view, 10) == "opens"
        assert state(replace(view, expires=100), 10) == "opens until 1 Jan 1970"
        assert state(replace(view, expires=100), 100) == "expired on 1 Jan 1970"
        assert state(replace(view, revoked=5), 10) == "revoked on 1 Jan 1970"
        assert label(view) == "One · Ada · 1 Jan 1970 00:00 UTC · abcd"
