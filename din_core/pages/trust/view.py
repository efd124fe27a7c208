"""What the page Trust shows: a verdict, then each figure with its meaning and cases behind it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import streamlit as st

from din_core.domain import CheckpointError, DinLensError, Scenario
from din_core.domain.leaderboard import Leaderboard
from din_core.metrics.faithfulness_file import read_faithfulness
from din_core.metrics.leaderboard_file import read_leaderboard
from din_core.pages.app.startup import App
from din_core.pages.cases.files import LoadedCases, folder_of, load_cases
from din_core.pages.language.shown_paths import shown_path
from din_core.pages.language.translate import T, join_sentences, t
from din_core.pages.places.page_links import link_to_page
from din_core.pages.session import address, caches, visitor
from din_core.pages.trust import texts
from din_core.pages.trust.caution import measured_here
from din_core.pages.trust.examples import LEADS, ExampleLink, examples
from din_core.pages.trust.figures import QUESTIONS, Question, TrustFigures, read_figures
from din_core.pages.trust.replies import Reply
from din_core.pages.trust.sampled_examples import LEAD, sampled_examples
from din_core.pages.trust.set_section import show_set_quality
from din_core.pages.trust.verdict import judge, verdict_words
from din_core.pages.user_sets.set_bar import show_set_bar
from din_core.pages.user_sets.set_form import show_set_form
from din_core.pages.widgets.frame import literal, report, report_low_coverage, report_unfit
from din_core.pages.widgets.model_card import card_text, weights_section

Read = TypeVar("Read")
MODEL = "trust_model"
READING = T(
    "A yes, a partly or a no follows from the number and fixed limits alone, which `din_core/README.md` lists. The "
    "figures are means over a sample: a single scenario can be better or worse, and *Inspect* says how its own stands."
)
BELIEVABLE = T("Of the models here, the weights of {models} can be read as reasons, as far as they were measured.")
BETWEEN_NAMES = T(", ")
NO_CASES = T(
    "There are no cases of {model} to show behind these figures: `python -m trainer cases --store URL --checkpoint "
    "{folder} --base DIR` finds some, where DIR is the model to compare with."
)


def show() -> None:
    """The page, from what is stored of the first model on screen."""
    app, own = caches.current_app(), visitor.session()
    report(own.problems)
    report_unfit(app)
    st.header(t("Can this model be trusted?"), anchor=False)
    name = pick_model(app, own.scenario)
    report_low_coverage(app, [name])
    own_set = show_set_bar(t("The figures are of all users; the examples, and what stands at the end, are of these."))
    folder = app.scorers[name].checkpoint.folder
    board, measured = told(read_leaderboard, app.checkpoints), told(read_faithfulness, folder)
    figures = read_figures(board, measured, app.scorers[name])
    verdict = judge(figures)
    with st.container(border=True, key="trust_verdict"):
        st.markdown(verdict_words(verdict, literal(app.models[name].name)), width=860)
        if better := believable(app, name, board) if verdict.overall != "reasons" and figures.weighs_apart else []:
            names = t(BETWEEN_NAMES).join(literal(app.models[other].name) for other in better)
            st.markdown(t(BELIEVABLE, models=names), width=860)
        if text := about(app, name, figures):
            st.caption(literal(text))
    loaded = cases_of(app, name)
    with st.container(key="trust_figures"):
        for question in QUESTIONS if figures.weighs_apart else ("calibration",):
            with st.container(border=True, gap="xsmall", height="stretch", key=f"trust_{question}"):
                show_figure(question, figures, verdict.given.get(question), shown_path(folder))
                if question in figures.asked:
                    show_examples(app, name, loaded, question, figures)
    if loaded is None and not (figures.faithfulness and figures.faithfulness.examples):
        st.caption(t(NO_CASES, model=literal(app.models[name].name), folder=shown_path(folder)))
    st.caption(t(READING), width=860)
    if own_set is None:
        show_set_form({})
    else:
        show_set_quality(app, name, loaded, own_set)
    section = weights_section(app.scorers[name].card)
    if section:
        with st.expander(t("All that `faithfulness` measured")):
            st.markdown(card_text(section))


def believable(app: App, name: str, board: Leaderboard | None) -> list[str]:
    """The other models at hand whose weights can be read as reasons, by what was measured of these very weights."""
    figures = {other: read_figures(board, measured_here(scorer), scorer) for other, scorer in app.scorers.items()}
    return [other for other, own in figures.items() if other != name and judge(own).overall == "reasons"]


def told(read: Callable[[Path], Read], folder: Path) -> Read | None:
    """What a file of the folder says; None, with a sentence, where it is broken."""
    try:
        return read(folder)
    except CheckpointError as error:
        report([error.text])
        return None


def pick_model(app: App, scenario: Scenario | None) -> str:
    """The choice of a model: the first of the scenario's, so that *Inspect* shows the same one's weights."""
    shown = caches.models_on_screen(scenario) if scenario is not None else ()
    if shown:
        st.session_state[MODEL] = shown[0]

    def change() -> None:
        address.choose_model(0, app.models[st.session_state[MODEL]].link)

    return st.selectbox(
        t("Model"),
        list(app.models),
        format_func=lambda folder: app.models[folder].name,
        key=MODEL,
        on_change=change,
        width=420,
    )


def about(app: App, name: str, figures: TrustFigures) -> str:
    """What the figures of weights are of; nothing where they are means over seeds, or not there."""
    measured = figures.faithfulness
    if measured is None:
        return ""
    text = t(
        "Weights: measured on {n:,} {split} impressions of {users:,} users, drawn from all {of:,} with seed {seed}, "
        "{when}.",
        n=measured.impressions,
        of=measured.of,
        split=texts.split_words(measured.split),
        users=measured.users,
        seed=measured.seed,
        when=measured.measured_at,
    )
    own = app.scorers[name].fingerprint
    if own in measured.fingerprints:
        return text
    other = t(
        "That was of weights {measured}, and those here are {own}: a copy in half precision, or another training. "
        "Measure again to be sure.",
        measured=measured.fingerprints[0],
        own=own,
    )
    return join_sentences(text, other)


def show_figure(question: Question, figures: TrustFigures, reply: Reply | None, folder: str) -> None:
    """The question, the number, and what it means; without a number, how to get it."""
    st.subheader(t(texts.HEADINGS[question]), anchor=False)
    if reply is None:
        st.markdown(texts.missing_words(question, figures, folder))
        return
    st.metric(t(texts.MEASURES[question]), texts.value_words(question, figures))
    st.caption(literal(texts.sample_words(question, figures)))
    icon, word = texts.REPLIES[reply]
    st.markdown(f"{icon} **{t(word)}** {literal(texts.meaning(question, figures))}")


def cases_of(app: App, name: str) -> LoadedCases | None:
    """The computed cases, where their main model is this checkpoint."""
    try:
        loaded = load_cases(app)
    except DinLensError as error:
        report([error.text])
        return None
    return loaded if loaded is not None and folder_of(app, loaded.cases.about.main) == name else None


def show_examples(app: App, name: str, loaded: LoadedCases | None, question: Question, figures: TrustFigures) -> None:
    """Links to impressions of the very sample, where the file names some, else to cases of the kind."""
    own, measured, seeds = visitor.session(), figures.faithfulness, other_seeds(app, name, figures)
    lead, found, missing = LEAD, list[ExampleLink](), ""
    if measured is not None and (question != "seeds" or seeds):
        models = [app.models[name].link, *[app.models[seed].link for seed in seeds[:1]]]
        if question != "seeds" and own.scenario is not None:
            models = list(own.scenario.checkpoints)
        found, missing = sampled_examples(app, question, measured, models, own.view)
    if not found and loaded is not None:
        lead, missing = LEADS[question], ""
        found = examples(app, loaded, question, seeds, own.view)
    if not found:
        return
    st.caption(t(lead))
    for example in found:
        link_to_page(example.page, literal(example.label), example.scenario, example.view)
    if missing:
        st.caption(missing)


def other_seeds(app: App, name: str, figures: TrustFigures) -> list[str]:
    """Folders of the checkpoints at hand that were measured together with this one, as other seeds of it."""
    measured = figures.faithfulness
    together = () if measured is None or measured.seeds is None else measured.seeds.fingerprints
    return [one for one, scorer in app.scorers.items() if one != name and scorer.fingerprint in together]
