"""A snapshot (`snapshot=SLUG` in an address): results as they were kept, shown without store or models."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import pandas as pd
import streamlit as st

from din_core.domain import DinLensError
from din_core.pages.app.startup import App
from din_core.pages.brief.content import content_of
from din_core.pages.brief.freeze import results_of
from din_core.pages.brief.html import CSS, brief_html
from din_core.pages.language.labels import day, moment
from din_core.pages.language.translate import t
from din_core.pages.places.parameters import SNAPSHOT
from din_core.pages.places.places import WHAT_IF
from din_core.pages.report.report import report_html
from din_core.pages.session import caches, visitor
from din_core.pages.snapshots.as_files import made_later
from din_core.pages.snapshots.differences import Difference, Differences, differences
from din_core.pages.widgets.frame import literal, report
from din_core.pages.widgets.record_table.columns import date_column, decimal_column, item_columns, number_column
from din_core.pages.widgets.record_table.record_table import Records, show_folded
from din_core.pages.widgets.text_tables import show_table
from din_core.sharing import parse, resolve
from din_core.sharing.frozen_results import FrozenResults, from_json
from din_core.sharing.share_store import SharedView, ShareStore
from din_core.sharing.values import iso


@dataclass
class OpenedSnapshots:
    """Those that this visit has opened: each counts once."""

    slugs: set[str] = field(default_factory=set)


def slug_of(raw: Mapping[str, Sequence[str]]) -> str | None:
    """The snapshot that an address asks for; None for any other address."""
    return next(iter(raw.get(SNAPSHOT, ())), None)


def show(slug: str, wait_for_app: Callable[[], App] | None) -> None:
    """The snapshot; the app is waited for only where it is computed again.

    Without `wait_for_app` there is nothing but what is kept: it leads nowhere, and is not computed again.
    """
    st.html(f"<style>{CSS}</style>")
    try:
        view = opened(caches.shares(), slug)
        results = from_json(view.payload or "")
    except DinLensError as error:
        report([error.text])
        return
    content = content_of(results)
    st.set_page_config(page_title=view.title or content.title)
    href = f"{view.path}?{view.query}" if view.query and wait_for_app else ""
    st.html(brief_html(content, href, new_tab=bool(st.context.is_embedded), note=kept_text(view)))
    if view.note:
        st.markdown(literal(view.note).replace("\n", "  \n"))
    show_folded(t("All behaviors, with weight and effect"), "kept_behaviors_table", behavior_records(results))
    if not st.context.is_embedded:
        make = made_later(lambda: kept_report(results, view))
        st.download_button(t("Report (HTML)"), make, "snapshot.html", "text/html", key="kept_report", on_click="ignore")
    if view.query and wait_for_app and not st.context.is_embedded:
        show_again(view, results, wait_for_app)


def kept_report(results: FrozenResults, view: SharedView) -> str:
    """The snapshot in a file of its own, which opens without this server; it leads nowhere."""
    return report_html(results, made=int(view.created))


def opened(store: ShareStore, slug: str) -> SharedView:
    """What is kept under a slug, counted once a visit; LinkError where there is no such snapshot."""
    own = visitor.session().of(OpenedSnapshots)
    found = (store.get if slug in own.slugs else store.open)(slug, "snapshot")
    own.slugs.add(slug)
    return found


def kept_text(view: SharedView) -> str:
    """That these numbers are kept, since when, by whom and for how long."""
    when = moment(view.created)
    by = (
        t("Kept on {when} by {author}.", when=when, author=view.author)
        if view.author
        else t("Kept on {when}.", when=when)
    )
    fixed = t("These numbers stay as they were then.")
    until = "" if view.expires is None else t("The link opens until {day}.", day=day(view.expires))
    return t(" ").join(filter(None, [view.title + t(":"), by, fixed, until]))


def behavior_records(results: FrozenResults) -> Records:
    """As the first model saw them, newest last."""
    behaviors = results.behaviors
    columns = [
        *item_columns(t("Title"), [one.item for one in behaviors]),
        date_column("last", t("Last date"), [one.last_timestamp for one in behaviors]),
        number_column("repeats", t("Repeats"), [one.count for one in behaviors]),
        decimal_column("weight_times_repeats", t("Weight × repeats"), results.weights),
        decimal_column("effect", t("Effect"), results.effects),
    ]
    return Records(
        t("All behaviors, with weight and effect"),
        columns,
        len(behaviors),
        about={
            "user": results.user.user_id,
            "as_of": iso(results.as_of),
            "candidate_id": results.candidate.item_id,
            "model": results.models[0].link,
        },
        file=("snapshot", results.user.user_id, results.candidate.item_id),
    )


def show_again(view: SharedView, results: FrozenResults, wait_for_app: Callable[[], App]) -> None:
    """One button computes the same scenario from the store and the models of now, and says what differs."""
    if st.button(t("Compute again now"), key="compute_again"):
        now = computed_now(view, wait_for_app())
        if now is not None:
            show_differences(differences(results, now), t("Kept"), t("Now"))


def computed_now(view: SharedView, app: App) -> FrozenResults | None:
    """The results of the same scenario now; None where the page says why there are none."""
    link, unread = parse(parse_qs(view.query, keep_blank_values=True))
    found = resolve(link, app.store, app.setting)
    report((*unread, *found.problems))
    return None if found.scenario is None else results_of(app, found.scenario, edited=view.path == WHAT_IF.path)


def show_differences(found: Differences, first: str, second: str) -> None:
    """Why they differ, and two tables whose columns are called after the two."""
    st.markdown(literal(" ".join(found.causes)))
    show_table(difference_table(found.chances, t("Chance under"), first, second))
    show_table(difference_table(found.parts, t("Chance without"), first, second))


def difference_table(rows: Sequence[Difference], name: str, first: str, second: str) -> pd.DataFrame:
    """A line a row."""
    return pd.DataFrame(
        {
            name: [one.name for one in rows],
            first: [one.first for one in rows],
            second: [one.second for one in rows],
            t("Points"): [one.change for one in rows],
        }
    )
