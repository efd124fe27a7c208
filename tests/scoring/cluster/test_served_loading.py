"""Checkpoints read without torch: the same facts, and a sentence for what cannot be used without it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from din_core.domain import CheckpointError, DinLensError
from din_core.model.checkpoint import load_checkpoint
from din_core.model.external.writing import save_served
from din_core.model.stored.files import VOCABULARY, WEIGHTS, read_weightless
from din_core.scoring import load_scorers
from din_core.scoring.cluster.loading import load_served_scorers
from din_core.scoring.cluster.settings import ClusterAddress
from din_core.store import BehaviorStore
from tests.external.world import OwnWorld
from tests.small_world import small_store
from tests.tiny_checkpoints import KINDS, write_checkpoints

ADDRESS = ClusterAddress("http://127.0.0.1:9")


@pytest.fixture
def store(tmp_path: Path):
    with small_store(tmp_path) as store:
        yield store


@pytest.fixture
def checkpoints(store: BehaviorStore, tmp_path: Path) -> Path:
    return write_checkpoints(tmp_path / "checkpoints", store.bulk(), kinds=tuple(KINDS))


def test_every_checkpoint_says_the_same_of_itself(checkpoints: Path) -> None:
    local, served = load_scorers(checkpoints), load_served_scorers(checkpoints, ADDRESS)
    assert list(served) == list(local)
    for name, found in served.items():
        wanted = load_checkpoint(checkpoints / name)
        for fact in ("folder", "fingerprint", "config", "vocabulary", "metrics", "card"):
            assert getattr(found.checkpoint, fact) == getattr(wanted, fact)
        assert (found.name, found.known_types, found.traits) == (local[name].name, local[name].known_types, None)
        half_lives = [own.engine.half_life or 0.0 for own in (found, local[name])]
        assert half_lives[0] == pytest.approx(half_lives[1], rel=1e-6)
        assert (half_lives[0] > 0) == (name == "base-decay")


def test_a_network_that_is_elsewhere_is_a_sentence(checkpoints: Path) -> None:
    scorer = load_served_scorers(checkpoints, ADDRESS)["din"]
    for ask in (lambda: scorer.checkpoint.model, lambda: scorer.local.cpu_network):
        with pytest.raises(DinLensError, match="DIN is computed by the cluster that DIN_SCORER names"):
            ask()


def test_a_model_of_ones_own_needs_torch_and_the_others_go_on(
    store: BehaviorStore, checkpoints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIN_SERVED", "127.0.0.1:9")
    values = OwnWorld(store, checkpoints).values
    save_served(checkpoints / "served", "http://127.0.0.1:9/score", **values, title="Shop model")
    assert load_served_scorers(checkpoints, ADDRESS)["served"].local.model.config.title == "Shop model"
    monkeypatch.setitem(sys.modules, "torch", None)  # as where it is not installed
    unfit: dict[str, CheckpointError] = {}
    found = load_served_scorers(checkpoints, ADDRESS, unfit.__setitem__)
    assert set(found) == set(KINDS) and list(unfit) == ["served"]
    assert "holds a model of its own, which needs torch, and torch is not installed here" in str(unfit["served"])


@pytest.mark.parametrize("name", [VOCABULARY, WEIGHTS])
def test_what_is_no_checkpoint_is_the_sentence_that_it_is_with_torch(checkpoints: Path, name: str) -> None:
    (checkpoints / "din" / name).unlink()
    for read in (load_checkpoint, read_weightless):
        with pytest.raises(CheckpointError, match=f"holds no {name}, so it is not a checkpoint"):
            read(checkpoints / "din")


def test_weights_without_their_half_life_are_unfit(checkpoints: Path) -> None:
    (checkpoints / "base-decay" / WEIGHTS).write_bytes((checkpoints / "din" / WEIGHTS).read_bytes())
    with pytest.raises(CheckpointError, match="is not readable as weights"):
        read_weightless(checkpoints / "base-decay")
