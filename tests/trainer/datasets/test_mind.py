"""MIND's behaviors.tsv and news.tsv."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.trainer.datasets.prepared_tables import Printed, prepare, refuse, rows, train_on

NEWS = [
    ("N1", "sports", "football", 'The "big" game'),
    ("N2", "news", "weather", "Rain, again"),
    ("N3", "sports", "golf", "Hole"),
    ("N4", "finance", "markets", "Up"),
]
SHOWN = [
    ("1", "U1", "11/11/2019 9:05:58 AM", "N1 N3 N1", "N2-1 N4-0"),
    ("2", "U2", "11/11/2019 12:30:00 PM", "", "N2-0 N3-1"),
    ("3", "U1", "11/12/2019 1:00:00 PM", "N1 N3 N1", "N3-0 N4-1 N2-0"),
]
OTHERS = [(str(n), "U9", f"11/13/2019 {n}:00:00 AM", "", "N1-1 N2-0") for n in range(1, 12)]
"""Of another user and day: too few impressions cannot be split by time."""


def write_folder(folder: Path, shown: list[tuple[str, ...]], more: str = "") -> Path:
    folder.mkdir(parents=True)
    lines = "".join("\t".join(row) + "\n" for row in [*shown, *OTHERS])
    (folder / "behaviors.tsv").write_text(lines + more, "utf-8")
    news = "".join("\t".join([*row, "abstract", "url", "[]", "[]"]) + "\n" for row in NEWS)
    (folder / "news.tsv").write_text(news, "utf-8")
    return folder


def many(day: int, users: int = 40) -> list[tuple[str, ...]]:
    """An impression a user on each of ten hours of a day in November."""
    rng = np.random.default_rng(day)
    names = [name for name, *_ in NEWS]
    return [
        (str(n), f"U{user}", f"11/{day}/2019 {hour}:0{n % 10}:00 AM", "N1 N4", f"{shown[0]}-1 {shown[1]}-0")
        for user in range(users)
        for n, hour in enumerate(range(1, 11))
        for shown in [rng.permutation(names)]
    ]


@pytest.fixture
def few(tmp_path: Path) -> str:
    return str(write_folder(tmp_path / "small", SHOWN))


def test_every_candidate_is_an_impression_with_its_label_and_time(few: str, tmp_path: Path, capsys: Printed) -> None:
    _, tables = prepare(capsys, tmp_path, "mind", few)
    shown = tables.impressions[tables.impressions.user_id != "U9"].sort_values(["timestamp", "item_id"])
    assert rows(shown, "user_id", "item_id", "timestamp", "label") == [
        *[("U1", "N2", 1573463158, 1), ("U1", "N4", 1573463158, 0)],
        *[("U2", "N2", 1573475400, 0), ("U2", "N3", 1573475400, 1)],
        *[("U1", "N2", 1573563600, 0), ("U1", "N3", 1573563600, 0), ("U1", "N4", 1573563600, 1)],
    ]


def test_the_history_lies_once_and_in_order_before_the_first_impression(
    few: str, tmp_path: Path, capsys: Printed
) -> None:
    _, tables = prepare(capsys, tmp_path, "mind", few)
    first = 1573463158
    assert rows(tables.behaviors, "user_id", "item_id", "timestamp") == [
        ("U1", "N1", first - 3),
        ("U1", "N3", first - 2),
        ("U1", "N1", first - 1),
    ]


def test_news_keep_their_title_and_categories_quotes_too(few: str, tmp_path: Path, capsys: Printed) -> None:
    _, tables = prepare(capsys, tmp_path, "mind", few)
    assert rows(tables.items, "item_id", "category", "subcategory", "title") == NEWS


def test_train_and_dev_are_read_as_one_and_split_by_time(tmp_path: Path, capsys: Printed) -> None:
    write_folder(tmp_path / "mind" / "train", many(11))
    write_folder(tmp_path / "mind" / "dev", many(12))
    result, tables = prepare(capsys, tmp_path, "mind", str(tmp_path / "mind"))
    assert sum(result["impressions"].values()) == 1600 + 44
    assert result["items"] == len(tables.items) == 4
    times = tables.impressions.groupby("split").timestamp
    assert times.max()["train"] < times.min()["valid"] <= times.max()["valid"] < times.min()["test"]


def test_what_cannot_be_read_is_counted_by_reason(tmp_path: Path, capsys: Printed) -> None:
    more = "4\tU3\tyesterday\t\tN1-1\n5\tU3\n6\tU3\t11/12/2019 1:00:00 PM\tN1\tN1 N2-1\n"
    folder = write_folder(tmp_path / "small", SHOWN, more)
    result, tables = prepare(capsys, tmp_path, "mind", str(folder))
    told = {r["reason"]: [(e["row"], e["value"]) for e in r["examples"]] for r in result["left_out"]}
    assert told == {
        "not 5 cells": [(16, "5\tU3")],
        "time is not like 11/15/2019 9:05:58 AM": [(15, "yesterday")],
        "an impression is not like N123-1 or N123-0": [(17, "N1")],
    }
    assert rows(tables.impressions[tables.impressions.user_id == "U3"], "item_id", "label") == [("N2", 1)]


def test_files_without_one_usable_row_are_told_with_the_reasons(tmp_path: Path, capsys: Printed) -> None:
    folder = write_folder(tmp_path / "test-set", [])
    (folder / "behaviors.tsv").write_text("1\tU3\tnoon\tN1\tN2-1\n2\tU3\n")
    told = refuse(capsys, tmp_path, "mind", str(folder))
    assert "No row of the files can be used (2 left out)" in told
    assert 'behaviors.tsv row 1: "noon"' in told
    (folder / "behaviors.tsv").write_text("1\tU3\t11/12/2019 1:00:00 PM\tN1\tN2 N3\n")
    told = refuse(capsys, tmp_path, "mind", str(folder))
    assert "Most rows of the files cannot be used" in told and "an impression is not like N123-1" in told
    (folder / "news.tsv").unlink()
    assert "news.tsv is missing there" in refuse(capsys, tmp_path, "mind", str(folder))


def test_prepared_news_train_a_model(tmp_path: Path, capsys: Printed) -> None:
    prepare(capsys, tmp_path, "mind", str(write_folder(tmp_path / "mind", many(11))))
    assert 0 <= train_on(tmp_path)["valid"]["auc"] <= 1
