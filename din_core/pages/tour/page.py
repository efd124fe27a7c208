"""Tour: in two minutes, what DIN's weights are and what they are not, on shoppers whose reasons are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import streamlit as st
from streamlit.navigation.page import Page

from din_core.domain import DinLensError
from din_core.domain.tour import Tour, TourCandidate, read_tour
from din_core.figures.tour import TourInfo, TourLabels, plot_tour, reach_of, tour_info, written
from din_core.pages.app.startup import ASSETS
from din_core.pages.inspect import page as inspect_page
from din_core.pages.language.translate import T, t
from din_core.pages.places import places
from din_core.pages.places.page_links import page_of
from din_core.pages.session import address, visitor
from din_core.pages.tour.step_title import step_title
from din_core.pages.widgets.charts import ExportCaption, show_chart
from din_core.pages.widgets.frame import is_dark, report
from din_core.pages.widgets.record_table.columns import RecordColumn, number_column, plain_table
from din_core.pages.widgets.record_table.record_table import Records, show_folded
from din_core.sharing.page_choices import TourChoice

TOUR = ASSETS / "tour.json"
NAMES = {"din": T("DIN"), "other": T("DIN, another seed"), "base": T("Average pooling")}


@dataclass(frozen=True, slots=True)
class TourStep:
    """One page of the tour."""

    title: str
    text: str
    user_id: str
    shown: tuple[tuple[str, str], ...]
    """Candidate and model of each chart, top to bottom."""


STEPS = (
    TourStep(
        T("Which past behaviors matter for a keyboard?"),
        T(
            "Mia bought lipsticks, face cream and three mice. We made her up, so we know the truth: only the mice are "
            "a reason for her click on a keyboard. A Deep Interest Network gives every past behavior an **activation "
            "weight** for this candidate. The mice get most. The right side shows a measured **effect**: by how many "
            "points the predicted chance falls when the mice are taken out of her history."
        ),
        "mia-keyboard",
        (("Keyboard", "din"),),
    ),
    TourStep(
        T("Another candidate, other weights"),
        T(
            "The same history, now for a winter coat. Nothing she bought is a reason, and the weights are small. That "
            "is what average pooling cannot do: it weighs every behavior alike, whatever the candidate."
        ),
        "mia-keyboard",
        (("Women's winter coat", "din"), ("Women's winter coat", "base")),
    ),
    TourStep(
        T("Four behaviors among forty"),
        T(
            "Noor buys clothes nine times out of ten. For a phone, two phone cases and two pairs of headphones are the "
            "reasons. DIN finds them and predicts {din}; average pooling drowns them among the clothes and says {base}."
        ),
        "noor-tshirt-and-phone",
        (("Phone", "din"), ("Phone", "base")),
    ),
    TourStep(
        T("A weight is not a share, and the sum is not fixed"),
        T(
            "For a T-shirt many behaviors speak, and the weights add up to far more than 1: DIN does not normalise "
            "them, so their sum tells how strong the interest is. Yet no effect is to be seen: the prediction is {din} "
            "with or without any one category, as the others suffice. An effect of leaving something out is no "
            "measure of how much it was there."
        ),
        "noor-tshirt-and-phone",
        (("T-shirt", "din"),),
    ),
    TourStep(
        T("A weight is not an effect"),
        T(
            "Lena's gloves and scarves make her want a winter coat; the boots were for her boyfriend. This second DIN, "
            "trained on the same clicks, gives the boots as much weight as the gloves, but leaving them out changes "
            "nothing. So *Inspect* shows measured effects beside the weights, and says when they disagree."
        ),
        "lena-winter-coat",
        (("Women's winter coat", "other"),),
    ),
    TourStep(
        T("The sign is an accident of the seed"),
        T(
            "Two DINs that differ in nothing but their random start, as training left them: the weights of one are "
            "turned over, the effects agree. Training now ends by choosing the sign with which weights agree with "
            "effects; in other models a negative weight can raise the score. Compare weights within one model, never "
            "between two."
        ),
        "mia-keyboard",
        (("Keyboard", "din"), ("Keyboard", "other")),
    ),
)
LAST = T(
    "Now real households: there nobody knows the true reasons, so look at weights and effects together, read the "
    "sentence that says whether they agree, and change something in *What if* before you believe a story."
)


def page() -> Page:
    """Where this page stands."""
    return page_of(places.TOUR, show)


def show() -> None:
    """The step that this visitor has come to."""
    report(visitor.session().problems)
    try:
        tour = read_tour(TOUR)
    except DinLensError as error:
        report([error.text])
        return
    place = min(address.page_choice(TourChoice).step, len(STEPS) - 1)
    step = STEPS[place]
    step_title(t(step.title), t("Step {place} of {all}", place=place + 1, all=len(STEPS)), place)
    candidates = [tour.candidate(step.user_id, title) for title, _ in step.shown]
    st.markdown(t(step.text, **chances(candidates[0])), width=860)
    show_charts(step, candidates, tour)
    if place == len(STEPS) - 1:
        st.markdown(t(LAST), width=860)
    show_ways(place)
    st.caption(made_by(tour))


def chances(candidate: TourCandidate) -> dict[str, str]:
    """`96 %` by model, never 0 or 100."""
    return {model: f"{min(max(100 * p, 0.1), 99.9):.3g} %" for model, p in candidate.probability.items()}


def show_charts(step: TourStep, candidates: list[TourCandidate], tour: Tour) -> None:
    """One chart a model, on the same axes, each with an equal table."""
    models = tuple(model for _, model in step.shown)
    for candidate, model in zip(candidates, models, strict=True):
        info = tour_info(candidate, model, reach_of(candidate, models))
        title = t(
            "{model}: {candidate}, predicted chance {chance}",
            model=t(NAMES[model]),
            candidate=candidate.title,
            chance=chances(candidate)[model],
        )
        st.subheader(title, anchor=False)
        labels = TourLabels(
            t("Sum of activation weights"),
            t("Points lost without it"),
            t("a reason, as the shopper was made"),
            t("not a reason"),
        )
        alt = t("Weights and effects of {n} categories", n=len(info.bars))
        name = (step.user_id, candidate.title, f"{model}@{tour.checkpoints[model][:6]}")
        caption = ExportCaption(name, (made_by(tour).replace("`", ""),))
        about = {"shopper": step.user_id, "candidate": candidate.title, "model": name[-1]}
        records = bar_records(info, labels, title, about)
        show_chart(
            f"tour_{model}",
            drawn(info, labels, is_dark()),
            title=title,
            caption=caption,
            table=plain_table(records.columns),
            alt=alt,
            about=about,
        )
        show_folded(t("The same as a table"), f"tour_{model}_table", records)


@lru_cache(maxsize=64)
def drawn(info: TourInfo, labels: TourLabels, dark: bool) -> Any:
    """The chart."""
    return plot_tour(info, labels, dark)


def bar_records(info: TourInfo, labels: TourLabels, title: str, about: Mapping[str, str]) -> Records:
    """What the chart shows: one row a category."""
    bars = info.bars
    reasons = [labels.cause if bar.cause else labels.other for bar in bars]
    columns = [
        RecordColumn("category", t("Category"), [bar.name for bar in bars]),
        number_column("behaviors", t("Behaviors"), [bar.lines for bar in bars]),
        number_column("weight", labels.weight, [bar.weight for bar in bars], lambda value: written(value, "weight")),
        number_column("points", labels.effect, [bar.effect for bar in bars], lambda value: written(value, "effect")),
        RecordColumn("reason", t("Reason"), [int(bar.cause) for bar in bars], reasons),
    ]
    return Records(title, columns, len(bars), about=about, file=("tour", *about.values()))


def show_ways(place: int) -> None:
    """Back, on, and out to the real data."""
    with st.container(horizontal=True, vertical_alignment="center", key="tour_ways"):
        st.button(t("Back"), disabled=place == 0, on_click=go, args=(place - 1,), key="tour_back")
        if place < len(STEPS) - 1:
            st.button(t("Next"), type="primary", on_click=go, args=(place + 1,), key="tour_next")
        inspect_page.link(t("Open a real household in Inspect"))


def go(place: int) -> None:
    """To this step."""
    address.choose_on_page(TourChoice(place))


def made_by(tour: Tour) -> str:
    """What made the numbers."""
    names: Mapping[str, str] = {model: t(name) for model, name in NAMES.items()}
    models = "; ".join(
        t("{model}: {fingerprint} (seed {n})", model=names[model], fingerprint=fingerprint[:6], n=tour.seeds[model])
        for model, fingerprint in tour.checkpoints.items()
    )
    return t(
        "Made-up shoppers with planted reasons (`python -m trainer planted`), models trained on their clicks, numbers "
        "written {made_at} by `python -m trainer tour`. {models}",
        made_at=tour.made_at,
        models=models,
    )
