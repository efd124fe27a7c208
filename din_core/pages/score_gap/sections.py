"""The parts of the page: both tiles, the waterfall, and the behaviors that differ most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil

import streamlit as st

from din_core.domain import GapPart, GapSplit, Scenario, ScoreGap
from din_core.domain.written import change_decimals
from din_core.figures.gap.waterfall import WaterfallLabels, plot_waterfall, signed, waterfall_info
from din_core.figures.heatmap import number
from din_core.pages.compare.rows import CompareInputs
from din_core.pages.inspect import page as inspect_page
from din_core.pages.language.answer_texts import Segments
from din_core.pages.language.labels import chance, day, percent, words_for
from din_core.pages.language.translate import T, join_sentences, t
from din_core.pages.score_gap.pair import Pair, Side
from din_core.pages.session import address, visitor
from din_core.pages.widgets.charts import ExportCaption, export_caption, show_chart
from din_core.pages.widgets.frame import is_dark, literal
from din_core.pages.widgets.rare_items import candidate_is_rare
from din_core.pages.widgets.record_table.columns import RecordColumn, number_column, plain_table
from din_core.pages.widgets.record_table.record_table import Records, row_link, show_folded
from din_core.pages.widgets.segmented_choice import segmented_choice
from din_core.pages.widgets.several_note import show_several_note
from din_core.sharing import View
from din_core.sharing.page_choices import Fold, GapChoice
from din_core.sharing.values import iso

MOST = 5
"""Behaviors listed."""
PARTS: dict[Fold, str] = {"category": T("Categories"), "item": T("Items")}
LINK_WIDTH = 420
"""Pixels, where the screen has so many."""
EFFECTS_WIDTH = 620
READING = T(
    "Each bar begins where the one above it ends, and together they are the gap. The first is what is there without "
    "any history: candidate, profile, context and model. Each other one is a Shapley value: what the part adds to the "
    "gap in points of probability, on average over the orders in which the history can be put together. Histories "
    "with and without the parts are scored anew, so these are effects, not weights."
)
CAVEAT = T(
    "Shapley values: what each part adds to the gap, on average over the orders in which the history can be put "
    "together."
)
EXACT = T("All sets of parts were scored: the bars are exact.")
SAMPLED = T("The orders were drawn at random: a bar's standard error is {error} points at most.")
BESIDE = T(
    "Effects are in points of probability, of all behaviors with the item together. A weight is the sum of weight × "
    "repeats; it is no effect, and weights of two models have no common unit."
)


def bold(segments: Segments) -> str:
    """Markdown of segments: those at odd places stand out."""
    texts = [literal(text) for text in segments]
    return "".join(f"**{text}**" if place % 2 and text else text for place, text in enumerate(texts))


def show_tiles(now: CompareInputs, pair: Pair) -> None:
    """Both, side by side: what it is, its probability, what happened where that is known."""
    decimals = change_decimals(pair.second.probability, pair.first.probability)
    for side, column in zip(pair.sides, st.columns(2, gap="medium"), strict=True):
        with column, st.container(border=True):
            inspect_page.link(literal(side.title), side.scenario)
            happened = words_for(now.app.summary).happened
            st.metric(t("Probability of {happened}", happened=happened), percent(side.probability, decimals))
            st.caption(literal(tile_words(now, pair, side)))


def tile_words(now: CompareInputs, pair: Pair, side: Side) -> str:
    """The chance in words, the outcome where it is known, and what the model does not know."""
    label = None if side.case.impression is None else side.case.impression.label
    outcome = "" if label is None else t("{outcome}.", outcome=words_for(now.app.summary).outcome(label))
    subject = "" if pair.between == "candidates" else t("{sentence}.", sentence=pair.candidate)
    rare = candidate_is_rare(now.app, [side.model], side.case.item)
    said = t("{sentence}.", sentence=chance(side.probability).capitalize())
    return join_sentences(subject, said, outcome, rare)


def show_waterfall(now: CompareInputs, pair: Pair, found: ScoreGap) -> None:
    """The gap part by part, by categories or items."""
    st.subheader(t("What makes the gap"), anchor=False)
    fold, split = shown_split(found)
    labels = waterfall_labels()
    info = waterfall_info(found, split, pair.labels, labels)
    records = part_records(now, pair, found, split)
    models = list(dict.fromkeys(side.model for side in pair.sides))
    item = pair.first.case.item if pair.between == "models" else None
    caption = export_caption(now.app, now.history.user, now.scenario, models, item, pair.candidate)
    title = t("{first} less {second}: {points} points", **gap_words(pair, found))
    largest = max((part.error for part in whole(split)), default=0.0)
    exactness = t(EXACT) if found.exact else t(SAMPLED, error=f"{ceil(round(1000 * largest, 6)) / 10:.1f}")
    show_chart(
        "gap_waterfall",
        plot_waterfall(info, is_dark(), labels),
        title=title,
        caption=ExportCaption(
            (*caption.name, *(side.case.item.item_id for side in pair.sides), fold),
            (*caption.lines, scores_line(now, pair)),
            join_sentences(t(CAVEAT), exactness),
        ),
        table=plain_table(records.columns),
        alt=t("{title}, in {n} parts; the table below holds the same numbers.", title=title, n=len(info.steps) - 1),
        about=records.about,
    )
    st.caption(join_sentences(t(READING), exactness))
    if fold == "category":
        show_several_note(now.app, pair.category)
    show_folded(t("The parts as a table"), "gap_table", records, GapChoice)


def scores_line(now: CompareInputs, pair: Pair) -> str:
    """Both probabilities with what they are of."""
    return " · ".join(f"{side.title}: {percent(side.probability)}" for side in pair.sides)


def waterfall_labels() -> WaterfallLabels:
    """The chart's words in the visitor's language."""
    return WaterfallLabels(
        empty=t("Without any history"),
        rest=t("All else ({n} items)"),
        gap=t("The gap"),
        axis=t("points of probability"),
        behaviors=t("behaviors: {n}"),
        error=t("± {error} (standard error)"),
    )


def shown_split(found: ScoreGap) -> tuple[Fold, GapSplit]:
    """By what the parts are, with a choice where there is one; until it is made, those of the sentence."""
    if found.by_category is None or not found.by_category.parts:
        return "item", found.by_item
    fold: Fold = address.page_choice(GapChoice).parts or ("item" if found.split is found.by_item else "category")
    segmented_choice(
        "gap_parts",
        t("Parts are"),
        {which: t(text) for which, text in PARTS.items()},
        fold,
        lambda which: address.choose_on_page(replace(address.page_choice(GapChoice), parts=which)),
    )
    return fold, found.by_category if fold == "category" else found.by_item


def whole(split: GapSplit) -> list[GapPart]:
    """The parts and the rest."""
    return [*split.parts, *([] if split.rest is None else [split.rest])]


def gap_words(pair: Pair, found: ScoreGap) -> dict[str, str]:
    """Of the chart's title."""
    points = signed(100 * found.gap, change_decimals(found.second, found.first))
    return {"first": pair.first.title, "second": pair.second.title, "points": points}


def part_records(now: CompareInputs, pair: Pair, found: ScoreGap, split: GapSplit) -> Records:
    """A row for each bar; one of an item leads to its behaviors on *Inspect*."""
    there = inspect_page.page()
    links = [
        "" if part is None or part.item is None else row_link(there, *behavior_scene(pair, part))
        for part in [None, *whole(split), None]
    ]
    about = {"user": now.scenario.user_id, "as_of": iso(now.scenario.as_of)}
    for place, side in zip(("first", "second"), pair.sides, strict=True):
        about |= {f"{place}_candidate_id": side.case.item.item_id, f"{place}_model": now.app.models[side.model].link}
    return Records(
        t("What makes the gap"),
        part_columns(pair, found, split),
        len(links),
        links=links if any(links) else [],
        about=about,
        file=("gap", now.scenario.user_id, *(side.case.item.item_id for side in pair.sides)),
        sums=1,
    )


def part_columns(pair: Pair, found: ScoreGap, split: GapSplit) -> list[RecordColumn]:
    """The effect under each, the difference, its standard error, and how many behaviors it is."""
    parts = whole(split)
    ids = [None, *(None if part.item is None else part.item.item_id for part in parts), None]
    whose = [t("Effect for {title}, points", title=side.title) for side in pair.sides]
    if whose[0] == whose[1]:
        whose = [f"{label} ({n})" for n, label in enumerate(whose, 1)]
    names = [t("Without any history"), *(part_label(pair, part) for part in parts), t("The gap")]
    first = [found.first_empty, *(part.first for part in parts), found.first]
    second = [found.second_empty, *(part.second for part in parts), found.second]
    gaps = [one - other for one, other in zip(first, second, strict=True)]
    errors = [0.0, *(100 * part.error for part in parts), 0.0]
    return [
        RecordColumn("part", t("Part"), names),
        *([RecordColumn("item_id", t("{label}: id", label=t("Item")), ids, shown=False)] if any(ids) else []),
        points_column("first_points", whose[0], first),
        points_column("second_points", whose[1], second),
        points_column("difference_points", t("Difference, points"), gaps),
        number_column("standard_error_points", t("Standard error"), errors, "{:.2f}".format),
        number_column("behaviors", t("Behaviors"), [None, *(part.behaviors for part in parts), None]),
    ]


def part_label(pair: Pair, part: GapPart) -> str:
    """What a part is called."""
    if part.item is not None:
        return pair.labels[part.name]
    return part.name or t("All else ({n} items)", n=f"{part.items:,}")


def points_column(name: str, label: str, shares: Sequence[float]) -> RecordColumn:
    """Parts of a probability, in points."""
    return number_column(name, label, [100 * share for share in shares], lambda value: signed(value, 2))


def show_behaviors(now: CompareInputs, pair: Pair, found: ScoreGap) -> None:
    """The items whose behaviors add most to the gap, each a link to Inspect, its effects and weights beside it."""
    parts = found.by_item.parts[:MOST]
    if not parts:
        return
    st.subheader(t("Behaviors that differ most"), anchor=False)
    last, weights = pair.last_seen, [side.weights for side in pair.sides]
    for place, part in enumerate(parts):
        beside = t(
            "{weights}; behaviors: {n:,}, the last on {day}.",
            weights=weight_words(now, pair, [own.get(part.name) for own in weights]),
            n=part.behaviors,
            day=day(last[part.name]),
        )
        row = st.container(key=f"gap_behavior_{place}", border=True, horizontal=True, vertical_alignment="center")
        with row:
            with st.container(width=LINK_WIDTH):
                link_to_behavior(pair, part, pair.labels[part.name])
            with st.container(width=EFFECTS_WIDTH, gap=None):
                st.markdown(effect_words(pair, part))
                st.caption(literal(beside[:1].upper() + beside[1:]))
    st.caption(t(BESIDE))


def link_to_behavior(pair: Pair, part: GapPart, label: str) -> None:
    """The row's way to Inspect, on the side where its effect is larger, with the behavior singled out."""
    inspect_page.link(literal(label), *behavior_scene(pair, part))


def behavior_scene(pair: Pair, part: GapPart) -> tuple[Scenario, View]:
    """What *Inspect* is to show of an item's behaviors."""
    side = pair.first if abs(part.first) >= abs(part.second) else pair.second
    now = visitor.session().view
    view = replace(
        now, fold="behavior", part=None, type=None, only=(), behavior=part.name, method="effect", sort="-effect"
    )
    return side.scenario, view


def effect_words(pair: Pair, part: GapPart) -> str:
    """`+12.3 points: +13.0 for the first, +0.7 for the second`, Markdown."""
    decimals = change_decimals(part.second, part.first)
    return t(
        "**{gap} points**: {first_effect} for {first}, {second_effect} for {second}",
        gap=signed(100 * part.gap, decimals),
        first_effect=signed(100 * part.first, decimals),
        first=literal(pair.first.short),
        second_effect=signed(100 * part.second, decimals),
        second=literal(pair.second.short),
    )


def weight_words(now: CompareInputs, pair: Pair, weights: Sequence[float | None]) -> str:
    """`activation weight 3.21 and 0.10`; of two models, each by its own name."""
    shown = ["–" if weight is None else number(weight) for weight in weights]
    nouns = [now.app.models[side.model].weight for side in pair.sides]
    if nouns[0] == nouns[1]:
        return t("{noun} {first} and {second}", noun=nouns[0], first=shown[0], second=shown[1])
    one, two = (f"{noun} {weight}" for noun, weight in zip(nouns, shown, strict=True))
    return t("{first} and {second}", first=one, second=two)
