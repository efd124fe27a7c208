"""What `serve-cluster` refuses before it starts anything; a real cluster is in tests/cluster."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from din_core.domain import DinLensError
from tests.small_world import small_store
from tests.tiny_checkpoints import write_checkpoints
from trainer.__main__ import main
from trainer.cluster import connection
from trainer.cluster.options import ServingOptions

TOKEN = "a-token-of-these-tests"


def told(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What a command that fails says."""
    assert main(["serve-cluster", *words]) == 1
    return capsys.readouterr().err


@pytest.fixture
def checkpoint(tmp_path: Path) -> str:
    with small_store(tmp_path) as store:
        return str(write_checkpoints(tmp_path / "checkpoints", store.bulk(), kinds=("din",)) / "din")


def test_without_ray_it_says_how_to_install_it(
    checkpoint: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "find_spec", lambda _: None)
    said = told(capsys, "--checkpoint", checkpoint)
    assert said == "error: Ray is not installed; install it with `pip install -r requirements-ray.txt`\n"


def test_a_port_that_is_taken_is_named(
    checkpoint: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "find_spec", lambda _: object())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = told(capsys, "--checkpoint", checkpoint, "--port", str(taken.getsockname()[1]))
    assert "of 127.0.0.1 cannot be listened to (Address already in use); name another with --port" in said


def test_a_folder_without_a_checkpoint_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "find_spec", lambda _: object())
    assert f"{tmp_path} holds no model.safetensors" in told(capsys, "--checkpoint", str(tmp_path))


def test_the_token_is_not_shown_by_what_is_asked() -> None:
    assert TOKEN not in repr(ServingOptions((Path("din"),), token=TOKEN))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "scores.example"])
def test_the_network_is_served_with_a_token_alone(host: str) -> None:
    with pytest.raises(DinLensError, match=f"--host {host} is open to the network, but no token is given"):
        ServingOptions((Path("din"),), host=host)
    assert ServingOptions((Path("din"),), host=host, token=TOKEN).host == host


@pytest.mark.parametrize(("name", "value"), [("replicas", 0), ("replicas", 1_001), ("port", 0), ("port", 65_536)])
def test_numbers_beyond_their_limits_are_refused(name: str, value: int) -> None:
    with pytest.raises(DinLensError, match=f"--{name} is {value}, but must be 1 to "):
        ServingOptions((Path("din"),), **{name: value})
