"""What a checkpoint of another library goes through like any other: it is evaluated, and calibrated in its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from din_core.model.checkpoint import load_checkpoint
from din_core.scoring import Scorer
from din_core.store import open_store
from tests.trainer.foreign_checkpoints.made_evolution import words_for
from tests.trainer.foreign_checkpoints.made_states import MADE, write_files
from tests.trainer.foreign_checkpoints.shop_store import HOUR, START, write_shop
from trainer.__main__ import main


def words_of(folder: Path, library: str) -> list[str]:
    """The arguments that import a library's DIN, or a DIEN."""
    return words_for(folder, "augru") if library == "dien" else write_files(folder, library)


@pytest.fixture
def shop(tmp_path: Path) -> str:
    return write_shop(tmp_path / "shop")


@pytest.mark.parametrize("library", [*MADE, "dien"])
def test_it_is_evaluated(tmp_path: Path, shop: str, library: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words_of(tmp_path, library)) == 0
    capsys.readouterr()
    assert main(["evaluate", "--store", shop, "--checkpoint", str(tmp_path / "din"), "--split", "test", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["checkpoints"]
    assert 0 < found["auc"] < 1


@pytest.mark.parametrize("library", [*MADE, "dien"])
def test_it_is_calibrated_and_keeps_its_weights(tmp_path: Path, shop: str, library: str) -> None:
    assert main(words_of(tmp_path, library)) == 0
    store = open_store(shop)
    history, items = store.history("u1", START + 10 * HOUR), store.items(["i1", "i2"])
    store.close()
    before = Scorer(load_checkpoint(tmp_path / "din")).score(history, items, {"place": "top"})
    assert main(["calibrate", "--store", shop, "--checkpoint", str(tmp_path / "din")]) == 0
    checkpoint = load_checkpoint(tmp_path / "din")
    after = Scorer(checkpoint).score(history, items, {"place": "top"})
    held = checkpoint.metrics["calibration"]
    assert held["after"]["log_loss"] < held["before"]["log_loss"]
    assert after.logit == pytest.approx(held["slope"] * before.logit + held["bias"], abs=1e-5)
    assert after.weight == pytest.approx(before.weight, abs=1e-6)
