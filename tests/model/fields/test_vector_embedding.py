"""Pretrained vectors as an item field: worked out by hand, and exact on every path that scores."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from din_core.domain import Behavior, CheckpointError, History, Item, User
from din_core.explain import item_space
from din_core.kernels.accelerate import accelerate
from din_core.kernels.embeddings import AcceleratedEmbeddings
from din_core.kernels.evaluation import accelerate_evaluation
from din_core.model.checkpoint import load_checkpoint, save_checkpoint
from din_core.model.config import FieldConfig, ModelConfig
from din_core.model.fields.vector_embedding import VectorEmbedding
from din_core.model.network import FieldEmbeddings, InterestNetwork
from din_core.model.ragged import Multi
from din_core.model.vocabulary import FieldVocabulary, VectorItems, Vocabulary
from din_core.scoring import Catalogue, Scorer, rescorer_for
from tests.model.conftest import FAMILY, VOCABULARY, toy_batch, toy_config

USES = ("fixed", "fine-tuned")


def config_with_vectors(use: str = "fixed", **changes: object) -> ModelConfig:
    """The toy network's, with vectors of 3 numbers for five items, read as 2."""
    toy = toy_config(**changes)
    fields = (*toy.item_fields, FieldConfig("vector", 6, 2))
    return replace(toy, item_fields=fields, vectors=use, vector_length=3)


def network_with_vectors(use: str = "fixed", **changes: object) -> InterestNetwork:
    torch.manual_seed(1)
    network = InterestNetwork(config_with_vectors(use, **changes))
    assert network.item.vectors is not None
    network.item.vectors.fill(torch.randn(5, 3))
    return network.eval()


def batch_with_vectors(histories: list[list[int]], candidates: list[list[int]]) -> object:
    """The toy batch in single precision; an item's vector has its own row."""
    toy = toy_batch(histories, candidates)
    behavior, candidate = (torch.cat([rows, rows[:, :1]], 1) for rows in (toy.behavior, toy.candidate))
    return replace(toy, behavior=behavior, candidate=candidate, count=toy.count.float(), age=toy.age.float())


def test_vectors_are_centred_and_scaled() -> None:
    table = VectorEmbedding(3, 2, 2, trained=False)
    table.fill(torch.tensor([[3.0, 5.0], [3.0, 1.0]]))
    assert table.weight.tolist() == [[0, 0], [0, 1], [0, -1]]  # about the mean (3, 3), divided by 2


def test_a_vector_is_projected_beside_the_other_fields() -> None:
    embeddings = FieldEmbeddings((FieldConfig("item_id", 2, 1), FieldConfig("vector", 3, 2)), "fixed", 2)
    table = embeddings.vectors
    assert table is not None
    with torch.no_grad():
        embeddings.tables[0].weight.copy_(torch.tensor([[7.0], [8.0]]))
        table.weight.copy_(torch.tensor([[0.0, 0.0], [1.0, 2.0], [3.0, 4.0]]))
        table.projection.weight.copy_(torch.tensor([[1.0, 0.0], [1.0, 1.0]]))
        table.projection.bias.copy_(torch.tensor([0.5, -0.5]))
    # (item row, vector row): W·(3, 4) + b = (3, 7) + (0.5, -0.5); without a vector b alone.
    assert embeddings(torch.tensor([[1, 2], [0, 0]])).tolist() == [[8, 3.5, 6.5], [7, 0.5, -0.5]]


def test_vectors_of_one_item_or_of_none_are_finite() -> None:
    for vectors in (torch.ones(1, 3), torch.ones(5, 3)):
        table = VectorEmbedding(len(vectors) + 1, 3, 2, trained=False)
        table.fill(vectors)
        assert table.weight.isfinite().all()


@pytest.mark.parametrize(("use", "trained"), [("fixed", False), ("fine-tuned", True)])
def test_fixed_vectors_are_no_parameter(use: str, trained: bool) -> None:
    network = network_with_vectors(use)
    assert ("item.tables.2.weight" in dict(network.named_parameters())) is trained
    assert "item.tables.2.weight" in network.state_dict()


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("name", FAMILY)
def test_kernels_compute_what_the_plain_network_does(name: str, use: str) -> None:
    network, batch = network_with_vectors(use, **FAMILY[name]), batch_with_vectors([[1, 2], [3]], [[2, 4], [5, 0, 1]])
    with torch.inference_mode():
        scoring = accelerate_evaluation(network)(replace(batch)).logit
        assert torch.allclose(scoring, network(replace(batch)).logit, atol=1e-6)
    training = accelerate(network).train()
    assert torch.allclose(training(batch).logit, network.train()(batch).logit, atol=1e-5)


@pytest.mark.parametrize("use", USES)
def test_kernels_give_the_gradients_of_the_plain_network(use: str) -> None:
    network, batch = network_with_vectors(use).train(), batch_with_vectors([[1, 2], [3]], [[2, 4], [5, 0, 1]])
    gradients = []
    for computing in (network, accelerate(network).train()):
        network.zero_grad()
        computing(batch).logit.sum().backward()
        gradients.append({name: p.grad.clone() for name, p in network.named_parameters() if p.grad is not None})
    plain, accelerated = gradients
    assert plain.keys() == accelerated.keys() >= {"item.tables.2.projection.weight"}
    for name, gradient in plain.items():
        assert torch.allclose(accelerated[name], gradient, atol=1e-5), name


ITEMS = [Item(letter, letter.upper(), {"category": "xy"[n % 2]}) for n, letter in enumerate("abcdefg")]
"""f is too rare for a row of its own, but has a vector; g has neither."""


@pytest.fixture(params=["din", "unit per field", "dot", "augru", "average, counts"])
def scorer(request: pytest.FixtureRequest, tmp_path: Path) -> Scorer:
    item = {**VOCABULARY.item, "vector": VectorItems(("a", "b", "c", "d", "f"))}
    vocabulary = Vocabulary(item, VOCABULARY.user, VOCABULARY.context)
    save_checkpoint(tmp_path / "m", network_with_vectors(**FAMILY[request.param]), vocabulary, {}, "")
    return Scorer(load_checkpoint(tmp_path / "m"))


def history() -> History:
    return History(User("u"), 1000, tuple(Behavior(ITEMS[n], 100 + n) for n in (0, 1, 1, 5, 6)))


def test_rare_items_are_told_apart_by_their_vectors(scorer: Scorer) -> None:
    alike = [replace(item, fields={"category": "x"}) for item in ITEMS[5:]]
    f, g = scorer.score(history(), alike, {}).logit
    assert abs(f - g) > 1e-6


def test_the_item_space_holds_what_the_network_reads(scorer: Scorer) -> None:
    space = item_space(scorer, ITEMS)
    # f and g have no row of their own, a to d and f have vectors
    columns = [1, 2, 3, 4, 5, 0, 0], [1, 2, 1, 2, 1, 2, 1], [1, 2, 3, 4, 0, 5, 0]
    wanted = scorer.checkpoint.model.item(torch.tensor(columns).T).detach().numpy()
    np.testing.assert_allclose(space.vectors[space.place], wanted, atol=1e-6)
    alone = item_space(scorer, ITEMS, "item_id")
    np.testing.assert_allclose(alone.vectors[alone.place], wanted[:, :3], atol=1e-6)


def test_vectors_stand_beside_the_mean_of_several_values() -> None:
    fields = (FieldConfig("item_id", 2, 1), FieldConfig("genre", 3, 2, True), FieldConfig("vector", 3, 2))
    embeddings = FieldEmbeddings(fields, "fixed", 2)
    assert embeddings.vectors is not None
    embeddings.vectors.fill(torch.tensor([[1.0, 2.0], [3.0, -4.0]]))
    sets = (None, Multi(torch.tensor([0, 1, 2]), torch.tensor([0, 1])), None)  # set 1 holds rows 1 and 2
    rows = torch.tensor([[1, 1, 2], [0, 0, 1]])
    ids, genres = (table.weight for table in embeddings.tables[:2])
    means = torch.stack([(genres[1] + genres[2]) / 2, genres[0]])
    wanted = torch.cat([ids[[1, 0]], means, embeddings.vectors(torch.tensor([2, 1]))], 1)
    for module in (embeddings, AcceleratedEmbeddings(embeddings)):
        assert torch.allclose(module(rows, sets), wanted, atol=1e-6)


def test_the_catalogue_and_changed_histories_are_scored_alike(scorer: Scorer) -> None:
    scores = scorer.score(history(), ITEMS, {})
    catalogue = Catalogue(scorer, ITEMS).scoring(history(), {}).finish()
    assert np.allclose(catalogue, scores.logit, atol=1e-5)
    rescorer = rescorer_for(scorer, history(), ITEMS[5], {})
    assert rescorer.full == pytest.approx(float(scores.logit[5]), abs=1e-5)
    kept = rescorer.count.copy()
    kept[-1] = 0
    shorter = History(User("u"), 1000, history().behaviors[:-1])
    assert float(rescorer.logits(kept)[0]) == pytest.approx(
        float(scorer.score(shorter, [ITEMS[5]], {}).logit[0]), abs=1e-5
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vectors": "fixed", "vector_length": 3}, "the last item field is 'category' and vector_length 3"),
        ({"vectors": "trained"}, "vectors is 'trained', but must be one of 'none', 'fixed', 'fine-tuned'"),
        ({"vector_length": -1}, "vector_length is -1, but must be 0 or a whole number above it"),
    ],
)
def test_a_config_says_what_its_vectors_lack(changes: dict[str, object], message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        toy_config(**changes)


def test_a_vocabulary_that_takes_vectors_for_categories_is_refused(tmp_path: Path) -> None:
    item = {**VOCABULARY.item, "vector": FieldVocabulary(("a", "b", "c", "d", "f"))}
    vocabulary = Vocabulary(item, VOCABULARY.user, VOCABULARY.context)
    save_checkpoint(tmp_path / "m", network_with_vectors(), vocabulary, {}, "")
    with pytest.raises(CheckpointError, match="do not agree whether the field vector is a pretrained vector"):
        load_checkpoint(tmp_path / "m")
