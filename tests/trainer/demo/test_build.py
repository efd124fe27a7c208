"""The embedded demo's checkpoints: smaller, the same model, and all or nothing."""

import dataclasses
import json
import shutil
from dataclasses import asdict

import pytest
import torch

import trainer.demo.build as demo
from din_core.cases import fingerprint_of, read_cases
from din_core.domain import CheckpointError, DinLensError
from din_core.model.checkpoint import FAITHFULNESS, load_checkpoint, save_checkpoint
from tests.model.conftest import VOCABULARY, toy_batch, toy_network
from tests.small_world import small_store
from tests.tiny_checkpoints import write_checkpoints
from trainer.evaluation.faithfulness.model_card_section import FIGURES


@pytest.fixture
def checkpoint(tmp_path):
    save_checkpoint(tmp_path / "runs" / "din-0", toy_network().float(), VOCABULARY, {"seconds": 1}, "# DIN\n")
    return load_checkpoint(tmp_path / "runs" / "din-0")


def test_shipped_checkpoints_score_as_the_trained_ones_to_half_precision(tmp_path, checkpoint):
    (tmp_path / "leaderboard.json").write_text("{}")
    size = demo.write_checkpoints({"din": checkpoint}, tmp_path / "assets", tmp_path / "leaderboard.json")
    shipped = load_checkpoint(tmp_path / "assets" / "din")
    batch = toy_batch([[1, 2]], [[3, 4]])
    object.__setattr__(batch, "count", batch.count.float())
    table = shipped.model.item.tables[0].weight
    assert table.dtype == torch.float32
    assert torch.equal(table, checkpoint.model.item.tables[0].weight.half().float())
    torch.testing.assert_close(shipped.model(batch).logit, checkpoint.model(batch).logit, atol=1e-2, rtol=1e-2)
    torch.testing.assert_close(shipped.model.tower.first.weight, checkpoint.model.tower.first.weight, atol=0, rtol=0)
    assert "half precision" in shipped.card
    assert (tmp_path / "assets" / "leaderboard.json").read_text() == "{}"
    assert size == sum(file.stat().st_size for file in (tmp_path / "assets" / "din").iterdir())


@pytest.fixture
def measured(tmp_path, checkpoint):
    """A checkpoint, and what `faithfulness` would have found of it."""
    one = {"mean": 0.5, "interval": [0.4, 0.6], "quartiles": [0.1, 0.5, 0.9], "n": 7}
    (checkpoint.folder / FAITHFULNESS).write_text(
        json.dumps(
            {
                **{"split": "test", "impressions": 7, "of": 70, "users": 5, "seed": 0, "measured_at": "now"},
                **{"checkpoint": str(checkpoint.folder), "fingerprint": checkpoint.fingerprint, "title": "DIN"},
                **{"figures": dict.fromkeys(FIGURES, one), "verdicts": {"trust": 1.0}, "by_length": []},
                **{"by_category": [], "precision": None, "uniform": None, "frozen": None, "adversary": None},
                "seeds": None,
            }
        )
    )
    return checkpoint


def test_what_was_measured_of_a_checkpoint_is_shipped_with_it_and_names_no_folder(tmp_path, measured):
    for _ in range(2):  # once more over itself
        demo.write_checkpoints({"din": measured}, tmp_path / "assets", tmp_path / "none.json")
    text = (tmp_path / "assets" / "din" / FAITHFULNESS).read_text()
    assert json.loads(text)["checkpoint"] == "din"
    assert json.loads(text)["fingerprint"] == measured.fingerprint
    assert json.loads(text)["copy_fingerprint"] == load_checkpoint(tmp_path / "assets" / "din").fingerprint
    assert str(tmp_path) not in text
    card = load_checkpoint(tmp_path / "assets" / "din").card
    assert card.count("## Can the weights be believed?") == 1
    assert "Over 7 of 70 test impressions (5 users" in card
    assert card.endswith(demo.HALF_PRECISION_NOTE)


def test_a_model_worse_than_the_base_rate_is_not_shipped(tmp_path, checkpoint):
    held = {"impressions": 400, "positives": 100, "base_rate_log_loss": 0.5623, "after": {"log_loss": 0.7}}
    worse = dataclasses.replace(checkpoint, metrics={"calibration": held})
    with pytest.raises(DinLensError, match=r"din \(.*din-0\) cannot be shipped: the log loss of 0\.7000 on "):
        demo.write_checkpoints({"din": worse}, tmp_path / "assets", tmp_path / "none.json")
    assert not (tmp_path / "assets").exists()


def test_a_measurement_of_another_checkpoint_is_not_shipped(tmp_path, measured):
    path = measured.folder / FAITHFULNESS
    path.write_text(path.read_text().replace(measured.fingerprint, "0123456789ab"))
    with pytest.raises(DinLensError, match=f"is of checkpoint 0123456789ab, but this one is {measured.fingerprint}"):
        demo.write_checkpoints({"din": measured}, tmp_path / "assets", tmp_path / "none.json")
    path.write_text("[]")
    with pytest.raises(DinLensError, match="is not what `faithfulness` writes"):
        demo.write_checkpoints({"din": measured}, tmp_path / "assets", tmp_path / "none.json")


def test_what_is_no_checkpoint_is_never_replaced(tmp_path, checkpoint):
    (tmp_path / "assets" / "mine").mkdir(parents=True)
    (tmp_path / "assets" / "mine" / "notes.txt").write_text("precious")
    with pytest.raises(CheckpointError, match="no part of a checkpoint"):
        demo.write_checkpoints({"din": checkpoint}, tmp_path / "assets", tmp_path / "none.json")
    assert (tmp_path / "assets" / "mine" / "notes.txt").read_text() == "precious"


def test_older_checkpoints_make_room(tmp_path, checkpoint):
    shutil.copytree(checkpoint.folder, tmp_path / "assets" / "old")
    demo.write_checkpoints({"din": checkpoint}, tmp_path / "assets", tmp_path / "none.json")
    assert [path.name for path in (tmp_path / "assets").iterdir()] == ["din"]


def test_checkpoints_that_are_too_large_replace_nothing(tmp_path, checkpoint, monkeypatch):
    shutil.copytree(checkpoint.folder, tmp_path / "assets" / "old")
    monkeypatch.setattr(demo, "MAX_CHECKPOINT_BYTES", 100)
    with pytest.raises(DinLensError, match=r"The checkpoints take [\d,]+ bytes > 100"):
        demo.write_checkpoints({"din": checkpoint}, tmp_path / "assets", tmp_path / "none.json")
    assert load_checkpoint(tmp_path / "assets" / "old").fingerprint == checkpoint.fingerprint
    assert sorted(path.name for path in tmp_path.iterdir()) == ["assets", "runs"]


def test_cases_of_the_demo_fit_its_store_and_lie_beside_its_tables(tmp_path):
    with small_store(tmp_path) as store:
        write_checkpoints(tmp_path / "checkpoints", store.bulk())
        demo.write_demo_cases(tmp_path / "tables", tmp_path / "checkpoints")
        found = read_cases(tmp_path / "tables" / "cases")
        assert found.about.store == fingerprint_of(asdict(store.summary()))
    assert (found.about.impressions, found.about.main.folder, found.about.base.folder) == (3, "din", "base")


def test_cases_that_are_too_large_replace_nothing(tmp_path):
    with small_store(tmp_path) as store:
        write_checkpoints(tmp_path / "checkpoints", store.bulk())
    (tmp_path / "tables" / "cases").mkdir()
    (tmp_path / "tables" / "cases" / "users.parquet").write_text("older")
    with pytest.raises(DinLensError, match=r"The demo's cases take [\d,]+ bytes > 100"):
        demo.write_demo_cases(tmp_path / "tables", tmp_path / "checkpoints", max_bytes=100)
    assert (tmp_path / "tables" / "cases" / "users.parquet").read_text() == "older"
