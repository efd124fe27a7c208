"""Snapshots: all that was kept on this server, to open, rename, annotate, compare, expire and revoke."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urljoin

import streamlit as st
from streamlit.navigation.page import Page

from din_core.domain import DinLensError
from din_core.pages.language.labels import day, moment
from din_core.pages.language.translate import T, t
from din_core.pages.places.page_links import page_of
from din_core.pages.places.parameters import SNAPSHOT
from din_core.pages.places.places import INSPECT, SNAPSHOTS
from din_core.pages.session import caches
from din_core.pages.session.script_run import is_fragment_run
from din_core.pages.snapshots.differences import differences
from din_core.pages.snapshots.snapshot import show_differences
from din_core.pages.widgets.failures import shows_failures
from din_core.pages.widgets.frame import literal, report
from din_core.pages.widgets.record_table.columns import RecordColumn, date_column, number_column
from din_core.pages.widgets.record_table.record_table import IN_BOX, Records, show_records
from din_core.sharing.frozen_results import from_json
from din_core.sharing.page_choices import SnapshotsChoice
from din_core.sharing.share_store import LONGEST, SharedView

LEAD = T(
    "What was kept on this server: snapshots, whose numbers stay as they were, and short forms of long links. Whoever "
    "can reach this page sees and changes all of them."
)
KINDS = {"snapshot": T("Snapshot"), "link": T("Short link"), "brief": T("Signed brief")}


def page() -> Page:
    """Where this page stands."""
    return page_of(SNAPSHOTS, show)


def show() -> None:
    """The page, from what is kept now."""
    st.header(t("Snapshots and short links"), anchor=False)
    st.markdown(t(LEAD))
    show_kept()


@st.fragment
@shows_failures
def show_kept() -> None:
    """The list, and what can be done with one of it."""
    kept = caches.shares().listed()
    if not kept:
        st.markdown(t("Nothing was kept yet: *Keep these numbers* stands on *Inspect* and *What if*."))
        return
    show_records("kept_list", kept_records(kept), SnapshotsChoice, most=IN_BOX)
    names = {one.slug: label(one) for one in kept}
    left, right = st.columns(2)
    with left:
        slug = st.selectbox(t("Change or open"), list(names), format_func=names.__getitem__, key="kept_one")
    chosen = next(one for one in kept if one.slug == slug)
    if chosen.revoked is None:
        show_link(chosen)
        show_texts(chosen)
        show_end(chosen)
    others = [one.slug for one in kept if one.kind == SNAPSHOT and one.revoked is None and one.slug != slug]
    if chosen.kind == SNAPSHOT and chosen.revoked is None and others:
        with right:
            other = st.selectbox(
                t("Compare with"), [None, *others], format_func=lambda s: names.get(s, "–"), key="kept_other"
            )
        if other is not None:
            show_both(slug, other, names)


def label(view: SharedView) -> str:
    """What tells it from the others: title, author and second."""
    return " · ".join(
        filter(None, [view.title or t(KINDS[view.kind]), view.author, moment(view.created), view.slug[:4]])
    )


def state(view: SharedView, now: float) -> str:
    """Whether it opens."""
    if view.revoked is not None:
        return t("revoked on {day}", day=day(view.revoked))
    if view.expires is None:
        return t("opens")
    return t("opens until {day}" if opens(view, now) else "expired on {day}", day=day(view.expires))


def kept_records(kept: Sequence[SharedView]) -> Records:
    """The newest first; each that opens leads to what was kept."""
    now = datetime.now(UTC).timestamp()
    columns = [
        RecordColumn(
            "title", t("Title"), [one.title or None for one in kept], [one.title or unnamed(one) for one in kept]
        ),
        RecordColumn("kind", t("Kind"), [t(KINDS[one.kind]) for one in kept]),
        RecordColumn("author", t("Author"), [one.author or None for one in kept]),
        time_column("kept_on", t("Kept on"), [one.created for one in kept]),
        RecordColumn("state", t("State"), [state(one, now) for one in kept]),
        time_column("expires", t("Expires"), [one.expires for one in kept], shown=False),
        time_column("revoked", t("Revoked"), [one.revoked for one in kept], shown=False),
        number_column("opened", t("Opened"), [one.opened for one in kept]),
        RecordColumn("note", t("Note"), [one.note or None for one in kept]),
        RecordColumn("slug", t("Short name in its link"), [one.slug for one in kept], shown=False),
    ]
    links = [address_of(one) if one.kind != "brief" and opens(one, now) else "" for one in kept]
    return Records(t("Snapshots and short links"), columns, len(kept), links=links, file=("snapshots",))


def unnamed(view: SharedView) -> str:
    """What is called by no title."""
    return " · ".join([t(KINDS[view.kind]), view.slug[:4]])


def time_column(name: str, label: str, seconds: Sequence[int | None], *, shown: bool = True) -> RecordColumn:
    """Times to the minute."""
    texts = ["–" if at is None else moment(at) for at in seconds]
    return replace(date_column(name, label, seconds), texts=texts, shown=shown)


def address_of(view: SharedView) -> str:
    """Where it opens, relative to the app."""
    return f"{INSPECT.path}?{SNAPSHOT}={view.slug}" if view.kind == SNAPSHOT else f"{view.path}?s={view.slug}"


def opens(view: SharedView, now: float) -> bool:
    """Whether its link still leads somewhere."""
    return view.revoked is None and (view.expires is None or view.expires > now)


def show_link(view: SharedView) -> None:
    """Its link, to copy; of a signed brief nothing, as its link was signed once."""
    if view.kind != "brief":
        st.code(urljoin(st.context.url or "", address_of(view)), language=None, wrap_lines=True)


def show_texts(view: SharedView) -> None:
    """Another title, note or author."""
    with st.form(f"texts_{view.slug}"):
        title = st.text_input(t("Title"), view.title, max_chars=LONGEST["title"])
        note = st.text_area(t("Note"), view.note, max_chars=LONGEST["note"])
        author = st.text_input(t("Author"), view.author, max_chars=LONGEST["author"])
        if st.form_submit_button(t("Save")):
            caches.shares().change(view.slug, title=title, note=note, author=author)
            show_anew()


def show_end(view: SharedView) -> None:
    """When it ends, and its end now."""
    when, now = st.columns([2, 1], vertical_alignment="bottom")
    at = None if view.expires is None else datetime.fromtimestamp(view.expires, UTC).date()
    with when:
        chosen = st.date_input(t("Opens until (empty: for good)"), at, format="YYYY-MM-DD", key=f"until_{view.slug}")
    if chosen != at:
        caches.shares().expire(view.slug, end_of(chosen))
        show_anew()
    with now, st.popover(t("Revoke")):
        st.markdown(t("Its link opens no more, and its numbers are erased. This cannot be undone."))
        if st.button(t("Revoke for good"), key=f"revoke_{view.slug}"):
            caches.shares().revoke(view.slug)
            show_anew()


def show_anew() -> None:
    """The list as it is now."""
    st.rerun(scope="fragment" if is_fragment_run() else "app")


def end_of(chosen: date | None) -> int | None:
    """The last second of a day, UTC; None stays None."""
    if chosen is None:
        return None
    return int(datetime.combine(chosen + timedelta(days=1), datetime.min.time(), UTC).timestamp()) - 1


def show_both(first: str, second: str, names: dict[str, str]) -> None:
    """Two snapshots side by side."""
    try:
        kept = [from_json(caches.shares().get(slug).payload or "") for slug in (first, second)]
    except DinLensError as error:
        report([error.text])
        return
    st.markdown(literal(f"{names[first]} ↔ {names[second]}"))
    show_differences(differences(*kept), t("First"), t("Second"))
