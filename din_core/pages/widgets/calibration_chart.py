"""The words of a calibration chart, and its points as records."""

from __future__ import annotations

from collections.abc import Mapping

from din_core.figures.calibration import CalibrationInfo, CalibrationLabels
from din_core.pages.language.translate import t
from din_core.pages.widgets.record_table.columns import RecordColumn, number_column, percent_column
from din_core.pages.widgets.record_table.record_table import Records


def calibration_labels() -> CalibrationLabels:
    """What the chart says."""
    return CalibrationLabels(
        predicted=t("predicted probability"),
        observed=t("observed share of positives"),
        perfect=t("as predicted"),
        point=t("{model}: predicted {predicted}, observed {observed}, {rows} impressions"),
    )


def calibration_records(
    info: CalibrationInfo,
    title: str,
    about: Mapping[str, str | int | float | bool | None],
    series: tuple[str, str] | None = None,
) -> Records:
    """One line a point of each curve. `series` is the name and the head of what the curves are; None: models."""
    name, head = series or ("model", t("Model"))
    points = [(curve, point) for curve, points in info.models for point in points]
    columns = [
        RecordColumn(name, head, [curve for curve, _ in points]),
        percent_column("predicted", t("Predicted"), (point.predicted for _, point in points)),
        percent_column("observed", t("Observed"), (point.observed for _, point in points)),
        number_column("impressions", t("Impressions"), (point.rows for _, point in points)),
    ]
    return Records(title, columns, len(points), about=about, file=("calibration",))
