"""Whether training uses kernels: where there are any, where it was told not to, and where there is no library."""

import pytest

from din_core.domain import CheckpointError
from din_core.kernels import accelerate
from tests.model.conftest import toy_network
from trainer.training import train
from trainer.training.train import uses_kernels


@pytest.fixture
def no_library(monkeypatch):
    monkeypatch.setattr(accelerate, "load", lambda: None)
    monkeypatch.setattr(train, "status", lambda: "no compiled kernels: for this test")


def test_training_goes_on_without_a_library_and_says_so(no_library):
    lines = []
    assert uses_kernels(toy_network().float(), "auto", lines.append) is False
    assert lines == ["training without compiled layers (no compiled kernels: for this test)"]


def test_compile_on_without_a_library_is_an_error(no_library):
    with pytest.raises(CheckpointError, match=r"--compile on did not work \(no compiled kernels: .*--compile off"):
        uses_kernels(toy_network().float(), "on", print)


def test_compile_off_leaves_the_network_plain():
    assert uses_kernels(toy_network().float(), "off", print) is False
