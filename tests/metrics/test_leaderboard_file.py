"""A leaderboard file is read whole, or refused with a sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from din_core.domain import CheckpointError
from din_core.metrics.leaderboard_file import NAME, read_leaderboard
from tests.small_board import board, weights


def write(folder: Path, raw: Any) -> Path:
    (folder / NAME).write_text(raw if isinstance(raw, str) else json.dumps(raw), "utf-8")
    return folder


def test_without_a_file_there_is_no_leaderboard(tmp_path: Path) -> None:
    assert read_leaderboard(tmp_path) is None


def test_rows_keep_their_order_and_their_figures(tmp_path: Path) -> None:
    found = read_leaderboard(write(tmp_path, board()))
    assert found is not None
    assert [row.model for row in found.rows] == ["base", "din", "dien"]
    assert (found.split, found.reference, found.impressions, found.users) == ("test", "base", 1000, 40)
    auc = found.rows[1].metrics["auc"]
    assert auc is not None
    assert (auc.mean, auc.sd, auc.low, auc.high, auc.each) == (0.76, 0.002, 0.75, 0.77, (0.758, 0.76, 0.762))


def test_what_has_no_value_is_none(tmp_path: Path) -> None:
    found = read_leaderboard(write(tmp_path, board()))
    assert found is not None
    base, _, dien = found.rows
    assert dien.metrics["ece"] is None
    assert base.metrics["rela_impr"] is not None
    assert (base.metrics["rela_impr"].sd, base.metrics["rela_impr"].low) == (None, None)


def test_the_base_rate_is_read_where_a_board_has_one(tmp_path: Path) -> None:
    found = read_leaderboard(write(tmp_path, {**board(), "base_rate": 0.25, "base_rate_log_loss": 0.5623}))
    assert found is not None and (found.base_rate, found.base_rate_log_loss) == (0.25, 0.5623)
    older = read_leaderboard(write(tmp_path, board()))
    assert older is not None and (older.base_rate, older.base_rate_log_loss) == (None, None)


def test_figures_of_weights_are_read_with_the_reason_for_what_is_missing(tmp_path: Path) -> None:
    raw = board()
    raw["rows"][1]["weights"] = weights(0.3, tau_weights=None, tau_effects=None, seeds_missing="one seed")
    found = read_leaderboard(write(tmp_path, raw))
    assert found is not None
    base, din, _ = (row.weights for row in found.rows)
    tau = din.agreement["tau"]
    assert tau is not None
    assert (tau.mean, din.split, din.impressions, din.missing) == (0.3, "test", 300, None)
    assert (din.seeds, din.seeds_missing) == ({"tau_weights": None, "tau_effects": None}, "one seed")
    assert (base.missing, base.seeds_missing) == ("not measured", "not measured")  # a file of an earlier version
    assert set(base.agreement.values()) == {None}


def broken(**changes: Any) -> dict[str, Any]:
    raw = board()
    raw["rows"][1].update(changes)
    return raw


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("{", "is not a leaderboard"),
        ("[]", "is not a leaderboard"),
        ({}, "no 'rows'"),
        ({**board(), "rows": []}, "0 rows"),
        (broken(auc="high"), "is not a leaderboard"),
        (broken(auc={"mean": "high", "sd": None, "low": None, "high": None}), "auc.mean is 'high', but must be a num"),
        (broken(ece={"mean": float("nan"), "sd": None, "low": None, "high": None}), "ece.mean is nan"),
        (broken(weights=weights(0.3, missing="no time")), "a reason is 'no time', but must be one of not measured, "),
        (broken(weights=weights(0.3, tau_weights="high")), "tau_weights is 'high', but must be a number"),
        (broken(weights=[1]), "is not a leaderboard"),
        (broken(gauc={"mean": 0.7, "sd": None, "low": 0.8, "high": 0.6}), "gauc has an interval from 0.8 to 0.6"),
        (broken(seconds=None), "seconds is None"),
        ({**board(), "base_rate_log_loss": "high"}, "base_rate_log_loss is 'high', but must be a number"),
    ],
)
def test_a_broken_file_is_named_with_what_is_wrong_and_what_to_do(tmp_path: Path, raw: Any, words: str) -> None:
    with pytest.raises(CheckpointError, match="python -m trainer leaderboard") as error:
        read_leaderboard(write(tmp_path, raw))
    assert words in str(error.value)
    assert str(tmp_path / NAME) in str(error.value)
