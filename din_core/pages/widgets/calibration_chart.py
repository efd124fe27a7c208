"""The words of a calibration chart, and its points as a table."""

from __future__ import annotations

import pandas as pd

from din_core.figures.calibration import CalibrationInfo, CalibrationLabels
from din_core.pages.language.translate import t


def calibration_labels() -> CalibrationLabels:
    """What the chart says."""
    return CalibrationLabels(
        predicted=t("predicted probability"),
        observed=t("observed share of positives"),
        perfect=t("as predicted"),
        point=t("{model}: predicted {predicted}, observed {observed}, {rows} impressions"),
    )


def calibration_table(info: CalibrationInfo) -> pd.DataFrame:
    """One line a point of each model."""
    return pd.DataFrame(
        [
            {
                t("Model"): name,
                t("Predicted"): f"{p.predicted:.1%}",
                t("Observed"): f"{p.observed:.1%}",
                t("Impressions"): f"{p.rows:,}",
            }
            for name, points in info.models
            for p in points
        ]
    )
