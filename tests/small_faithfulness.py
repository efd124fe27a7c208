"""What `python -m trainer faithfulness` writes of one checkpoint, with figures that a test chooses."""

from __future__ import annotations

from typing import Any


def mean(value: float, half: float | None = 0.02, n: int = 199) -> dict[str, Any]:
    """A figure's mean; `half` is half its interval's width, None for a single user."""
    interval = None if half is None else [round(value - half, 6), round(value + half, 6)]
    return {"n": n, "mean": value, "interval": interval, "quartiles": [value, value, value]}


def uniform(trained: float = 0.765, change: float = -0.16, half: float = 0.005) -> dict[str, Any]:
    """AUC as trained, and with every weight the mean of its history."""
    value = round(trained + change, 6)
    ends = [round(change - half, 6), round(change + half, 6)]
    return {
        "trained": {"auc": {"value": trained, "interval": [trained - 0.01, trained + 0.01]}},
        "uniform": {
            "auc": {"value": value, "interval": [value - 0.01, value + 0.01]},
            "auc_change": {"value": change, "interval": ends},
        },
    }


def seeds(tau_weights: float = -0.022, moved: float = 0.74, fingerprints: tuple[str, ...] = ("a", "b", "c")) -> Any:
    """Three seeds of one recipe."""
    own = {"tau_weights": tau_weights, "tau_effects": 0.026, "moved": moved}
    return {
        "title": "DIN",
        "seeds": len(fingerprints),
        "fingerprints": list(fingerprints),
        **{name: mean(value, n=597) for name, value in own.items()},
    }


def faithfulness(fingerprint: str, **changes: Any) -> dict[str, Any]:
    """The whole file, of weights that find what matters and tell no order; `changes` are laid over it."""
    figures = {"tau": -0.015, "tau_size": 0.544, "same_sign": 0.494, "covered": 0.322, "best_covered": 0.361}
    return {
        "split": "test",
        "impressions": 200,
        "of": 95128,
        "users": 183,
        "seed": 0,
        "measured_at": "2026-11-22 18:29 UTC",
        "fingerprint": fingerprint,
        "title": "DIN",
        "figures": {name: mean(value) for name, value in figures.items()},
        "uniform": uniform(),
        "adversary": {"tolerance": 0.01, "moved": mean(0.756, 0.03, 20)},
        "seeds": seeds(),
        **changes,
    }


def measured(**means: float) -> dict[str, Any]:
    """The file's `figures`, with these means in the place of others."""
    return {**faithfulness("")["figures"], **{name: mean(value) for name, value in means.items()}}
