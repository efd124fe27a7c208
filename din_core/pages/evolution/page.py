"""Evolution: how DIEN's interest state moves through a history towards one candidate, and the score on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.navigation.page import Page

from din_core.domain import Item, Scenario
from din_core.domain.evolution import EvolutionPath
from din_core.figures import EvolutionInfo, EvolutionLabels, evolution_info, plot_evolution, plot_path, timeline_info
from din_core.pages.app.startup import App
from din_core.pages.inspect import page as inspect_page
from din_core.pages.inspect.inspection import Case, Inputs, read_inputs
from din_core.pages.language.labels import chance, day, fixed, moment, percent, tick_label, words_for
from din_core.pages.language.translate import T, join_sentences, t
from din_core.pages.places.page_links import page_of
from din_core.pages.places.places import EVOLUTION
from din_core.pages.session import caches, visitor
from din_core.pages.widgets import pickers
from din_core.pages.widgets.charts import WEIGHTS_CAVEAT, export_caption, show_chart
from din_core.pages.widgets.frame import is_dark, literal, report_low_coverage
from din_core.pages.widgets.rare_items import candidate_is_rare, rare_behaviors, rare_columns
from din_core.pages.widgets.record_table.columns import RecordColumn, date_column, number_column, plain_table
from din_core.pages.widgets.record_table.record_table import IN_BOX, Records, row_link, show_records
from din_core.sharing.page_choices import EvolutionChoice
from din_core.sharing.values import iso

if TYPE_CHECKING:
    from din_core.scoring import Scorer

NONE = T(
    "No model at hand is a DIEN, the one whose interests evolve: train one with `python -m trainer train "
    "--store URL --model dien --out DIR/dien`, where DIR is the folder that holds the checkpoints."
)
GATES = {
    "augru": T(
        "AUGRU multiplies its update gate by the attention: at attention 0 a behavior leaves the state as it is, at 1 "
        "the step is that of a plain GRU."
    ),
    "agru": T(
        "AGRU puts the attention in the update gate's place: at attention 0 a behavior leaves the state as it is, at 1 "
        "it replaces the state by a new one."
    ),
    "aigru": T(
        "AIGRU multiplies the behavior's input by the attention: at attention 1 the step is that of a plain GRU, and "
        "even at 0 the state moves on, as a GRU does without input."
    ),
}
"""What attention 0 and 1 mean, by the cell of the evolution layer."""
READING = T(
    "The path is the one that the score was made on, under the attention of the whole history. Attention is a softmax: "
    "it adds up to 1, so among {n:,} behaviors one gets {even} on average (dashed), and a shorter history shares it "
    "among fewer. The scores on the way are therefore not read off the path: for each, the model scored the history "
    "that ends there, at the same time and in the same context. A long step is no cause: what a state is worth is for "
    "the network after it to say."
)


def page() -> Page:
    """Where this page stands."""
    return page_of(EVOLUTION, show)


def show() -> None:
    """The page, from the session's scenario and the store as it is now."""
    app, own = caches.current_app(), visitor.session()
    inputs, scenario = pickers.scenario_boxes(read_inputs), own.scenario
    st.header(t("Interest evolution"), anchor=False)
    if scenario is None or inputs is None:
        st.markdown(t("There is no scenario on screen: choose a user and a candidate."))
        return
    on_screen = caches.models_on_screen(scenario)
    name = evolving(app, (*on_screen, *app.scorers))
    if name is None:
        st.markdown(t(NONE))
        return
    if name not in on_screen:
        model = literal(app.models[name].name)
        st.caption(
            t("Neither model on screen is a DIEN, the one whose interests evolve; this is {model}.", model=model)
        )
    report_low_coverage(app, [name])
    show_evolution(app, name, scenario, inputs)


def is_chosen(app: App, scenario: Scenario | None) -> bool:
    """Whether a model on screen is a DIEN."""
    names = () if scenario is None else caches.models_on_screen(scenario)
    return any(is_evolving(app.scorers[name]) for name in names)


def is_evolving(scorer: Scorer) -> bool:
    """Whether it is a DIEN."""
    return scorer.config.architecture == "dien"


def evolving(app: App, names: tuple[str, ...]) -> str | None:
    """The first DIEN among these folders' names."""
    return next((name for name in names if is_evolving(app.scorers[name])), None)


def show_evolution(app: App, name: str, scenario: Scenario, inputs: Inputs) -> None:
    """Score, step length and attention over time; the path in two dimensions; every step in a table."""
    from din_core.explain import evolution_path

    case = inputs.cases[inputs.place(scenario.candidates[0])]
    path = evolution_path(app.scorers[name], inputs.history, case.item, case.context)
    info = evolution_info(path, timeline_info(inputs.history, path.behaviors))
    st.markdown(about(app, name, scenario, inputs, case, path))
    if not path.behaviors:
        st.markdown(t("There is no behavior before that time: the state stays where it starts, at 0."))
        return
    labels, dark = words_of_charts(), is_dark()
    records = step_records(app, name, scenario, info, path)
    caption = export_caption(
        app, inputs.history.user, scenario, [name], case.item, inputs.title(case), t(WEIGHTS_CAVEAT)
    )
    figure = plot_evolution(info, dark, labels)
    shared: dict[str, Any] = {"caption": caption, "table": plain_table(records.columns), "about": records.about}
    show_chart("evolution", figure, title=t("Interest evolution"), alt=alternative(info), **shared)
    st.caption(t(GATES[app.scorers[name].config.evolution]))
    left, right = st.columns([3, 2], gap="large")
    with left:
        title, alt = t("The path of the state"), t("The same path, seen in two dimensions.")
        st.subheader(title, anchor=False)
        show_chart("path", plot_path(info, dark, labels), title=title, alt=alt, **shared)
        st.caption(shares_words(info))
    with right:
        st.subheader(t("How to read it"), anchor=False)
        st.markdown(t(READING, n=len(path.behaviors), even=f"{1 / len(path.behaviors):.3g}"))
    st.subheader(t("Step by step"), anchor=False)
    show_records("steps", records, EvolutionChoice, most=IN_BOX)
    rare_behaviors(app, [name], (behavior.item for behavior in path.behaviors))
    inspect_page.link(t("Open in Inspect"), with_model(scenario, app.models[name].link))


def with_model(scenario: Scenario, link: str) -> Scenario:
    """The scenario with this model on screen: first, beside the one that was first, where it is not there yet."""
    pair = scenario.checkpoints if link in scenario.checkpoints else (link, *scenario.checkpoints[:1])
    return replace(scenario, checkpoints=pair)


def about(app: App, name: str, scenario: Scenario, inputs: Inputs, case: Case, path: EvolutionPath) -> str:
    """Which model, who, what and when; the score and how much of the history was seen."""
    words = words_for(app.summary)
    last = float(path.probability[-1])
    seen, all_of_it = len(path.behaviors), len(inputs.history.behaviors)
    subject = t(
        "{model} · {user}: {item}, scored as of {time}.",
        model=app.models[name].name,
        user=words.user_label(inputs.history.user),
        item=inputs.title(case),
        time=moment(scenario.as_of),
    )
    score = t("Probability {percent} %, {chance}.", percent=f"{100 * last:.1f}", chance=chance(last))
    kept = (
        t("It sees all {n:,} behaviors.", n=seen)
        if seen == all_of_it
        else t("It sees the {n:,} newest of {total:,} behaviors.", n=seen, total=all_of_it)
    )
    rare = candidate_is_rare(app, [name], case.item)
    return literal(join_sentences(subject, rare, score, kept))


def words_of_charts() -> EvolutionLabels:
    """The charts' words in the visitor's language."""
    return EvolutionLabels(
        probability=t("Probability had the history ended there"),
        moved=t("How far the step moves the state"),
        attention=t("Attention"),
        even=t("1/T, equal shares"),
        before=t("before the first behavior it sees"),
        start=t("start"),
        end=t("final state"),
        step=t("step {n}"),
        component=t("component {n}: {share} % of the variance"),
        left=t("{value} from the final state"),
        day=day,
        tick=tick_label,
    )


def alternative(info: EvolutionInfo) -> str:
    """The charts over time for those who do not see them."""
    furthest, most = int(info.moved.argmax()), int(info.attention.argmax())
    return t(
        "Score, step length and attention of {n} behaviors. The longest step is at {moved}, "
        "the most attention is on {most}.",
        n=len(info.title),
        moved=info.title[furthest],
        most=info.title[most],
    )


def shares_words(info: EvolutionInfo) -> str:
    """How much of the path the picture keeps."""
    return t(
        "Principal components of these {n:,} states: the first explains {first} % of their variance, the second "
        "{second} %. Both axes have one scale. Light is old, dark is new (in the dark theme the other way round).",
        n=len(info.left),
        first=f"{100 * info.share[0]:.1f}",
        second=f"{100 * info.share[1]:.1f}",
    )


def step_records(app: App, name: str, scenario: Scenario, info: EvolutionInfo, path: EvolutionPath) -> Records:
    """What the charts show, newest step first, then the start; a step leads to its behavior on *Inspect*."""
    there, now = inspect_page.page(), replace(visitor.session().view, fold="behavior", part=None, type=None, only=())
    shown = with_model(scenario, app.models[name].link)
    items = [behavior.item for behavior in reversed(path.behaviors)]
    model = app.models[name]
    return Records(
        t("Interest evolution"),
        step_columns(app, name, info, items),
        len(items) + 1,
        links=[*(row_link(there, shown, replace(now, behavior=item.item_id)) for item in items), ""],
        about={
            "user": scenario.user_id,
            "as_of": iso(scenario.as_of),
            "candidate_id": scenario.candidate_ids[0],
            "model": model.name,
            "fingerprint": model.fingerprint,
        },
        file=("evolution", scenario.user_id, scenario.candidate_ids[0]),
    )


def step_columns(app: App, name: str, info: EvolutionInfo, items: Sequence[Item]) -> list[RecordColumn]:
    """Of each step its behavior, and how it moves the state and the score; `items` are the steps', newest first."""
    titles = [*(item.label for item in items), t("before the first behavior it sees")]
    ids = [item.item_id for item in items]
    return [
        number_column("step", t("Step"), range(len(items), -1, -1)),
        RecordColumn("behavior", t("Behavior"), titles, ids=[*ids, ""]),
        RecordColumn("behavior_id", t("{label}: id", label=t("Behavior")), [*ids, None], shown=False),
        *rare_columns(app, [name], [*items, None]),
        *([RecordColumn("type", t("Type"), [*reversed(info.type), None])] if any(info.type) else []),
        date_column("date", t("Date"), [*(int(at) for at in reversed(info.time)), None]),
        decimals("attention", t("Attention"), [*info.attention[::-1].tolist(), None]),
        decimals("moved", t("Moves the state by"), [*info.moved[::-1].tolist(), None]),
        decimals("left", t("From the final state"), info.left[::-1].tolist()),
        number_column(
            "probability",
            t("Probability if it ended here"),
            info.probability[::-1].tolist(),
            lambda chance: percent(chance, 2),
        ),
        *(decimals(f"component_{n}", t("Component {n}", n=n), info.place[::-1, n - 1].tolist(), False) for n in (1, 2)),
    ]


def decimals(name: str, label: str, values: Sequence[float | None], shown: bool = True) -> RecordColumn:
    """Numbers with four decimals."""
    return number_column(name, label, values, lambda value: fixed(value, 4), shown=shown)
