"""A run that cannot end well is refused before its first step, in one sentence, and leaves nothing behind."""

from __future__ import annotations

import errno
import json
import shutil
import tempfile
from collections import namedtuple
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import SafetensorError

from din_core.domain import CheckpointError, DinLensError
from din_core.model import checkpoint
from din_core.model.config import Architecture, FieldConfig
from din_core.store import ingest
from tests.model.conftest import VOCABULARY, toy_config, toy_network
from tests.trainer.planted_tables import planted_tables
from trainer.__main__ import main
from trainer.training import limits
from trainer.training.fitting import resume
from trainer.training.fitting.run import Run
from trainer.training.train import pick_device

FAST = ("--epochs=1", "--batch-size=64", "--min-count=1", "--compile=off", "--device=cpu", "--max-history=20")
Usage = namedtuple("Usage", "total used free")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("limits")
    ingest(planted_tables(folder / "tables", users=8, weeks=8), f"sqlite:///{folder / 'store.db'}")
    return f"sqlite:///{folder / 'store.db'}"


@pytest.fixture
def no_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step would fail the test."""

    def advance(run: Run) -> int:
        raise AssertionError("a step was made")

    monkeypatch.setattr(Run, "advance", advance)


def refusal(url: str, out: Path, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """The last line on stderr of a run that ends with 1."""
    assert main(["train", "--store", url, "--out", str(out), *FAST, *options]) == 1
    assert not out.exists()
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.startswith("error: ")
    return last.removeprefix("error: ")


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--epochs=2000", "epochs is 2000, but must be 1 to 1,000; give another value"),
        ("--batch-size=0", "batch_size is 0, but must be 1 to 1,000,000"),
        ("--batch-size=1000000000000", "batch_size is 1000000000000, but must be 1 to 1,000,000"),
        ("--learning-rate=-1", "learning_rate is -1.0, but must be 0 to 10"),
        ("--learning-rate=nan", "learning_rate is nan, but must be 0 to 10"),
        ("--learning-rate=1e9", "learning_rate is 1000000000.0, but must be 0 to 10"),
        ("--decay=inf", "decay is inf, but must be 0 to 1,000,000,000"),
        ("--seed=-1", "seed is -1, but must be 0 to 9,223,372,036,854,775,807"),
        ("--seed=9223372036854775808", "seed is 9223372036854775808, but must be 0 to"),
        ("--item-width=0", "item_width is 0, but must be 1 to 4,096"),
        ("--item-width=1000000000", "item_width is 1000000000, but must be 1 to 4,096"),
        ("--max-history=99999999999", "max_history is 99999999999, but must be 1 to 1,000,000,000"),
        ("--min-count=99999999999", "min_count is 99999999999, but must be 1 to 1,000,000,000"),
        ("--max-values=0", "max_values is 0, but must be 1 to 1,000,000,000"),
        ("--device=mps", "device 'mps' is not one of auto, cpu, cuda, cuda:N"),
        ("--device=meta", "device 'meta' is not one of auto, cpu, cuda, cuda:N"),
    ],
)
def test_an_option_beyond_its_limits_is_refused(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], no_step: None, option: str, message: str
) -> None:
    assert refusal(url, tmp_path / "din", capsys, option).startswith(message)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tower_hidden": [10**9, 8]}, "tower_hidden is 1000000000, but must be 1 to 4,096"),
        ({"unit_hidden": [8, 5000]}, "unit_hidden is 5000, but must be 1 to 4,096"),
        ({"max_history": 10**12}, "max_history is 1000000000000, but must be 1 to 1,000,000,000"),
    ],
)
def test_an_option_of_the_model_beyond_its_limits_is_refused(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], no_step: None, options: Any, message: str
) -> None:
    file = tmp_path / "options.json"
    file.write_text(json.dumps(options), "utf-8")
    # What the command line names would be laid under the file: only the file's own is at fault.
    assert refusal(url, tmp_path / "din", capsys, f"--config={file}").startswith(message)


def test_a_cuda_device_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)
    assert pick_device("cuda:0") == torch.device("cuda:0")
    with pytest.raises(DinLensError, match="'cuda:1' was asked for, but 1 CUDA devices are here; use --device auto"):
        pick_device("cuda:1")


def test_a_model_larger_than_the_memory_is_refused(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], no_step: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_memory", lambda: 100_000)
    message = refusal(url, tmp_path / "din", capsys)
    assert "weights, whose training takes" in message and "this machine has 0.00 GB of memory" in message
    assert message.endswith("give a smaller --item-width or a larger --min-count")
    ranked = refusal(url, tmp_path / "tin", capsys, "--model=tin")
    assert ranked.endswith("give a smaller --item-width, a smaller --max-history or a larger --min-count")


def test_a_model_whose_shard_is_larger_than_the_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    field = FieldConfig("item_id", 100_000, 8)
    config = replace(toy_config(), item_fields=(field, *toy_config().item_fields[1:]))
    others = limits.count_weights(config) - 800_000
    monkeypatch.setattr(limits, "_memory", lambda: (400_000 + others) * limits.MEMORY_BYTES)
    limits.check_memory(config, sharded=800_000, workers=2)
    monkeypatch.setattr(limits, "_memory", lambda: (400_000 + others) * limits.MEMORY_BYTES - 1)
    with pytest.raises(DinLensError, match=rf"^{400_000 + others:,} of the model's .* more --workers or a larger"):
        limits.check_memory(config, sharded=800_000, workers=2)


def test_a_full_disk_is_told_before_the_first_step(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], no_step: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**9, 10**9, 1000))
    message = refusal(url, tmp_path / "runs" / "din", capsys)
    assert message.startswith(f"{tmp_path / 'runs'} has 0.00 GB of free room, but training this model needs 0.0")


def test_a_read_only_disk_is_told_before_the_store_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], no_step: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(**_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(tempfile, "TemporaryFile", read_only)
    message = refusal("sqlite:///nowhere.db", tmp_path / "runs" / "din", capsys)
    assert message.startswith(f"{tmp_path / 'runs'} cannot be written (Read-only file system), so nothing was trained")


def test_a_folder_that_is_a_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str], no_step: None) -> None:
    (tmp_path / "file").write_text("precious")
    assert "cannot be written (File exists)" in refusal("sqlite:///nowhere.db", tmp_path / "file" / "din", capsys)
    assert (tmp_path / "file").read_text() == "precious"


def full(*_: object) -> None:
    raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")


def test_a_disk_that_is_full_later_keeps_the_saved_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = resume.RunState({"a": torch.zeros(2)}, {"step": 1})
    resume.save_state(tmp_path, {}, state)
    monkeypatch.setattr(resume, "save_file", full)
    with pytest.raises(CheckpointError, match=r"cannot be written \(.*No space left .*from the last saved state"):
        resume.save_state(tmp_path, {}, resume.RunState({}, {"step": 2}))
    found = resume.load_state(tmp_path, {})
    assert found is not None and found.numbers == {"step": 1}


def test_a_checkpoint_that_finds_no_room_leaves_the_older_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint.save_checkpoint(tmp_path / "din", toy_network(), VOCABULARY, {}, "old")
    monkeypatch.setattr(checkpoint, "save_file", full)
    with pytest.raises(CheckpointError, match=r"din cannot be written \(.*No space left .*and is as it was; make room"):
        checkpoint.save_checkpoint(tmp_path / "din", toy_network(), VOCABULARY, {}, "new")
    assert checkpoint.load_checkpoint(tmp_path / "din").card == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["din"]


def test_weights_are_counted_without_memory_for_them() -> None:
    network = toy_network()
    assert limits.count_weights(toy_config()) == sum(tensor.numel() for tensor in network.state_dict().values())


@pytest.mark.parametrize(
    "fields", [(), (FieldConfig("item_id", 2**62, 4),)], ids=["no fields", "more rows than there are numbers"]
)
@pytest.mark.parametrize("architecture", ["dien", "tin"])
def test_what_no_network_can_be_is_said_before_the_first_step(
    architecture: Architecture, fields: tuple[FieldConfig, ...]
) -> None:
    config = replace(toy_config(), architecture=architecture, item_fields=fields)
    with pytest.raises(DinLensError, match=r"^no network of these sizes can be built \("):
        limits.check_memory(config)


def test_a_folder_that_no_system_can_have_is_told() -> None:
    with pytest.raises(CheckpointError, match="cannot hold the character 0"):
        limits.check_writable(Path("a\0b"))
