"""A model's figures are those of its checkpoint, of what `faithfulness` wrote, and of the leaderboard."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from din_core.domain.leaderboard import Leaderboard
from din_core.domain.trust import FAITHFULNESS_FILE, Faithfulness
from din_core.metrics.faithfulness_file import read_faithfulness
from din_core.metrics.leaderboard_file import NAME, read_leaderboard
from din_core.pages.trust.figures import StoredFigure, TrustFigures, read_figures
from tests.small_board import board, weights
from tests.small_faithfulness import faithfulness

CALIBRATION = {
    "reason": None,
    "impressions": 400,
    "base_rate_log_loss": 0.56,
    "before": {"ece": 0.29, "log_loss": 0.9},
    "after": {"ece": 0.01, "log_loss": 0.53},
}
ORIENTATION = {
    "impressions": 300,
    "of": 3978,
    "units": [{"after": {"cosine": 0.67, "tau": 0.335, "same_sign": 0.7, "covered": 0.5}}],
}


def scorer(metrics: Any, weighs_apart: bool = True) -> Any:
    """As much of one as is asked."""
    config = SimpleNamespace(weighs_apart=weighs_apart, sums_embeddings=True, monotone=False, external=False)
    return SimpleNamespace(config=config, metrics=metrics, checkpoint=SimpleNamespace(folder=Path("din")))


def measured(folder: Path, **changes: Any) -> Faithfulness | None:
    (folder / FAITHFULNESS_FILE).write_text(json.dumps(faithfulness("f", **changes)), "utf-8")
    return read_faithfulness(folder)


def leaderboard(folder: Path, own: dict[str, Any] | None = None) -> Leaderboard | None:
    raw = {**board(), "base_rate_log_loss": 0.56}
    if own is not None:
        raw["rows"][1]["weights"] = own
    (folder / NAME).write_text(json.dumps(raw), "utf-8")
    return read_leaderboard(folder)


def test_a_checkpoint_that_tells_nothing_has_no_figures() -> None:
    assert read_figures(None, None, scorer({})) == TrustFigures()


def test_what_faithfulness_measured_is_taken_as_it_stands(tmp_path: Path) -> None:
    found = read_figures(None, measured(tmp_path), scorer({}))
    assert found.asked == {
        "order": StoredFigure(-0.015, -0.035, 0.005, n=199, split="test"),
        "found": StoredFigure(0.322, 0.302, 0.342, n=199, split="test"),
        "sign": StoredFigure(0.494, 0.474, 0.514, n=199, split="test"),
        "uniform": StoredFigure(-0.16, -0.165, -0.155, n=95128, split="test"),
        "seeds": StoredFigure(-0.022, -0.042, -0.002, n=597, split="test", seeds=3),
        "elsewhere": StoredFigure(0.756, 0.726, 0.786, n=20, split="test"),
    }
    assert (found.order_size, found.found_best, found.tolerance) == (0.544, 0.361, 0.01)
    assert (found.seeds_effects, found.seeds_moved) == (0.026, 0.74)


def test_without_seeds_and_other_weights_those_figures_are_missing(tmp_path: Path) -> None:
    found = read_figures(None, measured(tmp_path, seeds=None, adversary=None, uniform=None), scorer({}))
    assert set(found.asked) == {"order", "found", "sign"}


def test_a_leaderboard_tells_what_faithfulness_did_not(tmp_path: Path) -> None:
    shown = leaderboard(tmp_path, weights(0.28))
    found = read_figures(shown, None, scorer({"model": "din"}))
    assert found.asked["order"] == StoredFigure(0.28, sd=0.05, n=300, split="test", seeds=3)
    assert found.asked["seeds"] == StoredFigure(0.235, split="test", seeds=3)
    assert found.asked["calibration"] == StoredFigure(0.02, 0.01, 0.03, 0.002, 1000, "test", 3)
    assert (found.log_loss, found.base_rate_log_loss) == (0.49, 0.56)
    own = read_figures(shown, measured(tmp_path, seeds=None), scorer({"model": "din"}))
    assert (own.asked["order"].value, own.asked["seeds"].value) == (-0.015, 0.235)


def test_a_model_that_the_leaderboard_lacks_has_nothing_from_it(tmp_path: Path) -> None:
    assert read_figures(leaderboard(tmp_path), None, scorer({"model": "dot"})).asked == {}


def test_a_checkpoint_without_a_recipes_name_is_looked_for_by_its_folders(tmp_path: Path) -> None:
    assert set(read_figures(leaderboard(tmp_path), None, scorer({})).asked) == {"calibration"}


def test_the_sign_chosen_in_training_tells_of_the_order_until_more_is_measured(tmp_path: Path) -> None:
    trained = scorer({"orientation": ORIENTATION})
    assert read_figures(None, None, trained).asked == {
        "order": StoredFigure(0.335, n=300, split="valid"),
        "sign": StoredFigure(0.7, n=300, split="valid"),
    }
    assert read_figures(None, measured(tmp_path), trained).asked["order"].value == -0.015


def test_a_fixed_sign_and_a_strange_record_tell_nothing() -> None:
    for record in (
        {"fixed": "softmax"},
        [],
        {"impressions": 3, "units": []},
        {"impressions": 3, "units": [{"after": 1}]},
    ):
        assert read_figures(None, None, scorer({"orientation": record})).asked == {}


def test_a_checkpoints_own_calibration_counts_and_the_leaderboards_stands_beside_it(tmp_path: Path) -> None:
    found = read_figures(leaderboard(tmp_path), None, scorer({"model": "din", "calibration": CALIBRATION}))
    assert found.asked == {"calibration": StoredFigure(0.01, n=400, split="valid")}
    assert (found.ece_before, found.log_loss, found.base_rate_log_loss) == (0.29, 0.53, 0.56)
    assert found.ece_board is not None and found.ece_board.value == 0.02


def test_a_model_that_weighs_all_alike_is_asked_for_its_calibration_alone(tmp_path: Path) -> None:
    alike = scorer({"calibration": CALIBRATION, "orientation": ORIENTATION}, weighs_apart=False)
    assert set(read_figures(None, measured(tmp_path), alike).asked) == {"calibration"}
