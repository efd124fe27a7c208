"""The scorer against the network it wraps, and what an analyst's edits must not break."""

import shutil

import numpy as np
import pytest
import torch

from din_core.domain import Behavior, CheckpointError, History, Item, User
from din_core.explain import activation_weights
from din_core.model.checkpoint import save_checkpoint
from din_core.model.vocabulary import FieldVocabulary, Vocabulary
from din_core.scoring import load_scorers
from tests.model.conftest import toy_batch, toy_network

CATEGORIES = ("x", "y", "z")
VOCABULARY = Vocabulary(
    item={"item_id": FieldVocabulary(tuple("12345")), "category": FieldVocabulary(("y", "z"))},
    user={"age": FieldVocabulary(("old", "young"))},
    context={"place": FieldVocabulary(("top",))},
)
"""Item "n" has row n and category n % 3, as in the toy batches."""


def item(n):
    return Item(str(n), fields={"category": CATEGORIES[n % 3]})


def history(*items, ages=("old",)):
    user = User("u", {"age": ages})
    return History(user, 1000, tuple(Behavior(item(n), at) for at, n in enumerate(items)))


@pytest.fixture
def scorers(tmp_path):
    for name in ("base", "din"):
        save_checkpoint(tmp_path / name, toy_network(name).float(), VOCABULARY, {}, "")
    return load_scorers(tmp_path)


def test_scores_equal_the_networks_on_the_same_scenario(scorers):
    found = scorers["din"].score(history(1, 2, 1, 4), [item(3), item(5)], {"place": "top"})
    batch = toy_batch([[2, 1, 4]], [[3, 5]], counts=[[1, 2, 1]])  # by last occurrence
    output = toy_network()(batch)
    np.testing.assert_allclose(found.logit, output.logit.detach(), atol=1e-5)
    np.testing.assert_allclose(found.weight, output.weight.detach().view(3, 2).T, atol=1e-5)
    np.testing.assert_allclose(found.probability, torch.sigmoid(output.logit.detach()), atol=1e-5)
    assert [(b.item.item_id, b.count) for b in found.behaviors] == [("2", 1), ("1", 2), ("4", 1)]
    np.testing.assert_allclose(found.intensity, found.weight @ [1, 2, 1], rtol=1e-6)


def test_average_pooling_reports_one_over_the_history_length(scorers):
    found = scorers["base"].score(history(1, 2, 1, 4), [item(3)], {})
    np.testing.assert_allclose(found.weight, [[0.25] * 3])
    np.testing.assert_allclose(found.intensity, [1.0])
    assert found.pooling == "average"


def test_several_candidates_score_as_each_alone(scorers):
    past, candidates = history(1, 2, 4), [item(3), item(5), item(1)]
    together = scorers["din"].score(past, candidates, {})
    alone = [scorers["din"].score(past, [c], {}) for c in candidates]
    np.testing.assert_allclose(together.logit, np.concatenate([s.logit for s in alone]), atol=1e-6)
    np.testing.assert_allclose(together.weight, np.concatenate([s.weight for s in alone]), atol=1e-6)


@pytest.mark.parametrize("name", ["din", "base"])
def test_an_empty_history_scores_without_weights(scorers, name):
    found = scorers[name].score(history(), [item(3)], {})
    assert found.weight.shape == (1, 0)
    assert np.isfinite(found.probability).all()


def test_values_that_training_never_saw_score_as_unknown(scorers):
    stranger = Item("never seen", fields={"category": "nor this"})
    found = scorers["din"].score(history(1), [stranger, Item("0")], {"place": "nowhere", "extra": "ignored"})
    assert found.logit[0] == found.logit[1]


def test_a_user_without_profile_can_be_scored(scorers):
    found = scorers["din"].score(history(1, 2, ages=()), [item(3)], {})
    assert np.isfinite(found.logit).all()


def test_din_comes_first_whatever_the_folder_names(scorers, tmp_path):
    assert [s.name for s in scorers.values()] == ["DIN", "Average pooling"]
    assert len({s.fingerprint for s in scorers.values()}) == 2


def test_a_folder_without_checkpoints_says_so(tmp_path):
    with pytest.raises(CheckpointError, match="holds 0 checkpoints"):
        load_scorers(tmp_path / "empty")


def test_a_folder_that_cannot_be_used_does_not_stop_the_others(scorers, tmp_path):
    shutil.copytree(tmp_path / "din", tmp_path / "a-copy")
    (tmp_path / "a-copy" / "config.json").write_text("{")
    (tmp_path / "half").mkdir()
    shutil.copy(tmp_path / "din" / "model.safetensors", tmp_path / "half")
    unfit = {}
    found = load_scorers(tmp_path, unfit=unfit.__setitem__)
    assert list(found) == list(scorers)
    assert {name: str(error).partition(" (")[0] for name, error in unfit.items()} == {
        "a-copy": f"{tmp_path}/a-copy/config.json is not readable JSON",
        "half": f"{tmp_path}/half holds no config.json, so it is not a checkpoint; write one with `python -m trainer "
        "train`",
    }
    with pytest.raises(CheckpointError, match=r"a-copy/config\.json is not readable JSON"):
        load_scorers(tmp_path)


def test_where_no_checkpoint_can_be_used_every_fault_is_told(scorers, tmp_path):
    for name in scorers:
        (tmp_path / name / "README.md").write_bytes(b"\xff")
    with pytest.raises(CheckpointError) as raised:
        load_scorers(tmp_path, unfit=lambda *_: None)
    assert str(raised.value).startswith(f"none of the 2 checkpoints in {tmp_path} can be used: ")
    assert all(f"{name}/README.md is not written in UTF-8" in str(raised.value) for name in scorers)


def test_an_explanation_is_the_row_of_its_candidate(scorers):
    scores = scorers["din"].score(history(1, 2), [item(3), item(5)], {})
    explanation = activation_weights(scores, 1)
    assert explanation.method == "activation weight"
    np.testing.assert_array_equal(explanation.values, scores.weight[1])
    assert explanation.behaviors == scores.behaviors
