from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from din_core.domain import DinLensError
from din_core.store import BulkTables, ingest
from trainer.__main__ import main
from trainer.evaluation import baselines
from trainer.evaluation.baselines import measure

USERS, ITEMS, KINDS = 30, 40, 4
SPLITS = ("train", "valid", "test")


def planted(seed: int = 0) -> BulkTables:
    """Users who buy one kind of item again and again; an impression is positive when it is of that kind."""
    rng = np.random.default_rng(seed)
    kind = np.arange(ITEMS) % KINDS
    likes = rng.integers(KINDS, size=USERS)
    user = np.repeat(np.arange(USERS), 20)
    bought = rng.integers(ITEMS // KINDS, size=len(user)) * KINDS + likes[user]
    shown_user = np.tile(np.repeat(np.arange(USERS), 10), len(SPLITS))
    shown = rng.integers(ITEMS, size=len(shown_user))
    shown[::10] = likes[shown_user[::10]]  # everybody sees something of their kind …
    shown[1::10] = (likes[shown_user[1::10]] + 1) % KINDS  # … and something of another
    return BulkTables(
        items=pd.DataFrame({"item_id": [f"i{n}" for n in range(ITEMS)], "kind": [f"k{n}" for n in kind]}),
        users=pd.DataFrame({"user_id": [f"u{n}" for n in range(USERS)]}),
        behavior_user=user,
        behavior_item=bought,
        behavior_time=np.tile(np.arange(20), USERS),
        impression_user=shown_user,
        impression_item=shown,
        impression_time=np.repeat([100, 200, 300], USERS * 10),
        impression_label=(kind[shown] == likes[shown_user]).astype(np.int8),
        impression_split=np.repeat(SPLITS, USERS * 10),
        impression_context=pd.DataFrame(index=range(len(shown))),
    )


@pytest.fixture(autouse=True)
def _few_trees_on_one_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(baselines, "TREES", 10)
    with threadpool_limits(1):  # threads of parallel test workers would wait for each other
        yield


def by_name(result: dict) -> dict[str, dict]:
    return {row["name"]: row for row in result["baselines"]}


def test_a_planted_interest_is_found_by_repeats_and_not_by_popularity() -> None:
    found = by_name(measure(planted(), "test", seeds=[0]))
    assert found["logistic regression"]["all"]["auc"] > 0.95
    assert found["gradient boosting"]["all"]["gauc"] > 0.95
    assert found["gradient boosting with popularity"]["all"]["auc"] > 0.95
    assert found["popularity"]["all"]["auc"] < 0.75


def test_it_is_found_for_items_new_to_the_user_too() -> None:
    result = measure(planted(), "test", seeds=[0])
    assert 0 < result["slices"]["new"]["impressions"] < result["slices"]["all"]["impressions"]
    assert by_name(result)["logistic regression"]["new"]["auc"] > 0.95


def test_shuffled_labels_leave_nothing_to_find() -> None:
    tables = planted()
    labels = np.random.default_rng(1).permutation(tables.impression_label)
    found = by_name(measure(dataclasses.replace(tables, impression_label=labels), "test", seeds=[0]))
    for row in found.values():
        assert row["all"]["auc"] == pytest.approx(0.5, abs=0.15)


def test_the_reported_splits_labels_choose_nothing() -> None:
    tables = planted()
    labels = tables.impression_label.copy()
    test = tables.impression_split == "test"
    labels[test] = np.random.default_rng(1).permutation(labels[test])
    changed = measure(dataclasses.replace(tables, impression_label=labels), "test", seeds=[0, 1])
    for name, row in by_name(measure(tables, "test", seeds=[0, 1])).items():
        assert by_name(changed)[name]["chosen"] == row["chosen"]


def test_gradient_boosting_reports_the_mean_over_its_seeds() -> None:
    each = [by_name(measure(planted(), "test", [seed]))["gradient boosting"]["all"]["auc"] for seed in (0, 1)]
    both = by_name(measure(planted(), "test", [0, 1]))["gradient boosting"]["all"]["auc"]
    assert both == pytest.approx(np.mean(each), abs=1e-12)


def test_a_slice_with_one_label_has_no_metric() -> None:
    tables = planted()
    new_positive = np.zeros(len(tables.impression_label), dtype=bool)
    bought = set(zip(tables.behavior_user.tolist(), tables.behavior_item.tolist(), strict=True))
    for row, pair in enumerate(zip(tables.impression_user.tolist(), tables.impression_item.tolist(), strict=True)):
        new_positive[row] = pair not in bought
    labels = np.where(new_positive, 0, tables.impression_label).astype(np.int8)
    found = by_name(measure(dataclasses.replace(tables, impression_label=labels), "test", [0]))
    assert found["popularity"]["new"] == {"auc": None, "gauc": None}


def test_a_split_without_both_labels_is_named() -> None:
    tables = planted()
    only_train = dataclasses.replace(tables, impression_split=np.full(len(tables.impression_label), "train"))
    with pytest.raises(DinLensError, match="the valid split holds 0 positives among 0 impressions"):
        measure(only_train, "test", [0])


def write_tables(tables: BulkTables, folder: Path) -> Path:
    """The four tables as CSV files."""
    items, users = tables.items.item_id.to_numpy(), tables.users.user_id.to_numpy()
    frames = {
        "items": tables.items,
        "users": tables.users,
        "behaviors": pd.DataFrame(
            {
                "user_id": users[tables.behavior_user],
                "item_id": items[tables.behavior_item],
                "timestamp": tables.behavior_time,
            }
        ),
        "impressions": pd.DataFrame(
            {
                "user_id": users[tables.impression_user],
                "item_id": items[tables.impression_item],
                "timestamp": tables.impression_time,
                "label": tables.impression_label,
                "split": tables.impression_split,
            }
        ),
    }
    for name, frame in frames.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    return folder


def test_the_command_measures_a_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    ingest(write_tables(planted(), tmp_path), url)
    assert main(["baselines", "--store", url, "--seeds", "1", "--json"]) == 0
    printed = capsys.readouterr()
    result = json.loads(printed.out)
    assert result["slices"]["all"]["impressions"] == USERS * 10
    direct = measure(planted(), "test", [0])
    assert by_name(result)["gradient boosting"]["all"] == pytest.approx(by_name(direct)["gradient boosting"]["all"])
    assert "counting repeats" in printed.err


def test_the_command_prints_a_line_for_each_baseline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    ingest(write_tables(planted(), tmp_path), url)
    assert main(["baselines", "--store", url, "--split", "valid", "--seeds", "1"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("valid: 300 impressions")
    for name in ("popularity", "logistic regression", "gradient boosting", "gradient boosting with popularity"):
        assert f"\n{name} " in printed


def test_a_missing_store_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["baselines", "--store", f"sqlite:///{tmp_path / 'none.db'}"]) == 1
    assert "none.db" in capsys.readouterr().err
