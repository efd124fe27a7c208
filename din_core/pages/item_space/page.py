"""Item space: the embeddings that the activation unit reads, as a map, with the neighbours of any item."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.navigation.page import Page

from din_core.domain import History, Item, Scenario
from din_core.domain.results import Floats
from din_core.figures.item_space import SpaceInfo, SpaceLabels, category_slots, item_space_info, plot_item_space
from din_core.pages.app.startup import App
from din_core.pages.inspect.inspection import read_inputs, score
from din_core.pages.item_space import space_cache
from din_core.pages.item_space.map_marks import map_marks
from din_core.pages.item_space.space_inputs import SpaceInputs
from din_core.pages.item_space.space_records import (
    NEIGHBOURS_TABLE,
    POINTS_TABLE,
    about_space,
    neighbour_columns,
    point_columns,
    space_records,
)
from din_core.pages.language.labels import field_label, item_labels, moment, percent, words_for
from din_core.pages.language.number_texts import category_name, numeric_fields
from din_core.pages.language.translate import T, join_sentences, t
from din_core.pages.places.page_links import page_of
from din_core.pages.places.places import ITEM_SPACE
from din_core.pages.session import address, caches, visitor
from din_core.pages.widgets import pickers
from din_core.pages.widgets.catalogue_head import catalogue_head
from din_core.pages.widgets.charts import export_caption, show_chart
from din_core.pages.widgets.frame import is_dark, literal, report, report_low_coverage
from din_core.pages.widgets.rare_items import candidate_is_rare, rare_behaviors
from din_core.pages.widgets.record_table.columns import plain_table
from din_core.pages.widgets.record_table.record_table import show_folded, show_records
from din_core.pages.widgets.segmented_choice import segmented_choice
from din_core.pages.widgets.several_note import show_several_note
from din_core.sharing.page_choices import SpaceChoice

if TYPE_CHECKING:
    from din_core.pages.item_space.catalogue_space import CatalogueSpace

TOO_MANY = T("The store holds {n:,} items, but this page maps {most:,} at most.")
MOST_DRAWN = 3000
"""Points drawn at once: more make the map slow and hide each other."""
MOST_NEAR, MOST_SEEN = 400, 60
"""Points of a t-SNE map, and how many of them the history's may be: the rest are neighbours."""
NEIGHBOURS = 12
TOOLS = {"displaylogo": False, "modeBarButtonsToRemove": ["toImage", "select2d", "lasso2d", "autoScale2d"]}
MAPS = {"plane": T("All items (PCA)"), "near": T("Around what is on screen (t-SNE)")}
COLOURS = {"category": T("Category"), "score": T("Predicted probability")}
PARTS = {"all": T("All fields"), "own": T("The item's own alone")}


def page() -> Page:
    """Where this page stands."""
    return page_of(ITEM_SPACE, show)


def show() -> None:
    """The page, from the session's scenario and the store as it is now."""
    found = catalogue_head(t("Items as the model sees them"), TOO_MANY, with_candidate=True)
    if found is None:
        return
    scenario, history, total = found
    app = caches.current_app()
    title, user = app.models[caches.models_on_screen(scenario)[0]].name, words_for(app.summary).user_label(history.user)
    line = t("{model} · {user}, as of {when}", model=title, user=user, when=moment(scenario.as_of))
    st.markdown(literal(line))
    report_low_coverage(app, caches.models_on_screen(scenario)[:1])
    with st.container(horizontal=True, gap="medium"):
        choose(t("Map"), "map", MAPS)
        choose(t("Colour"), "colour", COLOURS)
        choose(t("Embedding"), "embedding", PARTS)
    inputs = read(app, scenario, history, total)
    show_separation(inputs)
    show_map(inputs)
    show_neighbours(inputs)
    map_marks()


def choose(label: str, name: str, options: Mapping[str, str]) -> None:
    """One choice of the map."""
    segmented_choice(
        f"space_{name}",
        label,
        {value: t(text) for value, text in options.items()},
        getattr(address.page_choice(SpaceChoice), name),
        lambda value: address.choose_on_page(replace(address.page_choice(SpaceChoice), **{name: value})),
    )


def read(app: App, scenario: Scenario, history: History, total: int) -> SpaceInputs:
    """The embeddings, and where what is on screen stands among them."""
    from din_core.explain.item_space import ITEM_FIELD

    model = caches.models_on_screen(scenario)[0]
    scorer, space = app.scorers[model], address.page_choice(SpaceChoice)
    category = category_name(app.summary.item_fields, numeric_fields([scorer]))
    part = ITEM_FIELD if space.embedding == "own" else None
    with st.spinner(t("Computing the map of {n:,} items …", n=total)):
        items = caches.catalogue_items(app.store.url, total)
        facts = space_cache.catalogue_space(scorer.fingerprint, part, category, scorer, items, app.store.url, total)
    held = Counter(facts.place_of.get(behavior.item.item_id, -1) for behavior in history.behaviors)
    held.pop(-1, None)
    candidate = scenario.candidate_ids[0]
    focus = space.item if space.item in facts.place_of else candidate
    if space.item is not None and focus != space.item:
        words = t("No item “{item}” on this map: the neighbours of the candidate are listed.", item=space.item)
        report([words])
    return SpaceInputs(app, scenario, history, model, part, facts, category, held, facts.place_of.get(candidate), focus)


def show_separation(inputs: SpaceInputs) -> None:
    """How well categories part, as a number beside what chance gives."""
    found = inputs.facts.separation
    if found is None or inputs.category is None:
        st.caption(t("Fewer than two embeddings have a category of their own: there is nothing to tell apart."))
        return
    name = field_label(inputs.category).lower()
    with st.container(horizontal=True, gap="large", key="separation"):
        st.metric(t("Neighbours of the same {category}", category=name), percent(found.share), width="content")
        st.metric(t("By chance"), percent(found.chance), width="content")
    words = t(
        "Of the {k} nearest neighbours of an embedding (largest cosine), the share of its own {category}, on average.",
        k=found.k,
        category=name,
    )
    if found.error is None:
        sample = t("Measured on all {n:,} embeddings with one.", n=found.of)
    else:
        sample = t(
            "Measured on {n:,} of {all:,} embeddings with one, drawn at random: ± {error} points (standard error).",
            n=found.asked,
            all=found.of,
            error=f"{100 * found.error:.1f}",
        )
    told = ""
    if inputs.part is None and inputs.category in inputs.app.scorers[inputs.model].checkpoint.vocabulary.item:
        told = t(
            "The {category} is one of the fields that these embeddings are made of, so they part by what the model was "
            "told; the item's own alone says what it learned. The activation unit reads all fields.",
            category=name,
        )
    st.caption(join_sentences(words, sample, told))
    show_several_note(inputs.app, inputs.category)


def show_map(inputs: SpaceInputs) -> None:
    """The chart, what it leaves out, and the same as a table."""
    with st.spinner(t("Placing and colouring the points …")):
        drawn, places = points_of(inputs)
        info = info_of(inputs, drawn, places)
    space, items = address.page_choice(SpaceChoice), [inputs.facts.first_of(int(place)) for place in drawn]
    columns = point_columns(inputs, info, items)
    candidate = inputs.app.store.item(inputs.scenario.candidate_ids[0])
    caption = export_caption(inputs.app, inputs.history.user, inputs.scenario, [inputs.model], candidate)
    show_chart(
        "item_map",
        plot_item_space(info, labels_of(inputs), is_dark()),
        title=f"{t('Items as the model sees them')}: {t(MAPS[space.map])}, {t(COLOURS[space.colour])}",
        caption=replace(caption, name=(*caption.name, space.map, space.colour, space.embedding)),
        table=plain_table(columns),
        alt=t("{n:,} item embeddings on a plane", n=len(drawn)),
        about=about_space(inputs),
        config=TOOLS,
        on_select=lambda: look_at_point(inputs.facts),
        selection_mode="points",
    )
    st.caption(about_near(inputs, len(drawn)) if space.map == "near" else about_plane(inputs, len(drawn)))
    st.caption(about_shared(inputs))
    rare_behaviors(inputs.app, [inputs.model], (behavior.item for behavior in inputs.history.behaviors))
    records = space_records(inputs, t("Items as the model sees them"), columns, items, POINTS_TABLE)
    show_folded(t("The {n:,} points as a table", n=len(drawn)), POINTS_TABLE, records, SpaceChoice)


def points_of(inputs: SpaceInputs) -> tuple[NDArray[np.int64], Floats]:
    """(n,) which embeddings are on the map, and (n, 2) where."""
    from din_core.explain import around, neighbours

    facts, space = inputs.facts, address.page_choice(SpaceChoice)
    own = [] if inputs.candidate is None else [inputs.candidate]
    seen = [place for place, _ in Counter(inputs.repeats).most_common()]
    if space.map == "near":  # without the item looked at: the map stays while others are looked at
        drawn = around(facts.space, [*own, *seen[:MOST_SEEN]], MOST_NEAR)
        key = (inputs.app.scorers[inputs.model].fingerprint, inputs.part, tuple(drawn.tolist()))
        return drawn, space_cache.near_map(*key, inputs.app.store.url, len(facts.items), facts)
    focus = facts.place_of.get(inputs.focus)
    wanted = own if focus is None else [*own, focus]
    for place in list(wanted):
        wanted += neighbours(facts.space, place, NEIGHBOURS)[0].tolist()
    others = np.random.default_rng(0).permutation(len(facts.category))[:MOST_DRAWN].tolist()
    drawn = np.array(list(dict.fromkeys([*wanted, *seen, *others]))[:MOST_DRAWN], np.int64)
    return drawn, facts.plane.points[drawn]


def info_of(inputs: SpaceInputs, drawn: NDArray[np.int64], places: Floats) -> SpaceInfo:
    """What the chart shows."""
    facts = inputs.facts
    items = tuple(facts.first_of(int(embedding)) for embedding in drawn)
    category = [facts.category[embedding] for embedding in drawn]
    own = None if inputs.candidate is None else facts.category[inputs.candidate]
    probability = None
    if address.page_choice(SpaceChoice).colour == "score":
        scorer = inputs.app.scorers[inputs.model]
        probability = space_cache.space_scores(scorer, items, inputs.history, inputs.scenario.context)
    return item_space_info(
        points=places,
        embedding=drawn,
        title=item_labels(items),
        category=category,
        count=facts.space.count[drawn],
        repeats=inputs.repeats,
        candidate=inputs.candidate,
        focus=facts.place_of.get(inputs.focus),
        slots=category_slots(
            category, [*coloured_on_inspect(inputs), *([own] if own else [])], inputs.app.category_slots
        ),
        probability=probability,
    )


def coloured_on_inspect(inputs: SpaceInputs) -> list[str]:
    """The categories that have a colour on *Inspect* for this candidate."""
    if inputs.category is None:
        return []
    shown = read_inputs(inputs.app.store, inputs.scenario, inputs.app.store.impressions(inputs.scenario.user_id))
    here, slots = shown.place(inputs.scenario.candidates[0]), inputs.app.category_slots
    groups = score(shown, inputs.app.scorers[inputs.model]).infos([here], inputs.category, slots)[0].groups
    return [group.category for group in groups if group.slot is not None]


def labels_of(inputs: SpaceInputs) -> SpaceLabels:
    """The chart's words."""
    first, second = (percent(share) for share in inputs.facts.plane.share)
    near = address.page_choice(SpaceChoice).map == "near"
    return SpaceLabels(
        others=t("other categories"),
        unknown=t("no category, or several"),
        history=t("in the history"),
        candidate=t("candidate"),
        focus=t("item looked at"),
        probability=t("predicted probability"),
        shared=t("{n} items share this embedding"),
        repeats=t("{n}× in the history"),
        axes=("", "")
        if near
        else (
            t("first component: {share} of the variance", share=first),
            t("second component: {share}", share=second),
        ),
    )


def about_plane(inputs: SpaceInputs, drawn: int) -> str:
    """What the map of all items shows, and what it does not."""
    total, share = len(inputs.facts.category), percent(sum(inputs.facts.plane.share))
    words = t(
        "The plane is computed from all {n:,} embeddings and shows {share} of their variance: what lies close here may "
        "lie far apart in other directions.",
        n=total,
        share=share,
    )
    if drawn == total:
        return words
    sample = t(
        "{drawn:,} of them are drawn: candidate, history, the item looked at with its neighbours, and others at "
        "random, always the same.",
        drawn=drawn,
    )
    return join_sentences(words, sample)


def about_near(inputs: SpaceInputs, drawn: int) -> str:
    """What a t-SNE map shows, and what it does not."""
    seen = min(len(inputs.repeats), MOST_SEEN)
    return t(
        "{drawn:,} embeddings: the candidate, the {seen:,} most frequent of the history's {all:,}, "
        "and their nearest neighbours. t-SNE keeps neighbours together; distances between clusters and their sizes "
        "mean little.",
        drawn=drawn,
        seen=seen,
        all=len(inputs.repeats),
    )


def about_shared(inputs: SpaceInputs) -> str:
    """Items that are one point."""
    space = inputs.facts.space
    shared = int(space.count[space.count > 1].sum())
    if not shared:
        return t("Each of the {n:,} items has an embedding of its own.", n=len(inputs.facts.items))
    return t(
        "{shared:,} of {n:,} items share an embedding with others, as training saw them too seldom to learn one of "
        "their own. Those that share one are one point, larger the more they are, not a cluster.",
        shared=shared,
        n=len(inputs.facts.items),
    )


def look_at_point(facts: CatalogueSpace) -> None:
    """A point of the map was chosen: list its neighbours."""
    points = st.session_state["item_map_chart"]["selection"]["points"]
    found = next((point["customdata"] for point in points if "customdata" in point), None)
    if found is not None:
        embedding = found[0] if isinstance(found, list) else found
        look_at(facts.first_of(int(embedding)).item_id)


def look_at(item_id: str) -> None:
    """List this item's neighbours from now on."""
    address.choose_on_page(replace(address.page_choice(SpaceChoice), item=item_id))


def show_neighbours(inputs: SpaceInputs) -> None:
    """The nearest neighbours of any item, exactly."""
    st.subheader(t("Neighbours of an item"), anchor=False)
    app = inputs.app
    item = app.store.item(inputs.focus)

    def pick(item_id: str) -> None:
        look_at(item_id)
        visitor.session().search_text.pop("neighbour", None)

    label = t("Item: any of the catalogue, or a point of the map")
    pickers.search_items(app, "neighbour", label, pickers.item_option(item), pick)
    from din_core.explain import neighbours

    place = inputs.facts.place_of.get(inputs.focus)
    if place is None:
        st.markdown(t("This item is newer than the map."))
        return
    if rare := candidate_is_rare(app, [inputs.model], item):
        st.markdown(literal(rare))
    show_sharing(inputs, item, place)
    found, cosine = neighbours(inputs.facts.space, place, NEIGHBOURS)
    items = [inputs.facts.first_of(int(one)) for one in found]
    columns = neighbour_columns(inputs, item, items, found, cosine)
    records = space_records(inputs, t("Neighbours of an item"), columns, items, NEIGHBOURS_TABLE)
    show_records(NEIGHBOURS_TABLE, records, SpaceChoice)
    st.caption(
        t(
            "The {n} largest cosines among all {all:,} embeddings, exact: 1 is the same direction, 0 is unrelated.",
            n=len(found),
            all=len(inputs.facts.category),
        )
    )


def show_sharing(inputs: SpaceInputs, item: Item, place: int) -> None:
    """Who has the same embedding as the item looked at."""
    others = [other for other in inputs.facts.items_of(place) if other.item_id != item.item_id]
    if others:
        words = t(
            "{n:,} other items share its embedding, and the model cannot tell them apart: {names}",
            n=len(others),
            names=", ".join(item_labels([item, *others[:3]])[1:]),
        )
        st.markdown(literal(words) + (" …" if len(others) > 3 else ""))
