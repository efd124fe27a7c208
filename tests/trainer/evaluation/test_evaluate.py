"""`evaluate`: one reading of the histories for all seeds, and an interval for every figure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from din_core.domain import DinLensError
from din_core.metrics import METRICS, Bootstrap
from din_core.model.checkpoint import load_checkpoint, save_checkpoint
from din_core.model.network import InterestNetwork
from din_core.scoring import Scorer
from din_core.store import BulkTables, ingest
from tests.small_world import MONDAY, small_store
from tests.tiny_checkpoints import write_checkpoints
from tests.trainer.planted_tables import planted_tables
from tests.twice_shown import show_twice
from trainer.commands.evaluate import render
from trainer.demo.example_impression import find_example
from trainer.evaluation import evaluate as measuring
from trainer.evaluation.evaluate import Split, evaluate, read_bulk
from trainer.training.samples import build_vocabulary
from trainer.training.train import TrainOptions, build_config


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, BulkTables, Path]:
    """A store, its tables, and a folder of untrained checkpoints MODEL-SEED."""
    folder = tmp_path_factory.mktemp("evaluate")
    url = f"sqlite:///{folder / 'store.db'}"
    ingest(planted_tables(folder / "tables", users=12), url)
    bulk = read_bulk(url)
    vocabulary = build_vocabulary(bulk, min_count=1)
    for model in ("base", "base-decay", "din"):
        for seed in (0, 1):
            torch.manual_seed(seed)
            network = InterestNetwork(build_config(vocabulary, TrainOptions("", model, Path()))).eval()
            save_checkpoint(folder / f"{model}-{seed}", network, vocabulary, {}, "")
    return url, bulk, folder


def test_predictions_have_a_row_for_each_impression_of_an_item_shown_twice_at_once(tmp_path: Path) -> None:
    with small_store(tmp_path) as store:
        show_twice(store.engine, tmp_path / "again")
        write_checkpoints(tmp_path / "checkpoints", store.bulk())
        scorer = Scorer(load_checkpoint(tmp_path / "checkpoints" / "din"))
        history = store.history("7", MONDAY)
        want = {
            (i.item.item_id, i.label): float(scorer.score(history, [i.item], i.context).probability[0])
            for i in store.impressions("7", "test")
        }
        evaluate(store.url, [tmp_path / "checkpoints" / "din"], "test", predictions=tmp_path / "out.parquet")
    rows = pd.read_parquet(tmp_path / "out.parquet")
    found = {(row.item_id, row.label): row.probability for row in rows.itertuples()}
    assert (len(rows), len(want)) == (5, 5)
    assert found == pytest.approx(want, rel=1e-5)


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """`folds` of each reading of the histories from here on."""
    readings: list[bool] = []
    build = measuring.build_samples

    def noted(*arguments):  # type: ignore[no-untyped-def]
        readings.append(arguments[-1])
        return build(*arguments)

    monkeypatch.setattr(measuring, "build_samples", noted)
    return readings


def test_histories_are_read_once_for_all_checkpoints_that_read_them_alike(
    world: tuple[str, BulkTables, Path], built: list[bool]
) -> None:
    _, bulk, folder = world
    split = Split(bulk, "test", "cpu")
    for name in ("din-0", "din-1", "base-0", "base-decay-0", "base-decay-1"):
        predicted = split.predict(load_checkpoint(folder / name))
        assert (predicted.samples.impression == split.impression).all()
    assert built == [True, False]


def test_every_figure_has_an_interval_and_the_mean_a_standard_deviation(world: tuple[str, BulkTables, Path]) -> None:
    url, bulk, folder = world
    result = evaluate(url, [folder / "din-0", folder / "din-1"], "test", device="cpu")
    split = Split(bulk, "test", "cpu")
    seeds = [split.predict(load_checkpoint(folder / f"din-{seed}")).probability for seed in (0, 1)]
    for prefix, rows in (("", np.ones(len(split.label), bool)), ("new_", split.new)):
        measured = Bootstrap(split.user[rows], split.label[rows]).measure([p[rows] for p in seeds])
        for name in METRICS if not prefix else ("auc", "gauc"):
            found, mean = measured.estimate(name), result["checkpoints_mean"]
            assert (mean[f"{prefix}{name}"], mean[f"{prefix}{name}_sd"]) == (found.mean, found.sd)
            assert mean[f"{prefix}{name}_interval"] == [found.low, found.high]
            for seed, row in enumerate(result["checkpoints"]):
                alone = measured.seed(seed).estimate(name)
                assert (row[f"{prefix}{name}"], f"{prefix}{name}_sd" in row) == (alone.mean, False)
                assert row[f"{prefix}{name}_interval"] == [alone.low, alone.high]


def test_the_table_shows_the_mean_and_both_ends_of_its_interval(world: tuple[str, BulkTables, Path]) -> None:
    url, _, folder = world
    result = evaluate(url, [folder / "din-0", folder / "din-1"], "test", [folder / "base-0"], device="cpu")
    lines = render(result).splitlines()
    mean = result["checkpoints_mean"]
    assert lines[3].split()[:4] == ["mean", "of", "2", f"{mean['auc']:.4f}"]
    assert lines[4].split()[:4] == ["95", "%", "from", f"{mean['auc_interval'][0]:.4f}"]
    assert lines[5].split()[:4] == ["95", "%", "to", f"{mean['auc_interval'][1]:.4f}"]
    assert lines[6].startswith("base-0")
    assert lines[7].split()[:3] == ["95", "%", "from"]


@pytest.mark.parametrize("din", ["din-0", "base-decay-0"])
def test_the_opening_example_is_the_bought_one_with_the_widest_gap(
    world: tuple[str, BulkTables, Path], built: list[bool], monkeypatch: pytest.MonkeyPatch, din: str
) -> None:
    _, bulk, folder = world
    monkeypatch.setattr("trainer.demo.example_impression.DISTINCT", (2, 40))
    known = {user: True for user in bulk.users.user_id}
    titles = {item: f"Item {item}" for item in bulk.items.item_id}
    one, other = load_checkpoint(folder / din), load_checkpoint(folder / "base-0")
    found = find_example(bulk, one, other, known, titles)
    assert built == ([True] if din == "din-0" else [False, True])

    split = Split(bulk, "test", "cpu")
    gap = split.predict(one).probability - split.predict(other).probability
    best = None
    for row, wide in zip(split.impression, gap, strict=True):
        user, item, time = bulk.impression_user[row], bulk.impression_item[row], bulk.impression_time[row]
        past = bulk.behavior_item[(bulk.behavior_user == user) & (bulk.behavior_time < time)]
        bought = bulk.impression_label[row] == 1 and 2 <= (past == item).sum() <= 12
        if bought and 2 <= len(set(past)) <= 40 and (best is None or wide > best[0]):
            best = (wide, bulk.users.user_id[user], bulk.items.item_id[item], time)
    assert best is not None
    assert (found["user_id"], found["item_id"], found["as_of"]) == best[1:]


def test_without_a_fitting_impression_there_is_no_opening_example(world: tuple[str, BulkTables, Path]) -> None:
    _, bulk, folder = world
    din, base = load_checkpoint(folder / "din-0"), load_checkpoint(folder / "base-0")
    with pytest.raises(DinLensError, match="0 test impressions qualify as the opening example"):
        find_example(bulk, din, base, {}, {})
