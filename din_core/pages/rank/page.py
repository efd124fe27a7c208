"""Rank: the whole catalogue for one user at one time, under two models, as it is being scored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.navigation.page import Page

from din_core.domain import Candidate, Item, Scenario
from din_core.pages.app.startup import App
from din_core.pages.compare import page as compare_page
from din_core.pages.inspect import page as inspect_page
from din_core.pages.language.labels import item_labels, moment, words_for
from din_core.pages.language.number_texts import category_name, numeric_fields
from din_core.pages.language.translate import T, t
from din_core.pages.places.page_links import link_to_page, page_of
from din_core.pages.places.places import CATALOGUE
from din_core.pages.rank import ranking_cache
from din_core.pages.rank.ranking_records import ranking_records
from din_core.pages.score_gap import page as score_gap_page
from din_core.pages.session import address, caches
from din_core.pages.widgets.catalogue_head import catalogue_head
from din_core.pages.widgets.failures import shows_failures
from din_core.pages.widgets.frame import literal, report
from din_core.pages.widgets.one_or_all import one_or_all
from din_core.pages.widgets.record_table.record_table import (
    rows_wanted,
    show_records,
)
from din_core.pages.widgets.segmented_choice import segmented_choice
from din_core.sharing.links import MAX_CANDIDATES
from din_core.sharing.page_choices import RankChoice

if TYPE_CHECKING:
    from din_core.scoring import Ranking

TOO_MANY = T("The store holds {n:,} items, but this page ranks {most:,} at most.")
SHOWN = 20
LOOK_SECONDS = 0.5
"""Between two looks at a ranking that is under way."""
EVERYTHING = T("All categories")
READING = T(
    "Every item is scored as if it were shown to this user at this time, in the context on *Inspect*; whether it "
    "could have been shown is not asked. A rank is among all items, whatever is filtered. Items that training hardly "
    "saw are told apart by their other fields alone: those alike in them tie. A high rank says what the model "
    "predicts, not what the user would have done."
)


def page() -> Page:
    """Where this page stands."""
    return page_of(CATALOGUE, show)


def show() -> None:
    """The page, from the session's scenario and the store as it is now."""
    found = catalogue_head(t("The whole catalogue, ranked"), TOO_MANY)
    if found is None:
        return
    scenario, history, total = found
    app, names = caches.current_app(), caches.models_on_screen(scenario)
    with st.spinner(t("Reading the catalogue …")):
        items = caches.catalogue_items(app.store.url, total)
    field = category_name(app.summary.item_fields, numeric_fields(app.scorers.values()))
    report(strangers(items, address.page_choice(RankChoice), field))
    ranking = ranking_cache.ranking(app, items, names, history, scenario)
    words = words_for(app.summary)
    st.markdown(
        t(
            "{models} · {user}, as of {moment}; {n:,} behaviors before.",
            models=literal(" · ".join(app.models[name].name for name in names)),
            user=literal(words.user_label(history.user)),
            moment=literal(moment(scenario.as_of)),
            n=len(history.behaviors),
        )
    )
    choice = address.page_choice(RankChoice)
    with st.container(horizontal=True, gap="medium"):
        among = choose_items(items, choice, field)
        by = choose_order([app.models[name].name for name in names], choice)
    under_way = not ranking.ended
    repeats = Counter(behavior.item.item_id for behavior in history.behaviors)
    st.fragment(shows_failures(show_ranking), run_every=LOOK_SECONDS if under_way else None)(
        app, ranking, names, scenario, among, by, repeats, field, under_way
    )
    st.caption(t(READING))


def choose_items(items: Sequence[Item], choice: RankChoice, field: str | None) -> NDArray[np.bool_] | None:
    """A choice of one category, where the items have some: values of the item field `field`."""
    category = [item.values(field) for item in items] if field else []
    known = sorted({name for names in category for name in names})
    if not known:
        return None
    chosen, everything = choice.category if choice.category in known else None, t(EVERYTHING)
    one_or_all(
        "rank_category",
        t("Show"),
        known,
        chosen,
        lambda name: name or everything,
        lambda wanted: address.choose_on_page(replace(address.page_choice(RankChoice), category=wanted)),
        width=320,
    )
    return None if chosen is None else np.array([chosen in names for names in category])


def strangers(items: Sequence[Item], choice: RankChoice, field: str | None) -> list[str]:
    """A sentence where no item is of the category that a link names."""
    if choice.category is None or (field and any(choice.category in item.values(field) for item in items)):
        return []
    return [t("No item is of the category “{name}”, which the link names: all are listed.", name=choice.category)]


def choose_order(titles: Sequence[str], choice: RankChoice) -> int:
    """The model whose best are listed, by its place; the first where there is no other."""
    if len(titles) < 2:
        return 0

    def keep(place: int) -> None:
        # The columns change places: what one of them was sorted by is another model's now.
        address.choose_on_page(replace(address.page_choice(RankChoice), by=place, sort=None))

    segmented_choice("rank_by", t("Ranked by"), dict(enumerate(titles)), choice.by, keep)
    return choice.by


def show_ranking(
    app: App,
    ranking: Ranking,
    names: Sequence[str],
    scenario: Scenario,
    among: NDArray[np.bool_] | None,
    by: int,
    repeats: Mapping[str, int],
    field: str | None,
    under_way: bool,
) -> None:
    """How far it is, and the best so far."""
    if ranking.failed:
        if not ranking_cache.is_kept(ranking):
            st.rerun()  # it was said before, and is tried again
        ranking_cache.forget_ranking()
    ended = ranking.wait(0)
    titles = [app.models[name].name for name in names]
    show_progress(ranking, titles)
    choice, total = address.page_choice(RankChoice), ranking.total if among is None else int(among.sum())
    found = ranking.best(rows_wanted(choice, SHOWN), among, by)
    listed = [ranked.item for ranked in found]
    records = ranking_records(app, ranking, names, scenario, found, repeats, total=total, by=by, field=field)
    expected = min(rows_wanted(choice, SHOWN), total)
    ticked = show_records("ranking", replace(records, expected=expected), RankChoice)
    st.markdown(where_is(ranking, scenario, titles[0]))
    show_way([item for item in listed if item.item_id in ticked], scenario, by)
    if ended and under_way:
        st.rerun()  # nothing more to look for


def show_way(chosen: Sequence[Item], scenario: Scenario, by: int) -> None:
    """To the page that tells of the rows chosen: why one is where it is, or above another."""
    if not chosen:
        st.markdown(
            t(
                "A row leads to the behaviors that the model switches on for it; tick two or more to see why one is "
                "above another."
            )
        )
        return
    candidates = [Candidate(item.item_id) for item in chosen[:MAX_CANDIDATES]]
    label = (
        t("Open {item} in Inspect", item=literal(chosen[0].label))
        if len(candidates) == 1
        else t("Why this order: the {n} rows side by side in Compare", n=len(candidates))
    )
    there, shown = inspect_page.page(), scenario.with_candidates(candidates, scenario.context)
    if len(candidates) == 2:
        first, second = map(literal, item_labels(chosen))
        why = t("Why {first} above {second}", first=first, second=second)
        ranked_by = shown.checkpoints[::-1] if by else shown.checkpoints
        score_gap_page.link(why, replace(shown, checkpoints=ranked_by), "candidates")
    if len(candidates) > 1:
        there = compare_page.page()
    link_to_page(there, label, shown)


def show_progress(ranking: Ranking, titles: Sequence[str]) -> None:
    """One line and one bar, always in the same place."""
    total = ranking.total * len(ranking.done)
    scored = ", ".join(f"{literal(t)} {n:,}" for t, n in zip(titles, ranking.done, strict=True))
    # Before the bar: at the right end, the toolbar of the table below would cover it.
    button, bar = st.columns([1, 5], vertical_alignment="center")
    text = T("Scored of {n:,} items: {scored} (stopped)") if ranking.stopped else T("Scored of {n:,} items: {scored}")
    bar.progress(sum(ranking.done) / total if total else 1.0, text=t(text, n=ranking.total, scored=scored))
    if not ranking.ended:
        button.button(t("Stop"), on_click=ranking.stop, width="stretch")
    elif button.button(t("Score again"), width="stretch", key="rank_again"):
        ranking_cache.forget_ranking()
        st.rerun()  # the whole page: this part of it knows the old ranking


def where_is(ranking: Ranking, scenario: Scenario, title: str) -> str:
    """Where the candidate on *Inspect* stands."""
    place = ranking.place_of(scenario.candidate_ids[0])
    if place is None:
        return t("The candidate on *Inspect* is not in the catalogue read here.")
    ranked = ranking.of(place)
    own = ranked.places[0]
    item = literal(ranked.item.label)
    if own is None:
        return t("The candidate on Inspect, {item}, is not scored yet.", item=item)
    return t(
        "The candidate on Inspect, {item}, is number {rank:,} of {n:,} under {model}.",
        item=item,
        rank=own.rank,
        n=ranking.done[0],
        model=literal(title),
    )
