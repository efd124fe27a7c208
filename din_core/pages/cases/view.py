"""What the page Cases shows: a table a kind of case, each of whose rows leads to Inspect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from din_core.cases import KINDS, MEASURED_KINDS, Cases, Slice, high_intensity, most_telling, rows_of, threshold
from din_core.cases.kinds import INTENSE, LEAST_BEHAVIORS
from din_core.domain import Candidate, Impression, Item, Scenario, UnknownItem, UnknownUser, User
from din_core.figures.cohort import number
from din_core.pages.app.startup import App
from din_core.pages.cases.about_slice import About, about_slice
from din_core.pages.cases.files import LoadedCases, fitting, head, offer_all, pick_slice, value_words
from din_core.pages.inspect import page as inspect_page
from din_core.pages.inspect.inspection import shown_at
from din_core.pages.language.labels import Words, fixed, item_labels, percent, profile, words_for
from din_core.pages.language.translate import T, join_sentences, t
from din_core.pages.session import address, caches, visitor
from din_core.pages.user_sets.set_bar import show_set_bar, users_of_set
from din_core.pages.user_sets.set_form import show_set_form
from din_core.pages.widgets.frame import literal, report
from din_core.pages.widgets.record_table.columns import (
    RecordColumn,
    date_column,
    item_columns,
    number_column,
    percent_column,
)
from din_core.pages.widgets.record_table.record_table import (
    Records,
    row_link,
    rows_wanted,
    show_records,
    ticked_rows,
)
from din_core.pages.widgets.several_note import show_several_note
from din_core.sharing import View
from din_core.sharing.page_choices import CasesChoice

SHOWN = 25
Shown = Mapping[tuple[str, int], Sequence[Impression]]
"""What users were shown, by user and time."""
TITLES = {
    "main right": T("{main} right, {base} wrong"),
    "base right": T("{base} right, {main} wrong"),
    "gap": T("Largest gap"),
    "negative": T("Most negative weights"),
    "dominated": T("One behavior dominates"),
    "disagree": T("Weights and effects disagree"),
    "intense": T("High intensity, low score"),
}
MEANINGS = {
    "main right": T(
        "{main}'s probability lies on the side of the outcome, {base}'s does not: above or below {cut}, the share of "
        "positives. The widest apart come first."
    ),
    "base right": T(
        "{base}'s probability lies on the side of the outcome, {main}'s does not: above or below {cut}, the share of "
        "positives. The widest apart come first."
    ),
    "gap": T("Where the two models' probabilities lie furthest apart, whoever is right."),
    "negative": T(
        "The behaviors to which {main} gives the most negative weight. A negative weight takes the behavior's "
        "embedding away from the interest vector; it does not say that the score falls. The same candidate and "
        "behavior are listed once."
    ),
    "dominated": T(
        "Histories of {least} different items or more in which one behavior carries most of the measured effects "
        "(leave-one-out): its share of Σ|effect|."
    ),
    "disagree": T(
        "Histories of {least} different items or more in which the weights rank behaviors least like their measured "
        "effects: Kendall's τ is 1 for the same order, 0 for none, −1 for the reverse."
    ),
    "intense": T(
        "The largest {share} of the intensities Σw (from {intensity} on), with the lowest probability first: much is "
        "switched on, and yet the score is low."
    ),
}
READING = T(
    "These are extremes, found by looking for them: they show what a model can do, not what it does on average. For "
    "that, see *Cohorts*. Weights and scores are stored to three digits; *Inspect* computes them anew."
)


def show() -> None:
    """The page, from the computed cases and the store as it is now."""
    loaded = head(t("Cases worth seeing"))
    if loaded is None:
        return
    app = caches.current_app()
    words = words_for(app.summary)
    choice, problems = fitting(loaded.cases, address.page_choice(CasesChoice))
    report(problems)
    show_set_bar()
    kind = pick_kind(loaded, choice)
    pick_slice(loaded.cases, "cases", choice, (words.outcome(0), words.outcome(1)))
    chosen = Slice(choice.profile, choice.category, choice.week, label=choice.outcome, users=users_of_set())
    among = rows_of(loaded.cases, chosen)
    found, total = most_telling(loaded.cases, kind, among, rows_wanted(choice, SHOWN))
    rows = [int(row) for row in found]
    st.markdown(literal(meaning(loaded, kind)), width=860)
    st.caption(how_many(loaded.cases, kind, len(rows), total, int(among.sum())))
    show_several_note(app, loaded.cases.about.category_field)
    if not rows:
        if not among.any():
            offer_all(choice)
        return
    ticked = [row for row in rows if str(row) in ticked_rows("cases")]
    show_set_form(
        {
            t("Those of the ticked rows"): users_of(loaded.cases, ticked),
            t("Those of the rows listed"): users_of(loaded.cases, rows),
            t("Everybody in what is looked through"): users_of(loaded.cases, np.flatnonzero(among)),
        }
    )
    records = replace(
        case_records(app, loaded, words, kind, rows, total),
        about={**about_case_models(loaded, kind), **about_slice(loaded, chosen, among)},
    )
    show_records("cases", records, CasesChoice)
    st.caption(t(READING))


def users_of(cases: Cases, rows: Iterable[int]) -> list[str]:
    """The ids of the users of these rows, each once."""
    return [cases.user_ids[user] for user in dict.fromkeys(cases.user[row] for row in rows)]


def pick_kind(loaded: LoadedCases, choice: CasesChoice) -> str:
    """What is looked for."""

    def change() -> None:
        # Other columns: nothing of how the last ones were read fits them for sure.
        wanted = replace(address.page_choice(CasesChoice), kind=st.session_state["case_kind"])
        address.choose_on_page(replace(wanted, sort=None, find=None, columns=(), rows=None))

    st.session_state["case_kind"] = choice.kind
    st.pills(
        t("Kind"),
        KINDS,
        format_func=lambda name: literal(title(loaded, name)),
        required=True,
        key="case_kind",
        on_change=change,
    )
    return choice.kind


def title(loaded: LoadedCases, kind: str) -> str:
    """What a kind is called."""
    return t(TITLES[kind], main=loaded.main, base=loaded.base)


def meaning(loaded: LoadedCases, kind: str) -> str:
    """What its cases have in common, and which come first."""
    return t(
        MEANINGS[kind],
        main=loaded.main,
        base=loaded.base,
        cut=percent(threshold(loaded.cases)),
        least=LEAST_BEHAVIORS,
        share=f"{1 - INTENSE:.0%}",
        intensity=number(high_intensity(loaded.cases)),
    )


def how_many(cases: Cases, kind: str, shown: int, total: int, among: int) -> str:
    """The sample size: how many there are of the kind, and among how many they were looked for."""
    sizes = t("{shown:,} of {total:,} cases, among {among:,} impressions.", shown=shown, total=total, among=among)
    if kind in MEASURED_KINDS and cases.about.measured < cases.about.impressions:
        sample = t(
            "Effects were measured on a random sample of {n:,} of all {all:,} impressions (seed {seed}): cases outside "
            "it are not found.",
            n=cases.about.measured,
            all=cases.about.impressions,
            seed=cases.about.seed,
        )
        return join_sentences(sizes, sample)
    return sizes


def titles_of(app: App, cases: Cases, kind: str, rows: Sequence[int]) -> dict[str, str]:
    """What the items that this kind's table names are called, by id."""
    items = items_of(app, cases, kind, rows)
    return dict(zip(items, item_labels(items.values()), strict=True))


def candidate_title(cases: Cases, row: int, titles: Mapping[str, str], seen: Shown) -> str:
    """The candidate's, with what tells it from others of its item that the user was shown then."""
    return " · ".join(filter(None, [titles[cases.item_ids[cases.item[row]]], distinction(cases, row, seen)]))


def shown_of(app: App, cases: Cases, rows: Sequence[int]) -> Shown:
    """What the users of these rows were shown at their times."""
    return app.store.impressions_at({moment_of(cases, row) for row in rows})


def items_of(app: App, cases: Cases, kind: str, rows: Sequence[int]) -> dict[str, Item]:
    """The candidates of these rows and the behaviors that tell of them, by id, as the store has them."""
    telling = {"negative": [cases.low_item], "dominated": [cases.share_item]}.get(kind, [])
    places = {int(p) for column in (cases.item, *telling) for p in column[rows] if p >= 0}
    ids = [cases.item_ids[place] for place in sorted(places)]
    try:
        return {item.item_id: item for item in app.store.items(ids)}
    except (UnknownUser, UnknownItem):  # another store than the cases were made from: what it lacks is called by its id
        return {item_id: found_item(app, item_id) for item_id in ids}


def found_item(app: App, item_id: str) -> Item:
    """One item; without title where the store lacks it."""
    try:
        return app.store.item(item_id)
    except (UnknownUser, UnknownItem):
        return Item(item_id)


def case_records(app: App, loaded: LoadedCases, words: Words, kind: str, rows: Sequence[int], total: int) -> Records:
    """One line a case: the candidate, what is telling about it, both probabilities, who and when."""
    cases, items = loaded.cases, items_of(app, loaded.cases, kind, rows)
    seen, there = shown_of(app, cases, rows), inspect_page.page()
    return Records(
        title(loaded, kind),
        case_columns(app, loaded, words, kind, rows, items, seen),
        total,
        links=[
            row_link(
                there,
                scenario_of(app, loaded, row, seen),
                view_of(cases, kind, row, visitor.session().view),
            )
            for row in rows
        ],
        keys=[str(row) for row in rows],
        file=("cases", cases.about.split, kind),
    )


def about_case_models(loaded: LoadedCases, kind: str) -> About:
    """What files say of all cases beside their slice: of what kind they are, and under which models."""
    about = loaded.cases.about
    return {
        "kind": kind.replace(" ", "_"),
        "model": loaded.main,
        "fingerprint": about.main.fingerprint,
        "base_model": loaded.base,
        "base_fingerprint": about.base.fingerprint,
    }


def case_columns(
    app: App,
    loaded: LoadedCases,
    words: Words,
    kind: str,
    rows: Sequence[int],
    items: Mapping[str, Item],
    seen: Shown,
) -> list[RecordColumn]:
    """What is known of each case."""
    cases = loaded.cases
    p, q = (column[rows].astype(float) for column in (cases.probability, cases.base_probability))
    labels = [int(label) for label in cases.label[rows]]
    users = [cases.user_ids[user] for user in cases.user[rows]]
    people = app.store.users(users)
    under = t("Probability under this model")
    points = t("{main} minus {base}, in points of probability", main=loaded.main, base=loaded.base)
    return [
        *item_columns(
            t("Candidate"),
            [items[cases.item_ids[item]] for item in cases.item[rows]],
            name="candidate",
            notes=[distinction(cases, row, seen) for row in rows],
        ),
        *telling(loaded, kind, rows, items),
        RecordColumn("outcome", t("Outcome"), [words.outcome(label) for label in labels]),
        RecordColumn("label", t("Label"), labels, kind="number", shown=False),
        percent_column("probability", loaded.main, p.tolist(), help=under),
        percent_column("base_probability", loaded.base, q.tolist(), help=under),
        number_column("difference_points", t("Difference in points"), (100 * (p - q)).tolist(), signed, help=points),
        RecordColumn("user", t(words.person), [person(user_id, people.get(user_id)) for user_id in users]),
        RecordColumn("user_id", t("{label}: id", label=t(words.person)), users, shown=False),
        date_column("shown_at", t("Shown"), cases.time[rows].tolist()),
        RecordColumn(
            "category", t("Category"), [value_words(cases.categories[place]) for place in cases.category[rows]]
        ),
    ]


def moment_of(cases: Cases, row: int) -> tuple[str, int]:
    """Whom the candidate was shown to, and when."""
    return cases.user_ids[cases.user[row]], int(cases.time[row])


def distinction(cases: Cases, row: int, seen: Shown) -> str:
    """What tells a candidate from others of its item that the user was shown then; empty where there are none."""
    user, item, time = (column[row] for column in (cases.user, cases.item, cases.time))
    same = (cases.user == user) & (cases.item == item) & (cases.time == time)
    if cases.nth[row] == 1 and same.sum() == 1:
        return ""
    found = shown_at(seen[moment_of(cases, row)], int(time)).get(candidate_of(cases, row))
    return "" if found is None else found.distinction


def candidate_of(cases: Cases, row: int) -> Candidate:
    """What is scored in a row."""
    return Candidate(cases.item_ids[cases.item[row]], int(cases.nth[row]))


def telling(loaded: LoadedCases, kind: str, rows: Sequence[int], items: Mapping[str, Item]) -> list[RecordColumn]:
    """What makes rows cases of their kind, beside the two probabilities."""
    cases = loaded.cases

    def behaviors(places: Iterable[int]) -> list[RecordColumn]:
        return item_columns(t("Of the behavior"), [items[cases.item_ids[place]] for place in places], name="behavior")

    many = number_column(
        "different_items",
        t("Different items"),
        cases.distinct[rows].tolist(),
        help=t("In the history, as {main} sees it", main=loaded.main),
    )
    if kind == "negative":
        weight = t("Activation weight of one occurrence")
        lowest = cases.low_weight[rows].tolist()
        return [number_column("weight", t("Weight"), lowest, number, help=weight), *behaviors(cases.low_item[rows])]
    if kind == "dominated":
        share = t("Of the sum of all measured effects, without their signs")
        found = percent_column("share", t("Share"), cases.share[rows].tolist(), help=share)
        return [found, *behaviors(cases.share_item[rows]), many]
    if kind == "disagree":
        tau = t("Kendall's τ of weights × repeats and measured effects, from −1 to 1")
        return [number_column("tau", "τ", cases.tau[rows].tolist(), two_decimals, help=tau), many]
    if kind == "intense":
        added = t("All weights added up, repeats counted")
        return [number_column("intensity", "Σw", cases.intensity[rows].tolist(), number, help=added), many]
    return []


def two_decimals(value: float) -> str:
    """`−0.25`."""
    return fixed(value, 2)


def person(user_id: str, user: User | None) -> str:
    """The id with the profile values that say most; None: the store lacks the user."""
    return " · ".join([user_id, *(profile(user) if user is not None else [])])


def scenario_of(app: App, loaded: LoadedCases, row: int, seen: Shown) -> Scenario:
    """A case under its two models, in the context in which it was shown: without, the address would be written anew
    where the link leads, and Back would lead to the link.
    """
    cases, candidate = loaded.cases, candidate_of(loaded.cases, row)
    user_id, time = moment_of(cases, row)
    case = shown_at(seen[user_id, time], time).get(candidate)
    context = {} if case is None else {name: case.context.get(name) for name in app.setting.context_fields}
    return Scenario(user_id, time, (), loaded.links).with_candidates([candidate], context)


def view_of(cases: Cases, kind: str, row: int, now: View) -> View:
    """How *Inspect* shows what is telling about a case: its behavior singled out, weights or effects in order."""
    view = replace(now, fold="behavior", part=None, type=None, only=(), behavior=None)
    if kind == "negative":
        behavior = cases.item_ids[cases.low_item[row]]
        return replace(view, method="weight", sort="weight", behavior=behavior)
    if kind == "dominated":
        behavior = cases.item_ids[cases.share_item[row]]
        return replace(view, method="effect", sort="-effect", behavior=behavior)
    return replace(view, method="effect", sort="-effect") if kind == "disagree" else view


def signed(value: float) -> str:
    """`+1.2` or `−1.2`."""
    return fixed(value, 1, "+")
