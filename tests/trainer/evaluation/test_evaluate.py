"""`evaluate`: one reading of the histories for all seeds, and an interval for every figure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from din_core.metrics import METRICS, Bootstrap
from din_core.model.checkpoint import load_checkpoint
from din_core.scoring import Scorer
from din_core.store import BulkTables
from tests.small_world import MONDAY, small_store
from tests.tiny_checkpoints import write_checkpoints
from tests.twice_shown import show_twice
from trainer.commands.measure.evaluate import render
from trainer.evaluation.evaluate import Split, evaluate


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


def test_histories_are_read_once_for_all_checkpoints_that_read_them_alike(
    untrained_world: tuple[str, BulkTables, Path], history_readings: list[bool]
) -> None:
    _, bulk, folder = untrained_world
    split = Split(bulk, "test", "cpu")
    for name in ("din-0", "din-1", "base-0", "base-decay-0", "base-decay-1"):
        predicted = split.predict(load_checkpoint(folder / name))
        assert (predicted.samples.impression == split.impression).all()
    assert history_readings == [True, False]


def test_every_figure_has_an_interval_and_the_mean_a_standard_deviation(
    untrained_world: tuple[str, BulkTables, Path],
) -> None:
    url, bulk, folder = untrained_world
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


def test_the_table_shows_the_mean_and_both_ends_of_its_interval(untrained_world: tuple[str, BulkTables, Path]) -> None:
    url, _, folder = untrained_world
    result = evaluate(url, [folder / "din-0", folder / "din-1"], "test", [folder / "base-0"], device="cpu")
    lines = render(result).splitlines()
    mean = result["checkpoints_mean"]
    assert lines[3].split()[:4] == ["mean", "of", "2", f"{mean['auc']:.4f}"]
    assert lines[4].split()[:4] == ["95", "%", "from", f"{mean['auc_interval'][0]:.4f}"]
    assert lines[5].split()[:4] == ["95", "%", "to", f"{mean['auc_interval'][1]:.4f}"]
    assert lines[6].startswith("base-0")
    assert lines[7].split()[:3] == ["95", "%", "from"]
