"""Relative improvement over a base model."""

from __future__ import annotations

from din_core.metrics.inputs import MetricError


def rela_impr(measured: float, base: float) -> float:
    """How much more than the base model a model has learned, on the scale where a random guess is 0.

        RelaImpr = (AUC(measured) - 0.5) / (AUC(base) - 0.5) - 1

    As a fraction: 0.15 is 15 %. Zhou et al. (KDD 2018), section "Metrics", after Yan et al., "Coupled Group
    Lasso for Web-Scale CTR Prediction in Display Advertising" (ICML 2014). Fits AUC and GAUC alike.

    MetricError when a value lies outside 0 … 1, or when the base model is no better than guessing.
    """
    for name, value in (("measured", measured), ("base", base)):
        if not 0 <= value <= 1:  # also catches NaN
            raise MetricError(f"{name} is {value:g}, outside 0 to 1; give an AUC.")
    if base <= 0.5:
        raise MetricError(f"the base model's AUC is {base:g}; RelaImpr needs one above 0.5.")
    return (measured - 0.5) / (base - 0.5) - 1
