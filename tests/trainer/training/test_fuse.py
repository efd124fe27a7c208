"""Whether training compiles: where it can, where it was told not to, and where there is no compiler."""

import pytest
import torch

from din_core.domain import CheckpointError
from din_core.model import native
from din_core.model.native.kernels import _Process
from tests.model.conftest import toy_network
from trainer.training.train import fuse


@pytest.fixture
def no_compiler(monkeypatch):
    for name in ("CC", "PATH"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setattr(_Process, "tried", False)
    monkeypatch.setattr(_Process, "compiled", None)


def test_training_goes_on_without_a_compiler_and_says_so(no_compiler):
    said = []
    assert fuse(toy_network(), "auto", said.append) is False
    assert said == ["training without compiled layers (no C compiler that works; install gcc or clang)"]


def test_compile_on_without_a_compiler_is_an_error(no_compiler):
    with pytest.raises(CheckpointError, match=r"--compile on did not work \(no C compiler that works.*--compile off"):
        fuse(toy_network(), "on", print)


def test_compile_off_leaves_everything_to_pytorch():
    with native.used(True):
        assert fuse(toy_network(), "off", print) is False
        assert native.kernels_for(torch.zeros(1)) is None
