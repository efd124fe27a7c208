"""What RecBole's DIN alone has: fields of several values, and a checkpoint file that holds more than weights."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from din_core.domain import Behavior, History, Item, User
from din_core.model.checkpoint import load_checkpoint
from din_core.scoring import Scorer
from tests.trainer.foreign_checkpoints.made_states import VOCABULARY, linear, norm, random_state, write_files
from trainer.__main__ import main

TAGS = {"[PAD]": 0, "a": 1, "b": 2, "c": 3}


def with_tags():
    """Items of an id and several tags, whose field is described first, but read last."""
    state = random_state(
        {
            "embedding_layer.token_embedding_table.item.embedding.weight": (5, 2),
            "embedding_layer.token_seq_embedding_table.item.0.weight": (4, 2),
            **linear("attention.att_mlp_layers.mlp_layers.1", 3, 16),
            **linear("attention.dense", 1, 3),
            **linear("dnn_mlp_layers.mlp_layers.1", 1, 12),  # one channel, which is no last layer
            **norm("dnn_mlp_layers.mlp_layers.2", 1),
            **linear("dnn_predict_layers", 1, 1),
        }
    )
    items = [{"name": "tags", "type": "token_seq", "rows": 4}, {"name": "item_id", "type": "token", "rows": 5}]
    return state, {"items": items, "pooling_mode": "mean"}


def imported(folder):
    state, features = with_tags()
    words = write_files(folder, "recbole", state, features)
    at = words.index("--max-history")
    del words[at : at + 2]
    vocabulary = {"item_id": {**VOCABULARY["item_id"], "[PAD]": 0}, "tags": TAGS}
    (folder / "vocabulary.json").write_text(json.dumps(vocabulary), "utf-8")
    assert main(words) == 0
    return Scorer(load_checkpoint(folder / "din")), state


def expected(state, past, item):
    """The weights and the logit, step by step."""

    def embed(own):
        tags = state["embedding_layer.token_seq_embedding_table.item.0.weight"].double()
        rows = [tags[TAGS[tag]] for tag in own.fields.get("tags", ())]
        mean = sum(rows) / len(rows) if rows else torch.zeros(2).double()
        row = VOCABULARY["item_id"][own.item_id]
        return torch.cat([state["embedding_layer.token_embedding_table.item.embedding.weight"][row].double(), mean])

    def read(name, x):
        return x @ state[f"{name}.weight"].double().T + state[f"{name}.bias"].double()

    q, k = embed(item), torch.stack([embed(own) for own in past])
    pairs = torch.cat([q.expand_as(k), k, q - k, q * k], -1)
    weight = read("attention.dense", read("attention.att_mlp_layers.mlp_layers.1", pairs).sigmoid())[:, 0] / 2
    v = weight @ k
    x = read("dnn_mlp_layers.mlp_layers.1", torch.cat([v, q, v * q]))
    moved = {name: state[f"dnn_mlp_layers.mlp_layers.2.{name}"].double() for name in ("running_mean", "running_var")}
    x = (x - moved["running_mean"]) / (moved["running_var"] + 1e-5).sqrt()
    x = x * state["dnn_mlp_layers.mlp_layers.2.weight"].double() + state["dnn_mlp_layers.mlp_layers.2.bias"].double()
    return weight, read("dnn_predict_layers", x * x.sigmoid())[0]


def test_several_values_are_their_mean_and_none_is_nothing(tmp_path):
    scorer, state = imported(tmp_path)
    past = [Item("i1", fields={"tags": ("a", "c")}), Item("i2", fields={"tags": ("b",)}), Item("i3")]
    history = History(User("u"), 100, tuple(Behavior(own, n) for n, own in enumerate(past)))
    for candidate in (*past, Item("i1", fields={"tags": ("c", "b", "a")})):
        found = scorer.score(history, [candidate], {})
        weight, logit = expected(state, past, candidate)
        np.testing.assert_allclose(found.weight[0], weight, atol=1e-6)
        assert found.logit[0] == pytest.approx(float(logit), abs=1e-5)


def test_padding_is_no_value_of_a_field_and_without_a_length_histories_have_50_behaviors(tmp_path):
    scorer, _ = imported(tmp_path)
    assert scorer.config.max_history == 50
    assert "[PAD]" not in {*scorer.checkpoint.vocabulary.item["tags"].values}
    assert "[PAD]" not in {*scorer.checkpoint.vocabulary.item["item_id"].values}


def test_a_checkpoint_of_its_trainer_is_refused_with_what_to_save(tmp_path, capsys):
    words = write_files(tmp_path, "recbole")
    state = torch.load(tmp_path / "din.pt", weights_only=True)
    torch.save({"config": Settings(), "epoch": 3, "state_dict": state, "optimizer": {}}, tmp_path / "din.pt")
    assert main(words) == 1
    assert "save its state dict alone" in capsys.readouterr().err
    assert not (tmp_path / "din").exists()


class Settings:
    """An object that RecBole's file holds, and unpickling would need the class of."""
