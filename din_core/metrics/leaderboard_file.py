"""Reads `leaderboard.json`, which `python -m trainer leaderboard` writes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast, get_args

from din_core.domain import CheckpointError
from din_core.domain.leaderboard import Leaderboard, LeaderboardRow, Measure, Missing, WeightFigures
from din_core.domain.plain_json import plain_json
from din_core.metrics.json_numbers import finite

NAME = "leaderboard.json"
METRICS = ("auc", "gauc", "log_loss", "ece", "rela_impr")
AGREEMENT, ACROSS_SEEDS = ("tau", "same_sign", "covered"), ("tau_weights", "tau_effects")
NOT_MEASURED: Mapping[str, Any] = {"missing": "not measured", "seeds_missing": "not measured"}
"""The figures of weights in a file that was written before there were any."""


def read_leaderboard(folder: Path) -> Leaderboard | None:
    """The leaderboard in a folder of checkpoints, None where there is none; CheckpointError for a broken one."""
    path = folder / NAME
    if not path.is_file():
        return None
    try:
        return _board(plain_json(path.read_text(encoding="utf-8")))
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise CheckpointError(
            "{path} is not a leaderboard ({reason}); write it anew with `python -m trainer leaderboard`",
            path=str(path),
            reason=reason,
        ) from error


def _board(raw: Mapping[str, Any]) -> Leaderboard:
    rows = tuple(_row(row) for row in raw["rows"])
    if not rows:
        raise ValueError("0 rows")
    return Leaderboard(
        split=str(raw["split"]),
        reference=str(raw["reference"]),
        impressions=int(raw["impressions"]),
        users=int(raw["users"]),
        provenance=str(raw.get("provenance") or ""),
        made_at=str(raw.get("made_at") or ""),
        rows=rows,
        **{name: _optional(raw, name) for name in ("base_rate", "base_rate_log_loss")},
    )


def _row(raw: Mapping[str, Any]) -> LeaderboardRow:
    return LeaderboardRow(
        model=str(raw["model"]),
        title=str(raw["title"]),
        seeds=tuple(int(seed) for seed in raw["seeds"]),
        parameters=int(raw["parameters"]),
        seconds=finite(raw["seconds"], "seconds"),
        device=str(raw.get("device") or ""),
        metrics={name: _measure(raw[name], name) for name in METRICS},
        weights=_weights(raw.get("weights") or NOT_MEASURED),
    )


def _weights(raw: Mapping[str, Any]) -> WeightFigures:
    impressions = raw.get("impressions")
    return WeightFigures(
        split=None if raw.get("split") is None else str(raw["split"]),
        impressions=None if impressions is None else int(impressions),
        agreement={name: _measure(raw.get(name), name) for name in AGREEMENT},
        missing=_missing(raw["missing"]),
        seeds={name: None if raw.get(name) is None else finite(raw[name], name) for name in ACROSS_SEEDS},
        seeds_missing=_missing(raw["seeds_missing"]),
    )


def _missing(raw: Any) -> Missing | None:
    if raw is not None and raw not in get_args(Missing):
        raise ValueError(f"a reason is {raw!r}, but must be one of {', '.join(get_args(Missing))}")
    return cast("Missing | None", raw)


def _measure(raw: Mapping[str, Any] | None, name: str) -> Measure | None:
    if raw is None or raw["mean"] is None:
        return None
    sd, low, high = (None if raw[key] is None else finite(raw[key], f"{name}.{key}") for key in ("sd", "low", "high"))
    if low is not None and high is not None and low > high:
        raise ValueError(f"{name} has an interval from {low:g} to {high:g}")
    each = tuple(finite(value, f"{name}.each") for value in raw.get("each") or ())
    return Measure(finite(raw["mean"], f"{name}.mean"), sd, low, high, each)


def _optional(raw: Mapping[str, Any], name: str) -> float | None:
    return None if raw.get(name) is None else finite(raw[name], name)
