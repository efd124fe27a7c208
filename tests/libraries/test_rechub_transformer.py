"""torch-rechub's own BST, trained with it, against the module of one's own that reads its weights."""

from __future__ import annotations

import pytest
import torch

from din_core.model.checkpoint import load_checkpoint
from din_core.model.external.writing import save_module
from din_core.scoring import Scorer
from tests.external.fake_package import install
from tests.external.rechub_transformer import RechubTransformer
from tests.libraries.real_impressions import COMPARED, ITEM_FEATURES, LENGTH, assert_exact, train
from tests.libraries.rechub_network import (
    ROOMS,
    as_label_encoder,
    features_of,
    transformer_answers,
    transformer_of,
    without_padding_before,
)

MODELS = {
    "one layer, padding before": (1, "pre", None),
    "two layers, padding behind": (2, "post", None),
    "one head's weights": (1, "pre", 1),
}
HEADS, DIMS = 2, [16, 8]


@pytest.mark.parametrize("name", MODELS)
def test_scores_and_attention_of_the_candidate_are_those_of_torch_rechub(impressions, tmp_path, monkeypatch, name):
    layers, padding, head = MODELS[name]
    read = as_label_encoder(impressions, padding)
    torch.manual_seed(0)
    library = transformer_of(features_of(read), LENGTH, DIMS, HEADS, layers)
    train(library, lambda batch: transformer_answers(library, batch)[0], read)

    install(tmp_path / "site", monkeypatch)
    values = {name: list(ids)[1:] for name, ids in read.vocabulary.items()}
    user, context = ([own for own in read.others if ROOMS.get(own, "user") == room] for room in ("user", "context"))
    arguments = {"others": read.others, "width": 5, "other_width": 5, "dims": DIMS}
    arguments |= {"heads": HEADS, "layers": layers, "padding": padding, "head": head}
    groups = {"item": ITEM_FEATURES, "user": user, "context": context}
    save_module(
        tmp_path / "bst", library, "rechub-bst", max_history=LENGTH, arguments=arguments,
        **{group: {name: values[name] for name in names} for group, names in groups.items()},
    )  # fmt: skip
    scorer = Scorer(load_checkpoint(tmp_path / "bst"))
    assert isinstance(scorer.checkpoint.model.module, RechubTransformer)

    asked = read.part(torch.randperm(len(read.label))[:COMPARED])
    with torch.no_grad():
        chance, weights = transformer_answers(library, asked)
    weight = weights.mean(1) if head is None else weights[:, head]
    if padding == "pre":
        weight = without_padding_before(weight, asked.length)
    assert chance.std() > 1e-3 and weights.std() > 1e-3
    assert_exact(scorer, asked, chance, [weight])
