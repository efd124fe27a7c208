"""Taobao's UserBehavior.csv."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.trainer.datasets.prepared_tables import Printed, prepare, refuse, rows
from trainer.datasets.taobao import FIRST, KINDS

Row = tuple[int, int, int, str, int]


def made_rows() -> list[Row]:
    """30 users, 40 rows each, over nine days; items 0 to 59 in 5 categories."""
    rng = np.random.default_rng(8)
    kinds = rng.choice(["pv", "buy", "cart", "fav"], 1200, p=[0.85, 0.05, 0.05, 0.05])
    items, times = rng.integers(0, 60, 1200), int(FIRST) + rng.permutation(9 * 86_400)[:1200]
    return [(n % 30, int(items[n]), int(items[n]) % 5, str(kinds[n]), int(times[n])) for n in range(1200)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "UserBehavior.csv"
    path.write_text("".join(",".join(map(str, row)) + "\n" for row in made_rows()))
    return path


def test_every_row_is_a_behavior_with_its_kind_and_category(file: Path, tmp_path: Path, capsys: Printed) -> None:
    _, tables = prepare(capsys, tmp_path, "taobao", str(file))
    found = rows(tables.behaviors, "user_id", "item_id", "timestamp", "behavior_type")
    assert sorted(found) == sorted((str(u), str(i), t, KINDS[kind]) for u, i, _, kind, t in made_rows())
    assert tables.items.set_index("item_id").category.to_dict() == {str(i): str(c) for _, i, c, _, _ in made_rows()}


def first_views() -> set[tuple[str, str, int]]:
    """User, item and time of page views of items new to the user, but for the user's first row."""
    found, seen, users = set(), set(), set()
    for user, item, _, kind, time in sorted(made_rows(), key=lambda row: row[4]):
        if kind == "pv" and (user, item) not in seen and user in users:
            found.add((str(user), str(item), time))
        seen.add((user, item))
        users.add(user)
    return found


def test_positives_are_the_newest_views_of_items_new_to_the_user(file: Path, tmp_path: Path, capsys: Printed) -> None:
    _, tables = prepare(capsys, tmp_path, "taobao", str(file), "--last-positives", "1000")
    hits = tables.impressions[tables.impressions.label == 1]
    assert set(rows(hits, "user_id", "item_id", "timestamp")) == first_views()
    _, tables = prepare(capsys, tmp_path, "taobao", str(file))
    hits = tables.impressions[tables.impressions.label == 1]
    newest = sorted(first_views(), key=lambda row: row[2])
    assert set(rows(hits, "user_id", "item_id", "timestamp")) == {
        row for user in {row[0] for row in newest} for row in [one for one in newest if one[0] == user][-10:]
    }


def test_negatives_are_items_that_the_user_never_acts_on(file: Path, tmp_path: Path, capsys: Printed) -> None:
    result, tables = prepare(capsys, tmp_path, "taobao", str(file), "--negatives", "2")
    misses = tables.impressions[tables.impressions.label == 0]
    assert len(misses) > 100
    assert misses.merge(tables.behaviors, on=["user_id", "item_id"]).empty
    assert 0.3 < result["positive_rate"]["train"] < 0.8


def test_rows_outside_of_the_nine_days_and_other_faults_are_counted(
    file: Path, tmp_path: Path, capsys: Printed
) -> None:
    with file.open("a") as lines:
        lines.write("1,2,3,pv,2122867355\n1,2,3,look,1511658000\n1,2,3,pv,-7\n1,2,3,pv\n,2,3,pv,1511658000\n")
    result, _ = prepare(capsys, tmp_path, "taobao", str(file))
    told = {entry["reason"]: [e["row"] for e in entry["examples"]] for entry in result["left_out"]}
    assert told == {
        "time is outside of 2017-11-25 to 2017-12-03 in China": [1201],
        "behavior is none of pv, buy, cart, fav": [1202],
        "time is before 1970 or beyond 2100": [1203],
        "not 5 cells": [1204],
        "user_id is missing": [1205],
    }


def test_a_folder_without_the_file_is_one_sentence(tmp_path: Path, capsys: Printed) -> None:
    assert "UserBehavior*.csv is missing there" in refuse(capsys, tmp_path, "taobao", str(tmp_path))
    file = tmp_path / "UserBehavior.csv"
    file.touch()
    assert "No row of the files can be used" in refuse(capsys, tmp_path, "taobao", str(file))
    assert "--negatives is 0" in refuse(capsys, tmp_path, "taobao", str(file), "--negatives", "0")
    assert "--user-share is 2" in refuse(capsys, tmp_path, "taobao", str(file), "--user-share", "2")
