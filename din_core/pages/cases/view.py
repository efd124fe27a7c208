"""What the page Cases shows: a table a kind of case, and a link to Inspect on the chosen row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from din_core.cases import KINDS, MEASURED_KINDS, Cases, Slice, high_intensity, most_telling, rows_of, threshold
from din_core.cases.kinds import INTENSE, LEAST_BEHAVIORS
from din_core.domain import Candidate, Item, Scenario, UnknownItem, UnknownUser
from din_core.figures.cohort import number
from din_core.pages.app.startup import App
from din_core.pages.cases.files import LoadedCases, fitting, head, offer_all, pick_slice, value_words
from din_core.pages.inspect import page as inspect_page
from din_core.pages.inspect.inspection import shown_at
from din_core.pages.language.labels import Words, day, item_labels, percent, profile, words_for
from din_core.pages.language.translate import T, t
from din_core.pages.session import address, caches, visitor
from din_core.pages.widgets.frame import literal, report
from din_core.pages.widgets.several_note import show_several_note
from din_core.pages.widgets.text_tables import columns_of, row_table
from din_core.sharing import View
from din_core.sharing.page_choices import CasesChoice

SHOWN = 25
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
    kind = pick_kind(loaded, choice)
    pick_slice(loaded.cases, "cases", choice, (words.outcome(0), words.outcome(1)))
    among = rows_of(loaded.cases, Slice(choice.profile, choice.category, choice.week, label=choice.outcome))
    found, total = most_telling(loaded.cases, kind, among, SHOWN)
    rows = [int(row) for row in found]
    st.markdown(literal(meaning(loaded, kind)), width=860)
    st.caption(how_many(loaded.cases, kind, len(rows), total, int(among.sum())))
    show_several_note(app, loaded.cases.about.category_field)
    if not rows:
        if not among.any():
            offer_all(choice)
        return
    titles = titles_of(app, loaded.cases, kind, rows)
    link = st.container(key="case_link")
    table = cases_table(app, loaded, words, kind, rows, titles)
    picked = row_table(
        "cases",
        table,
        [str(row) for row in rows],
        (loaded.key, kind),
        mode="single-row-required",
        column_config=columns_of(table, column_words(loaded)),
    )
    with link:
        show_link(loaded, kind, rows, picked, titles)
    st.caption(t(READING))


def pick_kind(loaded: LoadedCases, choice: CasesChoice) -> str:
    """What is looked for."""

    def change() -> None:
        address.choose_on_page(replace(address.page_choice(CasesChoice), kind=st.session_state["case_kind"]))

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
        sizes += " " + t(
            "Effects were measured on a random sample of {n:,} of all {all:,} impressions (seed {seed}): cases outside "
            "it are not found.",
            n=cases.about.measured,
            all=cases.about.impressions,
            seed=cases.about.seed,
        )
    return sizes


def titles_of(app: App, cases: Cases, kind: str, rows: Sequence[int]) -> dict[str, str]:
    """What the items that this kind's table names are called, by id."""
    items = items_of(app, cases, kind, rows)
    return dict(zip(items, item_labels(items.values()), strict=True))


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


def cases_table(
    app: App, loaded: LoadedCases, words: Words, kind: str, rows: Sequence[int], titles: dict[str, str]
) -> pd.DataFrame:
    """One line a case: the candidate, what is telling about it, both probabilities, who and when."""
    cases = loaded.cases
    lines = []
    for row in rows:
        p, q = float(cases.probability[row]), float(cases.base_probability[row])
        lines.append(
            {
                t("Candidate"): candidate_title(app, cases, row, titles),
                **telling(cases, kind, row, titles),
                t("Outcome"): words.outcome(int(cases.label[row])),
                loaded.main: percent(p),
                loaded.base: percent(q),
                t("Difference in points"): signed(100 * (p - q)),
                t(words.person): person(app, cases.user_ids[cases.user[row]]),
                t("Shown"): day(int(cases.time[row])),
                t("Category"): value_words(cases.categories[cases.category[row]]),
            }
        )
    return pd.DataFrame(lines)


def candidate_title(app: App, cases: Cases, row: int, titles: dict[str, str]) -> str:
    """The candidate's, with what tells it from others of its item that the user was shown then."""
    user, item, time = (column[row] for column in (cases.user, cases.item, cases.time))
    label = titles[cases.item_ids[item]]
    same = (cases.user == user) & (cases.item == item) & (cases.time == time)
    if cases.nth[row] == 1 and same.sum() == 1:
        return label
    try:
        shown = shown_at(app.store.impressions(cases.user_ids[user]), int(time))
    except (UnknownUser, UnknownItem):
        return label
    found = shown.get(candidate_of(cases, row))
    return label if found is None else " · ".join(filter(None, [label, found.distinction]))


def candidate_of(cases: Cases, row: int) -> Candidate:
    """What is scored in a row."""
    return Candidate(cases.item_ids[cases.item[row]], int(cases.nth[row]))


def column_words(loaded: LoadedCases) -> dict[str, str]:
    """What each column says, for those who point at its head."""
    return {
        loaded.main: t("Probability under this model"),
        loaded.base: t("Probability under this model"),
        t("Difference in points"): t(
            "{main} minus {base}, in points of probability", main=loaded.main, base=loaded.base
        ),
        t("Weight"): t("Activation weight of one occurrence"),
        t("Share"): t("Of the sum of all measured effects, without their signs"),
        "τ": t("Kendall's τ of weights × repeats and measured effects, from −1 to 1"),
        "Σw": t("All weights added up, repeats counted"),
        t("Different items"): t("In the history, as {main} sees it", main=loaded.main),
    }


def telling(cases: Cases, kind: str, row: int, titles: dict[str, str]) -> dict[str, str]:
    """What makes a row a case of its kind, beside the two probabilities."""
    if kind == "negative":
        behavior = titles[cases.item_ids[cases.low_item[row]]]
        return {t("Weight"): number(float(cases.low_weight[row])), t("Of the behavior"): behavior}
    if kind == "dominated":
        behavior = titles[cases.item_ids[cases.share_item[row]]]
        return {t("Share"): percent(float(cases.share[row])), t("Of the behavior"): behavior, **many(cases, row)}
    if kind == "disagree":
        return {"τ": f"{cases.tau[row]:.2f}".replace("-", "−"), **many(cases, row)}
    if kind == "intense":
        return {"Σw": number(float(cases.intensity[row])), **many(cases, row)}
    return {}


def many(cases: Cases, row: int) -> dict[str, str]:
    """How long the history is."""
    return {t("Different items"): f"{cases.distinct[row]:,}"}


def person(app: App, user_id: str) -> str:
    """The user's id with the profile values that say most."""
    try:
        return " · ".join([user_id, *profile(app.store.user(user_id))])
    except (UnknownUser, UnknownItem):
        return user_id


def show_link(
    loaded: LoadedCases, kind: str, rows: Sequence[int], picked: Sequence[int], titles: dict[str, str]
) -> None:
    """A link to Inspect on the chosen row, under the two models of the cases."""
    app, cases, row = caches.current_app(), loaded.cases, rows[picked[0] if picked and picked[0] < len(rows) else 0]
    title = candidate_title(app, cases, row, titles)
    view = view_of(cases, kind, row, visitor.session().view)
    inspect_page.link(t("Open {item} in Inspect", item=literal(title)), scenario_of(app, loaded, row), view)


def scenario_of(app: App, loaded: LoadedCases, row: int) -> Scenario:
    """A case under its two models, in the context in which it was shown: without, the address would be written anew
    where the link leads, and Back would lead to the link.
    """
    cases, candidate = loaded.cases, candidate_of(loaded.cases, row)
    user_id, time = cases.user_ids[cases.user[row]], int(cases.time[row])
    try:
        case = shown_at(app.store.impressions(user_id), time).get(candidate)
    except (UnknownUser, UnknownItem):
        case = None
    context = {} if case is None else {name: case.context.get(name) for name in app.setting.context_fields}
    return Scenario(user_id, time, (), loaded.links).with_candidates([candidate], context)


def view_of(cases: Cases, kind: str, row: int, now: View) -> View:
    """How *Inspect* shows what is telling about a case: its behavior singled out, weights or effects in order."""
    view = replace(now, fold="behavior", part=None, type=None, behavior=None)
    if kind == "negative":
        behavior = cases.item_ids[cases.low_item[row]]
        return replace(view, method="weight", sort="weight", behavior=behavior)
    if kind == "dominated":
        behavior = cases.item_ids[cases.share_item[row]]
        return replace(view, method="effect", sort="-effect", behavior=behavior)
    return replace(view, method="effect", sort="-effect") if kind == "disagree" else view


def signed(value: float) -> str:
    """`+1.2` or `−1.2`."""
    return f"{value:+.1f}".replace("-", "−")
