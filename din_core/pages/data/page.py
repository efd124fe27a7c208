"""Data: what is in the store, and a guided import of one's own tables."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st
from streamlit.navigation.page import Page

from din_core.checks import Finding, Verdict, check_tables
from din_core.domain.translatable import Translatable
from din_core.figures.store_facts import BarsInfo, per_user_info, plot_bars, weeks_info
from din_core.pages.data.store_records import bar_records, week_records
from din_core.pages.data.table_import import show_import
from din_core.pages.language.labels import day, field_label, percent
from din_core.pages.language.translate import T, join_sentences, sentence, t
from din_core.pages.places.page_links import page_of
from din_core.pages.places.places import DATA
from din_core.pages.session import caches, visitor
from din_core.pages.widgets.charts import ExportCaption, date_name, show_chart
from din_core.pages.widgets.frame import is_dark, literal, report
from din_core.pages.widgets.kept_room import keep_room
from din_core.pages.widgets.record_table.columns import plain_table
from din_core.pages.widgets.record_table.record_table import Records, show_folded
from din_core.pages.widgets.text_tables import TABLE_ROW, show_table
from din_core.sharing.page_choices import DataChoice
from din_core.store import BehaviorStore, DataFault, FieldFacts, StoreFacts, StoreSummary

TABLES = {
    "items": T("Items"),
    "users": T("Users"),
    "behaviors": T("Behaviors"),
    "impressions": T("Impressions"),
}
VERDICTS: dict[Verdict, str] = {"fine": T("Fine"), "note": T("Worth knowing"), "problem": T("Problem")}
QUESTIONS = {
    "sizes": T("Sizes"),
    "duplicates": T("Rows that stand twice"),
    "histories": T("Histories"),
    "days": T("Days and times"),
    "repeats": T("Items seen before"),
    "popularity": T("Popularity alone"),
    "coverage": T("Known items"),
    "fields": T("Fields that name a person or a row"),
}
SPLITS = {"train": T("train"), "valid": T("valid"), "test": T("test")}
DEMO = T(
    "This demo is here to be looked at. To stay small it ships the households whose profile is known, with the test "
    "weeks alone and the histories before them; its models were trained on the weeks before and measured on the test "
    "weeks of all households, by the commands in `trainer/README.md`, which fetch all of the data. With your own "
    "tables in a store, you see here what would stand in the way of training on them."
)
REJECTS = T(
    "A store keeps the rows that were loaded, not those that were refused: `python -m trainer ingest` loads nothing "
    "while any row is wrong, unless it is told to leave such rows out, and then prints how many and why."
)


@st.cache_data(show_spinner=False, max_entries=4)
def store_facts(url: str, counts: tuple[object, ...], _store: BehaviorStore) -> StoreFacts:
    """What is counted of a store, as it was when it held so many rows."""
    return _store.facts()


@st.cache_data(show_spinner=False, max_entries=4)
def data_faults(url: str, counts: tuple[object, ...], _store: BehaviorStore) -> list[DataFault]:
    """What of a store's data is at fault, as it was when it held so many rows."""
    return _store.data_faults()


def page() -> Page:
    """Where this page stands."""
    return page_of(DATA, show)


def show() -> None:
    """The page, from the store as it is now."""
    app, own = caches.current_app(), visitor.session()
    report(own.problems)
    st.header(t("What is in the store"), anchor=False)
    summary = app.store.summary()
    show_counts(summary)
    with st.spinner(t("Counting …")):
        facts = store_facts(app.store.url, counts_of(summary), app.store)
        faults = data_faults(app.store.url, counts_of(summary), app.store)
    caption = store_caption(summary)
    show_splits(facts, summary, caption)
    show_users(facts, summary, caption)
    st.subheader(t("Fields"), anchor=False)
    with st.container(key="fields"):
        show_table(fields_table(facts.fields))
    st.caption(
        t("Missing: rows of the table without a value. Fields of items and users may have several values in one row.")
    )
    st.subheader(t("Can this data be believed?"), anchor=False)
    if app.is_demo:
        st.markdown(t(DEMO))
        faults = [fault for fault in faults if not fault.no_training]
    show_checks(app.store, summary, [fault.text for fault in faults])
    st.subheader(t("Where it comes from, and what was refused"), anchor=False)
    st.markdown(literal(summary.provenance) if summary.provenance else t("The store does not say where it comes from."))
    st.markdown(t(REJECTS))
    st.header(t("Import your own tables"), anchor=False)
    show_import()


def counts_of(summary: StoreSummary) -> tuple[object, ...]:
    """Another when rows were added."""
    splits = tuple(sorted(summary.impressions_by_split.items()))
    return (
        summary.n_users,
        summary.n_items,
        summary.n_behaviors,
        splits,
        summary.first_timestamp,
        summary.last_timestamp,
    )


def show_counts(summary: StoreSummary) -> None:
    """Rows of each table, and the time they span."""
    with st.container(horizontal=True, gap="large", key="counts"):
        numbers = (summary.n_items, summary.n_users, summary.n_behaviors, summary.n_impressions)
        for label, number in zip(TABLES.values(), numbers, strict=True):
            st.metric(t(label), f"{number:,}", width="content")
    if summary.first_timestamp is not None and summary.last_timestamp is not None:
        first, last = day(summary.first_timestamp), day(summary.last_timestamp)
        st.markdown(t("Behaviors from {first} to {last}, UTC.", first=first, last=last))
    if summary.vectors is not None:
        words = T("{n:,} of {items:,} items have a pretrained vector of {length:,} numbers.")
        st.markdown(t(words, n=summary.vectors.items, items=summary.n_items, length=summary.vectors.length))


def show_splits(facts: StoreFacts, summary: StoreSummary, caption: ExportCaption) -> None:
    """Sizes and positive rates by split, and impressions by week."""
    st.subheader(t("Impressions"), anchor=False)
    if not facts.splits:
        st.markdown(t("The store holds no impressions."))
        return
    keep_room("splits", TABLE_ROW * (1 + len(facts.splits)))
    with st.container(key="splits"):
        show_table(splits_table(facts))
    rules = summary.rules
    said = [text for text in (rules.split_text, rules.history_text) if text is not None]
    st.caption(" ".join(literal(sentence(text)) for text in said))
    splits = {name: t(text) for name, text in SPLITS.items()}
    weeks = [(week.monday, splits[week.split], week.impressions, week.positives) for week in facts.weeks]
    info = weeks_info(weeks, list(splits.values()), day)
    records = week_records(facts.weeks, splits, about_store(summary))
    axis, words = t("week from Monday, UTC"), t("Impressions by week and split")
    chart(info, axis, t("impressions"), words, "weeks", caption, records)
    show_folded(t("The weeks as a table"), "weeks_table", records, DataChoice)


def show_checks(store: BehaviorStore, summary: StoreSummary, faults: Sequence[Translatable]) -> None:
    """What of the data is at fault; all questions where that is asked for, since it reads the whole store."""
    if faults:
        st.markdown(t("What stands in the way of training on this data, or of measuring on it:"))
        st.markdown("\n".join(f"- {literal(sentence(fault))}" for fault in faults))
    results, key = visitor.session().results, (store.url, counts_of(summary))
    place = st.empty()
    if results.get("checks", key) is None and place.button(t("Check the data"), key="check_data"):
        with place, st.spinner(t("Checking …")):
            results.keep("checks", key, check_tables(store.bulk()))
        place.empty()
    if (findings := results.get("checks", key)) is not None:
        with st.container(key="findings"):
            show_table(findings_table(findings))
    else:
        st.caption(t("Reads the whole store once. `python -m trainer check --store URL` prints the same."))


def findings_table(findings: Sequence[Finding]) -> pd.DataFrame:
    """One row a question."""
    return pd.DataFrame(
        [
            {
                t("Question"): t(QUESTIONS[finding.name]),
                t("Verdict"): t(VERDICTS[finding.verdict]),
                t("What was found"): literal(sentence(finding.text)),
                t("What to do"): literal(sentence(finding.advice)) if finding.advice else "–",
            }
            for finding in findings
        ]
    )


def show_users(facts: StoreFacts, summary: StoreSummary, caption: ExportCaption) -> None:
    """How many behaviors users have."""
    st.subheader(t("Behaviors per user"), anchor=False)
    pairs = facts.behaviors_per_user
    if not pairs:
        st.markdown(t("The store holds no users."))
        return
    spread = t(
        "Half of the users have at most {half:,} behaviors, at most one in twenty more than {most:,}; the longest "
        "history has {longest:,}.",
        half=quantile(pairs, 0.5),
        most=quantile(pairs, 0.95),
        longest=pairs[-1][0],
    )
    none = dict(pairs).get(0, 0)
    st.markdown(join_sentences(spread, t("Users without a behavior: {n:,}.", n=none) if none else ""))
    info = per_user_info(pairs, t("users"))
    records = bar_records(info, about_store(summary))
    chart(info, t("behaviors"), t("users"), t("Users by behaviors"), "per_user", caption, records)
    st.caption(t("Each bar holds twice the range of the one before."))
    show_folded(t("The bars as a table"), "per_user_table", records, DataChoice)


def chart(
    info: BarsInfo, axis: str, counted: str, words: str, key: str, caption: ExportCaption, records: Records
) -> None:
    """Bars of one kind."""
    table = plain_table(records.columns)
    figure = plot_bars(info, axis, t("positive"), is_dark(), counted)
    show_chart(key, figure, title=words, caption=caption, table=table, alt=words, about=records.about)


def store_caption(summary: StoreSummary) -> ExportCaption:
    """Which data, and up to when."""
    source = summary.provenance or t("The store does not say where its data comes from.")
    last = summary.last_timestamp
    return ExportCaption(
        (source, *([] if last is None else [date_name(last)])), (t("Data: {provenance}", provenance=source),)
    )


def about_store(summary: StoreSummary) -> dict[str, str | None]:
    """What files say of all their rows: of which data they are."""
    return {"data": summary.provenance}


def quantile(pairs: Sequence[tuple[int, int]], share: float) -> int:
    """The fewest behaviors that at least this share of the users do not exceed."""
    total, so_far = sum(users for _, users in pairs), 0
    for behaviors, users in pairs:
        so_far += users
        if so_far >= share * total:
            return behaviors
    return 0


def splits_table(facts: StoreFacts) -> pd.DataFrame:
    """One row a split."""
    return pd.DataFrame(
        [
            {
                t("Split"): t(SPLITS[split.split]),
                t("Impressions"): f"{split.impressions:,}",
                t("Positive"): percent(split.positives / split.impressions),
                t("Users"): f"{split.users:,}",
                t("From"): day(split.first).replace(" ", "\N{NO-BREAK SPACE}"),
                t("To"): day(split.last).replace(" ", "\N{NO-BREAK SPACE}"),
            }
            for split in facts.splits
        ]
    )


def fields_table(fields: Sequence[FieldFacts]) -> pd.DataFrame:
    """One row a field."""
    return pd.DataFrame(
        [
            {
                t("Table"): t(TABLES[field.table]),
                t("Field"): literal(field_label(field.name)),
                t("Values"): f"{field.values:,}",
                t("Missing"): literal(percent(field.missing / field.rows if field.rows else None)),
                t("Most frequent"): literal(" · ".join(f"{value} ({rows:,})" for value, rows in field.frequent) or "–"),
            }
            for field in fields
        ]
    )
