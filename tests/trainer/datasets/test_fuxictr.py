"""FuxiCTR's train.csv, valid.csv and test.csv."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.trainer.datasets.prepared_tables import Printed, prepare, refuse, rows


def made_table() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    items = rng.integers(1, 30, 300)
    pasts = [rng.integers(1, 30, 4).tolist() for _ in range(300)]
    return pd.DataFrame(
        {
            "label": rng.integers(0, 2, 300),
            "user_id": np.arange(300) % 60,
            "item_id": items,
            "cate_id": items % 5,
            "item_history": ["^".join(map(str, past)) for past in pasts],
            "cate_history": ["^".join(str(item % 5) for item in past) for past in pasts],
            "weekday": np.arange(300) % 7,
        }
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "amazon_x1"
    folder.mkdir()
    for name, part in zip(("train", "valid", "test"), np.split(np.arange(300), [200, 250]), strict=True):
        made_table().iloc[part].to_csv(folder / f"{name}.csv", index=False)
    return folder


def test_rows_keep_their_order_and_the_splits_of_their_files(folder: Path, tmp_path: Path, capsys: Printed) -> None:
    result, tables = prepare(capsys, tmp_path, "fuxictr", str(folder))
    assert result["impressions"] == {"train": 200, "valid": 50, "test": 50}
    frame = made_table()
    shown = tables.impressions.sort_values("timestamp")
    expected = [*frame[["user_id", "item_id", "weekday"]].astype(str).itertuples(index=False, name=None)]
    assert rows(shown, "user_id", "item_id", "weekday") == expected
    assert shown.label.tolist() == frame.label.tolist()
    assert shown.split.tolist() == ["train"] * 200 + ["valid"] * 50 + ["test"] * 50


def test_each_row_sees_its_history_last_and_items_have_their_category(
    folder: Path, tmp_path: Path, capsys: Printed
) -> None:
    _, tables = prepare(capsys, tmp_path, "fuxictr", str(folder))
    shown = tables.impressions.sort_values("timestamp").reset_index(drop=True)
    for row, past in made_table().item_history.items():
        user, time = shown.user_id[row], shown.timestamp[row]
        own = tables.behaviors[(tables.behaviors.user_id == user) & (tables.behaviors.timestamp < time)]
        assert own.item_id.tolist()[-4:] == past.split("^")
    assert (tables.items.cate_id == (tables.items.item_id.astype(int) % 5).astype(str)).all()
    assert set(tables.impressions) == {"user_id", "item_id", "timestamp", "label", "split", "weekday"}


def test_other_names_are_options_and_a_missing_split_is_named(folder: Path, tmp_path: Path, capsys: Printed) -> None:
    for file in folder.iterdir():
        pd.read_csv(file).rename(columns={"user_id": "uid", "label": "clk"}).to_csv(file, index=False)
    told = refuse(capsys, tmp_path, "fuxictr", str(folder))
    assert "lacks the column 'user_id'; it has clk, uid" in told
    assert "takes splits from the files' names" in refuse(capsys, tmp_path, "fuxictr", str(folder), "--split", "clk")
    _, tables = prepare(capsys, tmp_path, "fuxictr", str(folder), "--user", "uid")
    assert tables.impressions.label.sum() == made_table().label.sum()
    (folder / "test.csv").unlink()
    (tmp_path / "again").mkdir()
    assert "test*.csv or test*.parquet is missing" in refuse(capsys, tmp_path / "again", "fuxictr", str(folder))


def grown_rows() -> pd.DataFrame:
    """30 users with 6 items each: a positive and a negative for each item, beside all items before it."""
    rng = np.random.default_rng(13)
    made = []
    for user in range(30):
        items = (rng.permutation(40)[:6] + 1).tolist()
        for n in range(1, 6):
            past = "^".join(map(str, items[:n]))
            made += [(1, user, items[n], past, n), (0, user, 40 + n, past, n)]
    return pd.DataFrame(made, columns=["label", "user_id", "item_id", "item_history", "length"])


def test_rows_that_were_shuffled_see_nothing_of_longer_histories(tmp_path: Path, capsys: Printed) -> None:
    frame = grown_rows()
    last = frame.length == 5
    frame[~last].sample(frac=1, random_state=1).to_csv(tmp_path / "train.csv", index=False)
    frame[last].to_csv(tmp_path / "test.csv", index=False)
    result, tables = prepare(capsys, tmp_path, "fuxictr", str(tmp_path), "--context-fields", "length")
    assert result["impressions"]["test"] == 60
    assert result["impressions"]["train"] + result["impressions"]["valid"] == 240
    assert 20 <= result["impressions"]["valid"] <= 28  # the last tenth of train, as no file has it
    listed = frame.set_index(["user_id", "item_id"]).item_history
    for shown in tables.impressions.itertuples():
        own = tables.behaviors[tables.behaviors.user_id == shown.user_id]
        past = own.item_id[own.timestamp < shown.timestamp].tolist()
        assert past == listed[int(shown.user_id), int(shown.item_id)].split("^")
