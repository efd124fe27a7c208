"""Leaderboard: how the family compares, how each model was trained and what it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.navigation.page import Page

from din_core.domain import CheckpointError, Scenario
from din_core.domain.leaderboard import Leaderboard
from din_core.figures import CurvesInfo, LeaderboardInfo, curves_info, leaderboard_info, plot_curves, plot_leaderboard
from din_core.figures.curves import CurvesWords
from din_core.figures.leaderboard import LABELS, LeaderboardWords, number
from din_core.metrics.leaderboard_file import read_leaderboard
from din_core.pages.app.startup import App
from din_core.pages.language.metric_texts import meanings
from din_core.pages.language.translate import T, join_sentences, sentence, t
from din_core.pages.models.calibration_section import show_calibration
from din_core.pages.models.coverage_table import show_coverage
from din_core.pages.models.leaderboard_table import (
    SPLITS,
    base_rate_words,
    board_records,
    duration,
)
from din_core.pages.models.weight_table import show_weight_figures
from din_core.pages.places.page_links import page_of
from din_core.pages.places.places import LEADERBOARD
from din_core.pages.session import address, caches, visitor
from din_core.pages.session.choices import to_model
from din_core.pages.trust import page as trust_page
from din_core.pages.two_models import page as two_models_page
from din_core.pages.two_models.model_pair import badges
from din_core.pages.widgets.charts import ExportCaption, show_chart
from din_core.pages.widgets.frame import is_dark, literal, report, report_low_coverage, report_unfit
from din_core.pages.widgets.model_card import show_card
from din_core.pages.widgets.record_table.columns import RecordColumn, number_column, plain_table
from din_core.pages.widgets.record_table.record_table import Records, row_link, show_folded, show_records
from din_core.pages.widgets.segmented_choice import segmented_choice
from din_core.pages.widgets.text_tables import show_table
from din_core.sharing.links import METRICS
from din_core.sharing.page_choices import LeaderboardChoice
from din_core.store import StoreSummary

INTERVAL = ("_low", "_high")
"""Ends of the names of the columns that are shown of one metric alone."""
CURVE_ALTS = {
    "train_loss": T("Training loss over the epochs of {n} models"),
    "gauc": T("Validation GAUC over the epochs of {n} models"),
}
SEVERAL_SEEDS = T(
    "Each figure is a mean over training seeds, ± their standard deviation; one that leads by less than the seeds' "
    "spread has not shown that it is better."
)
ONE_SEED = T(
    "Each figure is of one training: another seed would give another one, and nothing here says how far apart they lie."
)
READING = T(
    "The bars are 95 % intervals from drawing the users of this split anew, so they say what other users might have "
    "shown, not what another training run would. Two models whose intervals overlap may still differ. The table ranks "
    "models as a whole: it does not say that a model is right about the candidate on screen, nor that its weights "
    "explain more. Weights of different models are not on one scale."
)


def page() -> Page:
    """Where this page stands."""
    return page_of(LEADERBOARD, show)


def show() -> None:
    """The page, from the checkpoints at hand and the session's scenario."""
    app, own = caches.current_app(), visitor.session()
    report(own.problems)
    report_unfit(app)
    report_low_coverage(app, app.models)
    st.header(t("Leaderboard"), anchor=False)
    show_leaderboard(app)
    trust_page.link(t("Can this model be trusted? One model at a time"))
    two_models_page.link(t("Two models side by side, on one candidate"))
    st.header(t("Learning curves"), anchor=False)
    show_curves(app)
    show_calibration(app, own.scenario)
    show_coverage(app)
    st.header(t("Checkpoints at hand"), anchor=False)
    show_table(checkpoints_table(app))
    for name, model in app.models.items():
        show_card(app.scorers[name].card, t("Model card: {model}", model=model.name))
    if app.unfit:
        st.header(t("Checkpoints that cannot be used"), anchor=False)
        show_table(unfit_table(app))


@lru_cache(maxsize=32)
def drawn(info: LeaderboardInfo | CurvesInfo, words: LeaderboardWords | CurvesWords, dark: bool) -> Any:
    """The chart of an info; a choice of models draws none of them anew."""
    if isinstance(info, LeaderboardInfo):
        assert isinstance(words, LeaderboardWords)
        return plot_leaderboard(info, dark, words)
    assert isinstance(words, CurvesWords)
    return plot_curves(info, dark, words)


def leaderboard_words() -> LeaderboardWords:
    """What the leaderboard's chart says."""
    return LeaderboardWords(
        here=t("at hand in this app"),
        elsewhere=t("measured only"),
        higher=t("higher is better"),
        lower=t("lower is better"),
        interval=t("95 % interval"),
        seeds=t("over seeds"),
        base_rate=t("base rate"),
        none=t("no value"),
    )


def curves_words() -> CurvesWords:
    """What the learning curves' charts say."""
    return CurvesWords(train_loss=t("Training loss"), gauc=t("Validation GAUC"), epoch=t("epoch"), kept=t("kept"))


def show_leaderboard(app: App) -> None:
    """Chart, table and how to read them; a sentence where there is no leaderboard."""
    try:
        board = read_leaderboard(app.checkpoints)
    except CheckpointError as error:
        report([error.text])
        return
    if board is None:
        st.markdown(
            t(
                "There is no `leaderboard.json` beside these checkpoints. `python -m trainer leaderboard --store URL "
                "--out DIR` trains and measures every model and writes one; put it into the checkpoints folder."
            )
        )
        return
    here = models_at_hand(app)
    st.caption(literal(join_sentences(about(board), elsewhere_words(board, app.summary))))
    own = visitor.session()
    metrics = {metric: t(LABELS[metric]) for metric in METRICS}
    segmented_choice("metric", t("Metric"), metrics, own.view.metric, choose_metric)
    info = leaderboard_info(board, own.view.metric, here)
    records = board_records(board, here, info.metric, trust_links(board, here, own.scenario))
    show_chart(
        "leaderboard",
        drawn(info, leaderboard_words(), is_dark()),
        title=f"{t('Leaderboard')}: {t(LABELS[info.metric])}",
        caption=ExportCaption((info.metric, board.split, *filter(None, [board.made_at])), (about(board),)),
        table=plain_table([one for one in records.columns if one.name.startswith((info.metric, "model", "in_app"))]),
        alt=chart_words(info),
        about=records.about,
    )
    show_records("leaderboard_table", records, LeaderboardChoice)
    if board.base_rate_log_loss is not None:
        st.caption(literal(base_rate_words(board, board.base_rate_log_loss)))
    st.caption(meanings(METRICS))
    show_weight_figures(board)
    seeds = SEVERAL_SEEDS if any(len(row.seeds) > 1 for row in board.rows) else ONE_SEED
    st.markdown(join_sentences(t(seeds), t(READING)), width=860)


def choose_metric(metric: str) -> None:
    """Its interval's columns take the place of another metric's: nothing stays sorted by what is not shown."""
    now = address.page_choice(LeaderboardChoice)
    table = now.table("leaderboard")
    if table.sort is not None and table.sort.endswith(INTERVAL):
        address.choose_on_page(now.with_table("leaderboard", replace(table, sort=None)))
    address.choose_metric(metric)


def trust_links(board: Leaderboard, here: Mapping[str, str], scenario: Scenario | None) -> list[str]:
    """From each row to *Trust* with its model first on screen; empty for one that is not at hand."""
    if scenario is None:
        return []
    shown = [None if row.model not in here else to_model(scenario, 0, here[row.model]) for row in board.rows]
    return ["" if one is None else row_link(trust_page.page(), one) for one in shown]


def models_at_hand(app: App) -> dict[str, str]:
    """The checkpoints at hand, as links name them, by their recipes' names, as their `metrics.json` says; else by
    their folders'. Of several of a recipe the first.
    """
    found = {str(scorer.metrics.get("model") or name): name for name, scorer in reversed([*app.scorers.items()])}
    return {recipe: app.models[name].link for recipe, name in found.items()}


def about(board: Leaderboard) -> str:
    """What was measured, on what and when."""
    split = SPLITS.get(board.split, board.split)
    measured = t(
        "{n} models, {seeds}, on {impressions:,} impressions of {users:,} users in the {split} split.",
        n=len(board.rows),
        seeds=seeds_each(board),
        impressions=board.impressions,
        users=board.users,
        split=t(split),
    )
    return join_sentences(measured, t("Written {when}.", when=board.made_at) if board.made_at else "")


def elsewhere_words(board: Leaderboard, summary: StoreSummary) -> str:
    """Whether the store at hand can be what was measured; empty where it has as many impressions."""
    held = summary.impressions_by_split.get(board.split, 0)
    if held == board.impressions:
        return ""
    words = T("The store at hand has {n:,} impressions in that split: it is not, or no longer, the one measured here.")
    return t(words, n=held)


def seeds_each(board: Leaderboard) -> str:
    """How many trainings a row stands for; figures without ± are of one."""
    counts = sorted({len(row.seeds) for row in board.rows})
    if counts == [1]:
        return t("1 seed each")
    if len(counts) == 1:
        return t("{n} seeds each", n=counts[0])
    return t("{least} to {most} seeds each (figures without ± are of one)", least=counts[0], most=counts[-1])


def chart_words(info: LeaderboardInfo) -> str:
    """The chart for those who do not see it."""
    summary = t("{metric} of {n} models with 95 % intervals.", metric=t(LABELS[info.metric]), n=len(info.dots))
    if not info.dots:
        return summary
    best = info.dots[0]
    return join_sentences(summary, t("Best: {model}, {value}.", model=best.title, value=number(info.metric, best.mean)))


def show_curves(app: App) -> None:
    """Training loss beside validation GAUC."""
    metrics = {app.models[name].name: scorer.metrics for name, scorer in app.scorers.items()}
    infos = [curves_info(metrics, quantity) for quantity in ("train_loss", "gauc")]
    if not any(info.curves for info in infos):
        st.markdown(t("No checkpoint here tells how it was trained: their `metrics.json` holds no curve."))
        return
    st.caption(t("One point an evaluation; the ring marks the state that the checkpoint holds."))
    for column, info in zip(st.columns(2), infos, strict=True):
        with column:
            show_quantity(app, info)
    if infos[0].without:
        st.caption(t("Without a curve: {models}.", models=literal(", ".join(infos[0].without))))


def show_quantity(app: App, info: CurvesInfo) -> None:
    """The curves of one quantity, and the same as a table."""
    fingerprints = {model.name: model.fingerprint for model in app.models.values()}
    words, records = curves_words(), curve_records(info, fingerprints)
    links = ", ".join(model.link for model in app.models.values() if model.name not in info.without)
    title = getattr(words, info.quantity)
    st.subheader(title, anchor=False)
    show_chart(
        f"curves_{info.quantity}",
        drawn(info, words, is_dark()),
        title=title,
        caption=ExportCaption((f"{len(info.curves)}-models",), (links,)),
        table=plain_table(records.columns),
        alt=t(CURVE_ALTS[info.quantity], n=len(info.curves)),
        about=records.about,
    )
    show_folded(t("The same as a table"), f"curves_{info.quantity}_table", records, LeaderboardChoice)


def curve_records(info: CurvesInfo, fingerprints: Mapping[str, str]) -> Records:
    """One row an evaluation of each model; `fingerprints` by its name."""
    words, curves = curves_words(), info.curves
    epochs = [at for curve in curves for at in curve.epoch]
    whole = all(at == int(at) for at in epochs)
    kept = [int(place == curve.kept) for curve in curves for place in range(len(curve.epoch))]
    names = [curve.name for curve in curves for _ in curve.epoch]
    columns = [
        RecordColumn("model", t("Model"), names),
        RecordColumn("fingerprint", t("Fingerprint"), [fingerprints[name] for name in names], shown=False),
        number_column("epoch", words.epoch, epochs, "{:.0f}".format if whole else "{:.3f}".format),
        number_column(
            info.quantity,
            getattr(words, info.quantity),
            (value for curve in curves for value in curve.value),
            "{:.4f}".format,
        ),
        RecordColumn("kept", words.kept, kept, ["✓" if one else "" for one in kept]),
    ]
    return Records(getattr(words, info.quantity), columns, len(kept), file=("curves", info.quantity))


def checkpoints_table(app: App) -> pd.DataFrame:
    """One row a checkpoint: its options as badges, and what its `metrics.json` says of the training."""
    return pd.DataFrame(
        [
            {
                t("Model"): literal(model.name),
                t("Options"): badges(model),
                t("Folder"): literal(name),
                t("Fingerprint"): model.fingerprint,
                **training_words(app.scorers[name].metrics),
            }
            for name, model in app.models.items()
        ]
    )


def unfit_table(app: App) -> pd.DataFrame:
    """One row a checkpoint that cannot be used, and why."""
    return pd.DataFrame([{t("Folder"): literal(n), t("Why"): literal(sentence(why))} for n, why in app.unfit.items()])


def training_words(metrics: Mapping[str, Any]) -> dict[str, str]:
    """Validation figures, time and device; a dash for what `metrics.json` does not say."""
    valid = metrics.get("valid") or {}
    seconds = metrics.get("seconds")
    return {
        t("Validation AUC"): "–" if valid.get("auc") is None else f"{valid['auc']:.4f}",
        t("Validation GAUC"): "–" if valid.get("gauc") is None else f"{valid['gauc']:.4f}",
        t("Training"): "–" if seconds is None else duration(seconds),
        t("Device"): literal(metrics.get("device") or "–"),
    }
