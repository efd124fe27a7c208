"""`orient`: old checkpoints get the sign with which weights agree with effects, exactly, and only where they must."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from din_core.model.checkpoint import fingerprint, load_checkpoint
from din_core.store import BulkTables
from tests.tiny_checkpoints import write_checkpoints
from trainer.__main__ import main
from trainer.evaluation.evaluate import Split
from trainer.training.orientation.sign import flipped

World = tuple[str, BulkTables, Path]
FIXED = ("base", "din-softmax", "dot", "dien")
MEASURED = "# Card\n\nText.\n\n## Data\n\nMade.\n\n<!-- faithfulness -->\n## Old\n<!-- /faithfulness -->\n"


@pytest.fixture
def folder(untrained_world: World, tmp_path: Path) -> Path:
    """Checkpoints of the store: `din` and the same `turned` round, in half precision, and FIXED."""
    write_checkpoints(tmp_path, untrained_world[1], kinds=("din", *FIXED), metrics={"options": {"epochs": 1}})
    weights = tmp_path / "din" / "model.safetensors"
    half = {n: t.half() if n.startswith("item.") else t for n, t in load_file(weights).items()}
    save_file(half, weights)
    (tmp_path / "din" / "README.md").write_text(MEASURED, "utf-8")
    (tmp_path / "din" / "faithfulness.json").write_text("{}", "utf-8")
    shutil.copytree(tmp_path / "din", tmp_path / "turned")
    network = load_checkpoint(tmp_path / "din").model
    save_file(flipped(network, half, [0]), tmp_path / "turned" / "model.safetensors")
    return tmp_path


def call(world: World, *checkpoints: Path) -> list[str]:
    return ["orient", "--store", world[0], "--checkpoint", *map(str, checkpoints)]


def run_json(capsys: pytest.CaptureFixture[str], argv: list[str]) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert main([*argv, "--json"]) == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["checkpoints"]
    return found


def files_of(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def test_one_of_two_signs_is_turned_round_and_then_both_are_one_network(
    folder: Path, untrained_world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    both = (folder / "din", folder / "turned")
    before = {path.name: (files_of(path), load_checkpoint(path)) for path in both}
    found = run_json(capsys, call(untrained_world, *both))
    (written,) = [entry for entry in found if entry["former_fingerprint"]]
    (left,) = [entry for entry in found if not entry["former_fingerprint"]]
    name, other = Path(written["checkpoint"]).name, Path(left["checkpoint"]).name
    after = load_checkpoint(folder / name)
    assert files_of(folder / other) == before[other][0]
    assert written["former_fingerprint"] == before[name][1].fingerprint
    assert written["fingerprint"] == after.fingerprint == fingerprint(folder / other) == left["fingerprint"]
    assert after.metrics["orientation"]["units"] == written["units"]
    assert after.metrics["options"] == {"epochs": 1}
    for part in ("config.json", "vocabulary.json"):
        assert (folder / name / part).read_bytes() == before[name][0][part][0]
    assert {t.dtype for t in load_file(folder / name / "model.safetensors").values()} == {torch.half, torch.float32}
    on = Split(untrained_world[1], "test", "cpu")
    was, now = (on.predict(one).probability for one in (before[name][1], after))
    np.testing.assert_allclose(now, was, rtol=0, atol=1e-6)
    unit = written["units"][0]
    assert unit["before"]["correlation"] < 0 < unit["after"]["correlation"]
    assert left["units"][0]["before"] == unit["after"]


def test_what_was_measured_of_the_former_weights_is_gone_and_the_card_says_what_was_done(
    folder: Path, untrained_world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    both = (folder / "din", folder / "turned")
    found = run_json(capsys, call(untrained_world, *both))
    for entry in found:
        own, turned = Path(entry["checkpoint"]), bool(entry["former_fingerprint"])
        assert entry["dropped"] == (["faithfulness.json"] if turned else [])
        assert (own / "faithfulness.json").exists() != turned
        card = (own / "README.md").read_text("utf-8")
        if turned:
            assert card.startswith("# Card\n\nText.\n\n<!-- orientation -->\nThe sign of the weights was chosen")
            assert card.endswith("<!-- /orientation -->\n\n## Data\n\nMade.\n")
        else:
            assert card == MEASURED


def test_a_second_call_leaves_every_byte(
    folder: Path, untrained_world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    every = [folder / name for name in ("din", "turned", *FIXED)]
    assert main(call(untrained_world, *every)) == 0
    first = capsys.readouterr().out
    assert first.count("turned round") == first.count("-> ") == 1
    assert "older links and cases name the former" in first
    before = [files_of(path) for path in every]
    assert main(call(untrained_world, *every)) == 0
    assert "turned round" not in capsys.readouterr().out
    assert [files_of(path) for path in every] == before


def test_a_model_whose_sign_is_no_choice_is_left_and_the_reason_is_said(
    folder: Path, untrained_world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    every = [folder / name for name in FIXED]
    before = [files_of(path) for path in every]
    assert main(call(untrained_world, *every)) == 0
    assert capsys.readouterr().out.splitlines() == [
        "base: weights kept their sign: pooling that knows no candidate has no activation unit",
        "din-softmax: weights kept their sign: a softmax makes its weights positive",
        "dot: weights kept their sign: q·k has no layer of its own whose sign could change",
        "dien: weights kept their sign: a softmax makes its weights positive",
    ]
    assert [files_of(path) for path in every] == before


def test_where_one_checkpoint_cannot_be_used_none_is_written(
    folder: Path, untrained_world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "dot" / "notes.txt").write_text("mine", "utf-8")
    before = [files_of(folder / name) for name in ("din", "turned", "dot")]
    for bad, message in ((folder / "dot", "holds notes.txt"), (folder / "none", "holds no model.safetensors")):
        assert main(call(untrained_world, folder / "din", folder / "turned", bad)) == 1
        assert message in capsys.readouterr().err.splitlines()[-1]
    assert [files_of(folder / name) for name in ("din", "turned", "dot")] == before


def test_a_failed_write_leaves_the_old_checkpoint(
    folder: Path, untrained_world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    both = (folder / "din", folder / "turned")
    before = [files_of(path) for path in both]

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device", "disk")

    monkeypatch.setattr("din_core.model.checkpoint.save_file", full)
    assert main(call(untrained_world, *both)) == 1
    assert "No space left on device; nothing was replaced" in capsys.readouterr().err
    assert [files_of(path) for path in both] == before
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]
