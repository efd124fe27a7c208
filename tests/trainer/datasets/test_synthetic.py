"""`prepare synthetic`: tables of any size, made at random."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.trainer.datasets.prepared_tables import Printed, prepare, refuse
from trainer.datasets import synthetic


def test_there_are_as_many_rows_as_asked_for(tmp_path: Path, capsys: Printed) -> None:
    result, tables = prepare(capsys, tmp_path, "synthetic", "--behaviors", "20000")
    assert len(tables.behaviors) == result["behaviors"] == 20_000
    assert len(tables.impressions) == sum(result["impressions"].values()) == 2_000
    assert (len(tables.users), len(tables.items)) == (200, 200)


def test_rows_are_by_user_and_time_and_name_known_users_and_items(tmp_path: Path, capsys: Printed) -> None:
    _, tables = prepare(capsys, tmp_path, "synthetic", "--behaviors", "20000")
    for rows in (tables.behaviors, tables.impressions):
        assert rows.equals(rows.sort_values(["user_id", "timestamp"], kind="stable"))
        assert set(rows.user_id) <= set(tables.users.user_id)
        assert set(rows.item_id) <= set(tables.items.item_id)


def test_the_parts_in_which_users_are_written_change_with_the_seed_alone(
    tmp_path: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(synthetic, "USERS_A_PART", 60)
    _, tables = prepare(capsys, tmp_path, "synthetic", "--behaviors", "20000")
    _, again = prepare(capsys, tmp_path, "synthetic", "--behaviors", "20000")
    _, other = prepare(capsys, tmp_path, "synthetic", "--behaviors", "20000", "--seed", "3")
    pd.testing.assert_frame_equal(tables.behaviors, again.behaviors)
    pd.testing.assert_frame_equal(tables.impressions, again.impressions)
    assert not tables.behaviors.equals(other.behaviors)


def test_popularity_says_nothing_and_the_history_much(tmp_path: Path, capsys: Printed) -> None:
    result, tables = prepare(capsys, tmp_path, "synthetic", "--behaviors", "200000")
    assert abs(result["popularity_auc"] - 0.5) < 0.05
    category = tables.items.set_index("item_id").category
    had = {(u, c) for u, c in zip(tables.behaviors.user_id, tables.behaviors.item_id.map(category), strict=True)}
    shown = tables.impressions
    known = np.array([pair in had for pair in zip(shown.user_id, shown.item_id.map(category), strict=True)])
    positive = shown.label.to_numpy() == 1
    assert known[positive].mean() > known[~positive].mean() + 0.2


def test_too_few_behaviors_and_options_of_other_sources_are_refused(tmp_path: Path, capsys: Printed) -> None:
    assert "from 1,000 to" in refuse(capsys, tmp_path, "synthetic", "--behaviors", "5")
    assert "--negatives is no option of synthetic" in refuse(capsys, tmp_path, "synthetic", "--negatives", "2")
    assert "--behaviors is an option of synthetic alone" in refuse(capsys, tmp_path, "movielens", "--behaviors", "9")
