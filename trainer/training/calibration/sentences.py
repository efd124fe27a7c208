"""What a run and a model card say of a calibration, from its record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from din_core.metrics import is_worse_than_base_rate
from trainer.training.calibration.calibrate import RECORD
from trainer.training.calibration.logit_fit import LEAST_IMPRESSIONS, LEAST_OF_A_LABEL

BEGIN, END = "<!-- calibration -->", "<!-- /calibration -->"


def lines(held: Mapping[str, Any]) -> list[str]:
    """What was done, with figures before and after; then whether the model is worse than the base rate."""
    before, after = held["before"], held["after"]
    if held["reason"]:
        figures = f"log loss {before['log_loss']:.4f}{_base_rate(held)}, ECE {before['ece']:.4f}"
        done = f"not calibrated: {why(held)}; on validation {figures}"
    else:
        done = (
            f"calibrated on {held['impressions']:,} validation impressions, {formula(held)}: log loss "
            f"{before['log_loss']:.4f} -> {after['log_loss']:.4f}{_base_rate(held)}, "
            f"ECE {before['ece']:.4f} -> {after['ece']:.4f}"
        )
    return [done, *([worse_on_validation(held)] if is_worse(held) else [])]


def is_worse(held: Mapping[str, Any]) -> bool:
    """Whether the model's log loss on validation, calibrated if it is, is above that of the base rate."""
    return is_worse_than_base_rate(held["after"]["log_loss"], held["base_rate_log_loss"])


def worse_on_validation(held: Mapping[str, Any]) -> str:
    """The sentence of such a model."""
    return (
        f"the log loss of {held['after']['log_loss']:.4f} on validation is above {held['base_rate_log_loss']:.4f}, "
        f"that of the base rate ({_share(held)} positive): to give every impression this probability would be better; "
        "do not ship this model, but train it on more data or with other options"
    )


def section(metrics: Mapping[str, Any]) -> str:
    """Markdown between its marks; nothing where the metrics hold no record."""
    held = metrics.get(RECORD)
    if not held:
        return ""
    before, after, base = held["before"], held["after"], held["base_rate_log_loss"]
    unseen = held["cross_fitted_log_loss"]
    constant = "–" if base is None else f"{base:.4f}"
    return "\n".join(
        [
            BEGIN,
            "## Calibration",
            "",
            _in_words(held),
            "",
            f"| {held['impressions']:,} validation impressions | before | after | base rate ({_share(held)}) |",
            "|---|---:|---:|---:|",
            f"| log loss | {before['log_loss']:.4f} | {after['log_loss']:.4f} | {constant} |",
            f"| calibration error (ECE) | {before['ece']:.4f} | {after['ece']:.4f} | |",
            "",
            *([] if unseen is None else [f"Log loss of users that a fit did not see: {unseen:.4f}.", ""]),
            *([f"{_capital(worse_on_validation(held))}.", ""] if is_worse(held) else []),
            END,
        ]
    )


def _in_words(held: Mapping[str, Any]) -> str:
    if held["reason"]:
        return f"Not calibrated: {why(held)}."
    return (
        f"Calibrated on the validation impressions: {formula(held)}, which is part of the last layer. No order of "
        "scores is changed by it; every effect on the logit is that of the uncalibrated model × "
        f"{held['slope']:g}."
    )


def why(held: Mapping[str, Any]) -> str:
    """For what reason nothing was fitted."""
    n, positives = held["impressions"], held["positives"]
    return {
        "asked": "`--calibration none` was given",
        "one label": f"all {n:,} validation impressions have one label",
        "few impressions": f"{n:,} validation impressions, {positives:,} of them positive, are too few (at least "
        f"{LEAST_IMPRESSIONS}, {LEAST_OF_A_LABEL} of each label)",
        "no gain": "it would not lower the log loss of users that it was not fitted on",
    }[held["reason"]]


def formula(held: Mapping[str, Any]) -> str:
    """What the logit goes through."""
    bias = held["bias"]
    shift = f" {'−' if bias < 0 else '+'} {abs(bias):g}" if held["form"] == "affine" else ""
    return f"logit × {held['slope']:g}{shift}"


def _base_rate(held: Mapping[str, Any]) -> str:
    base = held["base_rate_log_loss"]
    return "" if base is None else f" (base rate {base:.4f})"


def _share(held: Mapping[str, Any]) -> str:
    return f"{held['positives'] / held['impressions']:.1%}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
