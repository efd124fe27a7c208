"""The commands of the trainer on models that are not this project's."""

from __future__ import annotations

import json

import pytest

from din_core.model.checkpoint import fingerprint, load_checkpoint
from din_core.model.external.writing import save_served
from tests.external.model_server import running
from tests.external.world import MAX_HISTORY, OwnWorld
from trainer.__main__ import main
from trainer.training.orientation.sign import fixed_sign


@pytest.fixture
def store(own: OwnWorld) -> str:
    return str(own.store.engine.url)


def failed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(list(words)) == 1
    return capsys.readouterr().err


def test_evaluate_gives_figures_of_a_module(own: OwnWorld, store: str, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(own.save("bst"))
    assert main(["evaluate", "--store", store, "--checkpoint", folder, "--split", "test", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["checkpoints"]
    assert 0 <= found["auc"] <= 1


def test_check_model_finds_what_a_served_model_reads_and_keeps_it_with_the_checkpoint(
    own: OwnWorld, store: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = own.checkpoints / "served"
    with running() as server:
        monkeypatch.setenv("DIN_SERVED", server.host)
        before = save_served(folder, f"http://{server.host}/", **own.values, max_history=MAX_HISTORY)
        assert main(["check-model", str(folder), "--store", store]) == 0
        said = capsys.readouterr().out
        assert "no  a behavior's weight changes where another behavior is taken away" in said
        assert "yes weights change with the candidate" in said
        assert "really built without the behavior" in said
        traits = load_checkpoint(folder).model.traits
        assert not (traits.weights_depend_on_others or traits.reads_order or traits.reads_ages)
        assert fingerprint(folder) == before


def test_check_model_finds_that_weights_of_a_transformer_depend_on_each_other(
    own: OwnWorld, store: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check-model", str(own.save("bst")), "--store", store, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["traits"]["weights_depend_on_others"] and found["traits"]["reads_order"]
    assert found["leave_one_out"] < 1e-5


def test_check_model_is_for_models_of_others(
    own: OwnWorld, store: str, capsys: pytest.CaptureFixture[str], written_din: str
) -> None:
    assert "is a model of DIN Lens" in failed(capsys, "check-model", written_din, "--store", store)
    sampled = failed(capsys, "check-model", str(own.save("bst")), "--store", store, "--sample", "0")
    assert "sample is 0, but must be 1 or more" in sampled


def test_check_model_says_when_its_server_is_away(
    own: OwnWorld, store: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with running() as server:
        monkeypatch.setenv("DIN_SERVED", server.host)
        save_served(own.checkpoints / "served", f"http://{server.host}/", **own.values, max_history=MAX_HISTORY)
    said = failed(capsys, "check-model", str(own.checkpoints / "served"), "--store", store)
    assert f"its server {server.host} cannot be reached" in said


def test_faithfulness_measures_its_weights_against_effects_and_puts_no_others_in_their_place(
    own: OwnWorld, store: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = own.save("bst")
    assert main(["faithfulness", "--store", store, "--checkpoint", str(folder), "--check", "2", "--json"]) == 0
    (checked,) = json.loads(capsys.readouterr().out)["checks"]
    assert max(checked["leave_one_out"], checked["shapley"], checked["efficiency"]) < 1e-5
    assert main(["faithfulness", "--store", store, "--checkpoint", str(folder)]) == 0
    found = json.loads((folder / "faithfulness.json").read_text("utf-8"))
    assert found["figures"]["tau"] is not None
    assert (found["uniform"], found["frozen"], found["adversary"]) == (None, None, None)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("export", "--out", "model.onnx", "--checkpoint"), "is a model that is not DIN Lens's, which is not exported"),
        (
            ("train", "--out", "next", "--continue-from"),
            "is not DIN Lens's, and is here to be scored",
        ),
    ],
)
def test_what_needs_a_model_of_this_project_is_refused_in_a_sentence(
    own: OwnWorld,
    store: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    sentence: str,
) -> None:
    folder = own.save("bst")
    monkeypatch.chdir(own.checkpoints)
    stored = ("--store", store) if words[0] == "train" else ()
    assert sentence in failed(capsys, *words, str(folder), *stored)


def test_the_sign_of_its_weights_is_its_owners(own: OwnWorld) -> None:
    config = load_checkpoint(own.save("bst")).config
    assert fixed_sign(config) == "what the model does with them is its owner's"
