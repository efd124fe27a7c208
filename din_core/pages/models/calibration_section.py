"""How each checkpoint was calibrated: figures before and after, and the curves of the two models on screen."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import pandas as pd
import streamlit as st

from din_core.domain import Scenario
from din_core.figures.calibration import CalibrationInfo, CalibrationLabels, calibration_info, plot_calibration
from din_core.metrics import is_worse_than_base_rate
from din_core.pages.app.startup import App
from din_core.pages.language.translate import T, t
from din_core.pages.session import caches
from din_core.pages.widgets.calibration_chart import calibration_labels, calibration_records
from din_core.pages.widgets.charts import ExportCaption, show_chart
from din_core.pages.widgets.frame import is_dark, literal
from din_core.pages.widgets.record_table.columns import plain_table
from din_core.pages.widgets.record_table.record_table import show_folded
from din_core.pages.widgets.text_tables import show_table
from din_core.sharing.page_choices import LeaderboardChoice

RECORD = "calibration"
"""Of `metrics.json`."""
MEANING = T(
    "After training, a model's logit is multiplied by one number and shifted by another, so that its probabilities are "
    "the shares of positives observed on validation impressions. No order of candidates changes; effects on the logit "
    "are all multiplied by that number. Base rate: what giving every impression the share of positives gets; a model "
    "above it is worse than that one number."
)
REASONS = {
    "asked": T("none: it was left out"),
    "one label": T("none: all validation impressions have one label"),
    "few impressions": T("none: too few validation impressions"),
    "no gain": T("none: users left out of the fit would not have gained"),
}


def show_calibration(app: App, scenario: Scenario | None) -> None:
    """The table, charts of the models on screen, and what they mean."""
    st.header(t("Calibration"), anchor=False)
    held = {name: record for name, scorer in app.scorers.items() if (record := scorer.metrics.get(RECORD))}
    if not held:
        st.markdown(
            t(
                "No checkpoint here tells whether it is calibrated. `python -m trainer calibrate --store URL "
                "--checkpoint DIR` calibrates one on the validation impressions of its store."
            )
        )
        return
    show_table(figures_table(app, held))
    st.caption(t(MEANING))
    on_screen = caches.models_on_screen(scenario) if scenario is not None else tuple(app.models)
    shown = [name for name in on_screen if name in held and not held[name].get("reason")][:2]
    for place, column in enumerate(st.columns(2) if shown else []):
        if place < len(shown):
            with column:
                show_curve(app, shown[place], held[shown[place]], place)


def figures_table(app: App, held: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """One row a checkpoint, a dash for what it does not tell."""
    return pd.DataFrame(
        [{t("Model"): literal(model.name), **figures(held.get(name))} for name, model in app.models.items()]
    )


def figures(record: Mapping[str, Any] | None) -> dict[str, str]:
    """The map, and figures before and after it."""
    names = (
        t("Calibration"),
        t("Log loss before"),
        t("Log loss after"),
        t("Log loss of the base rate"),
        t("ECE before"),
        t("ECE after"),
    )
    if record is None:
        return dict.fromkeys(names, "–")
    before, after, base = record["before"], record["after"], record.get("base_rate_log_loss")
    loss = f"{after['log_loss']:.4f}"
    if is_worse_than_base_rate(after["log_loss"], base):
        loss = t("{value} (worse than the base rate)", value=loss)
    values = (
        literal(map_words(record)),
        f"{before['log_loss']:.4f}",
        loss,
        "–" if base is None else f"{base:.4f}",
        f"{before['ece']:.4f}",
        f"{after['ece']:.4f}",
    )
    return dict(zip(names, values, strict=True))


def map_words(record: Mapping[str, Any]) -> str:
    """`logit × 0.82 − 0.1`, or why there is none."""
    if record.get("reason"):
        return t(REASONS[record["reason"]]) if record["reason"] in REASONS else t("none")
    shift = f" {'−' if record['bias'] < 0 else '+'} {abs(record['bias']):g}" if record["bias"] else ""
    return f"logit × {record['slope']:g}{shift}"


def show_curve(app: App, name: str, record: Mapping[str, Any], place: int) -> None:
    """Observed shares over probabilities on validation impressions, before and after."""
    model, key = app.models[name], f"model_calibration_{place}"
    states = {t("before"): record["before"], t("after"): record["after"]}
    info = calibration_info({name: (s["predicted"], s["observed"], s["rows"]) for name, s in states.items()})
    title = t(
        "{model} on {n:,} validation impressions, before and after calibration",
        model=model.name,
        n=int(record["impressions"]),
    )
    about = {"model": model.name, "fingerprint": model.fingerprint, "split": "valid"}
    records = calibration_records(info, title, about, ("state", t("Calibration")))
    st.markdown(literal(title))
    show_chart(
        key,
        drawn(info, is_dark(), calibration_labels()),
        title=title,
        caption=ExportCaption((name,), (model.link,)),
        table=plain_table(records.columns),
        alt=t("Observed shares of positives over predicted probabilities: {title}.", title=title),
        about=records.about,
    )
    show_folded(t("The same as a table"), f"{key}_table", records, LeaderboardChoice)


@lru_cache(maxsize=16)
def drawn(info: CalibrationInfo, dark: bool, labels: CalibrationLabels) -> Any:
    """The chart of an info; a choice elsewhere on the page draws none anew."""
    return plot_calibration(info, dark, labels)
