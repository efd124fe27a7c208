"""What `train --ray` refuses before it starts anything; a real cluster is in tests/cluster."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from din_core.domain import DinLensError
from din_core.model.config import FieldConfig, ModelConfig
from tests.small_world import small_store
from trainer.__main__ import main
from trainer.cluster import connection
from trainer.cluster.losses import describe_losses, reason_of
from trainer.cluster.training import CoreWatch, describe_shards

GLOO = RuntimeError("[/pytorch/third_party/gloo/gloo/transport/tcp/pair.cc:537] Connection reset by peer")


def told(capsys: pytest.CaptureFixture[str], out: Path, *words: str) -> str:
    """What a command that fails says."""
    assert main(["train", "--store", "sqlite:///nowhere.db", "--out", str(out), *words]) == 1
    return capsys.readouterr().err


def test_without_ray_it_says_how_to_install_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "find_spec", lambda _: None)
    said = told(capsys, tmp_path / "din", "--ray", "local")
    assert said == "error: Ray is not installed; install it with `pip install -r requirements-ray.txt`\n"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--workers", "2"], "--workers are processes of a Ray cluster; name one with --ray, or leave --workers out"),
        (
            ["--shard-tables"],
            "--shard-tables shards tables among the workers of a Ray cluster; name one with --ray, or leave it out",
        ),
        (
            ["--ray", "local", "--shard-tables", "--continue-from", "old"],
            "--shard-tables begins anew, but --continue-from has tables that are whole; leave out one of them",
        ),
        (["--ray", "local", "--workers", "0"], "--workers is 0, but must be 1 to 1,000; give another"),
        (["--ray", "local", "--workers", "1001"], "--workers is 1001, but must be 1 to 1,000; give another"),
        (["--ray", "local", "--tune", "1"], "--tune tries settings on one machine alone; leave out --ray, or --tune"),
        (
            ["--ray", "local", "--device", "cuda"],
            "--ray trains on CPUs, but --device is cuda; leave out one of them",
        ),
    ],
)
def test_what_does_not_go_with_a_cluster_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], reason: str
) -> None:
    assert told(capsys, tmp_path / "din", *words) == f"error: {reason}\n"
    assert not list(tmp_path.iterdir())


def test_a_run_that_one_machine_refuses_is_refused_before_a_cluster_is_started(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "find_spec", lambda _: object())
    with small_store(tmp_path):
        url = f"sqlite:///{tmp_path / 'world.db'}"
        said = told(capsys, tmp_path / "din", "--store", url, "--ray", "local")
    assert "error: no model can be trained on this store: " in said


def test_what_each_worker_holds_of_tables_is_said_and_tables_that_are_too_small_are_refused() -> None:
    large, small = FieldConfig("item_id", 2_001, 24), FieldConfig("category", 195, 12)
    assert describe_shards(ModelConfig("din", (large, small), (), ()), 2) == (
        "each worker holds rows of item_id (1,001 of 2,001), and copies of all else"
    )
    with pytest.raises(DinLensError, match="tables of 1,000 rows and more, but the largest has 195; leave it out"):
        describe_shards(ModelConfig("din", (small,), (), ()), 2)


def test_the_worker_that_was_lost_is_named_and_not_those_that_failed_without_it() -> None:
    said = describe_losses({0: GLOO, 1: RuntimeError("A worker health check failed.\nStack: …")})
    assert said == (
        "lost worker 1 (A worker health check failed.); another takes its place, and all go on from the last saved "
        "state"
    )
    assert describe_losses({0: GLOO}).startswith("lost worker 0 ([/pytorch/")


def test_what_ended_a_run_is_told_by_its_reason_and_not_by_what_stands_before_it() -> None:
    failed = RuntimeError(
        "Training failed due to worker errors:\n[Rank 0 Error Snippet]:\nA check failed.\nWorker info"
    )
    assert reason_of(failed) == "A check failed."
    short = "4 worker(s) were killed due to the node running low on memory."
    assert reason_of(RuntimeError(f"{failed}\n{short}\nOOM kill reason: …")) == short
    assert reason_of(KeyError()) == "KeyError"


def test_a_cluster_that_lost_cores_is_told_once_and_again_when_it_lost_more() -> None:
    said: list[str] = []
    watch = CoreWatch(3, said.append)
    for cores in (3.0, 2.0, 2.0, 1.0, 4.0, 3.0, 2.0):
        watch.look(cores)
    assert said == [f"3 workers need a core each, but the Ray cluster has {n} now: waiting for more" for n in (2, 1, 2)]


def test_a_machine_that_does_not_see_the_folder_of_the_run_says_so(tmp_path: Path) -> None:
    connection.check_shared(tmp_path)
    with pytest.raises(DinLensError, match=r"elsewhere is not there on .*; name an --out on a disk that all of them"):
        connection.check_shared(tmp_path / "elsewhere")


def test_an_address_at_which_nobody_listens_is_told_at_once() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    for named in (address, f"ray://{address}"):
        with pytest.raises(DinLensError, match=f"no Ray cluster answers at {named} .*refused"):
            connection.connect(None, named, 1, fewer="--workers")
