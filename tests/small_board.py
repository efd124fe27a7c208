"""A leaderboard of three models, as `python -m trainer leaderboard` writes it."""

from __future__ import annotations

from typing import Any


def measure(mean: float, sd: float | None = 0.002, half: float | None = 0.01) -> dict[str, Any]:
    """A metric with its interval; `half` is half the interval's width."""
    low, high = (None, None) if half is None else (round(mean - half, 6), round(mean + half, 6))
    each = [mean] if sd is None else [round(mean - sd, 6), mean, round(mean + sd, 6)]
    return {"mean": mean, "sd": sd, "low": low, "high": high, "each": each}


def row(model: str, title: str, auc: float, **changes: Any) -> dict[str, Any]:
    """One model; RelaImpr is against an AUC of 0.7."""
    return {
        "model": model,
        "title": title,
        "seeds": [0, 1, 2],
        "parameters": 1_031_224,
        "seconds": 512.3,
        "device": "CPU (1 thread, x86_64)",
        "epochs": 2,
        "auc": measure(auc),
        "gauc": measure(round(auc - 0.005, 6)),
        "log_loss": measure(0.49),
        "ece": measure(0.02),
        "rela_impr": measure(round((auc - 0.5) / 0.2 - 1, 6), 0.01, 0.04),
        **changes,
    }


def weights(tau: float, **changes: Any) -> dict[str, Any]:
    """How a model's weights agree with effects, over three seeds."""
    return {
        "split": "test",
        "impressions": 300,
        "tau": measure(tau, 0.05, None),
        "same_sign": measure(0.6, 0.06, None),
        "covered": measure(0.55, 0.03, None),
        "missing": None,
        "tau_weights": 0.235,
        "tau_effects": 0.222,
        "seeds_missing": None,
        **changes,
    }


def board() -> dict[str, Any]:
    """Average pooling, DIN, and a DIEN whose calibration was not measured."""
    return {
        "split": "test",
        "reference": "base",
        "impressions": 1000,
        "users": 40,
        "skipped_users": 0,
        "provenance": "A small world made for tests.",
        "made_at": "2026-11-22 09:00 UTC",
        "rows": [
            row("base", "Average pooling", 0.7, rela_impr=measure(0.0, None, None)),
            row("din", "DIN", 0.76),
            row("dien", "DIEN", 0.74, ece=None),
        ],
    }
