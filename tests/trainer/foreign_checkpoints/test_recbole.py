"""What RecBole's models alone have: fields of several values, a file that holds more than weights, and their DIEN."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from din_core.domain import Behavior, History, Item, User
from din_core.model.checkpoint import load_checkpoint
from din_core.scoring import Scorer
from tests.trainer.foreign_checkpoints.library_formulas import (
    OUTPUTS,
    apply_linear,
    apply_norm,
    evolved,
    gru_step,
    pairs_input,
    row_of,
)
from tests.trainer.foreign_checkpoints.made_states import MADE, VOCABULARY, linear, norm, random_state, write_files
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


def test_where_no_field_is_the_item_weights_are_divided_by_what_the_library_embeds(tmp_path):
    words = write_files(tmp_path, "recbole")
    assert main([*words, "--field", "item_id=item.parent"]) == 0
    scorer, state = Scorer(load_checkpoint(tmp_path / "din")), MADE["recbole"]()[0]
    items = [Item(f"other {at}", fields={"parent": f"i{at}", "category": "x"}) for at in (1, 2, 3)]
    history = History(User("u"), 100, tuple(Behavior(own, n) for n, own in enumerate(items)))
    found = scorer.score(history, [items[1]], {})
    past = [{"item_id": own.fields["parent"], "category": "x"} for own in items]
    weight, logit = OUTPUTS["recbole"](state, {}, past, past[1], 4, False)
    np.testing.assert_allclose(found.weight[0], weight, atol=1e-6)
    assert found.logit[0] == pytest.approx(float(logit), abs=1e-5)


UNIT, SECOND, EXTRACTOR = "interest_evolution.attention_layer", "interest_evolution.dynamic_rnn", "interset_extractor"
WIDTH = 4
"""Of an item: its id and its category, 2 each."""


def evolution():
    """A DIEN with AUGRU, whose tower reads a user's id and age."""
    tables, cells = "embedding_layer.token_embedding_table", {"weight_ih": (12, 4), "weight_hh": (12, 4)}
    cells |= {"bias_ih": (12,), "bias_hh": (12,)}
    state = random_state(
        {
            f"{tables}.item.embedding.weight": (9, 2),
            f"{tables}.user.embedding.weight": (7, 2),
            **{f"{EXTRACTOR}.gru.{name}_l0": shape for name, shape in cells.items()},
            **linear(f"{EXTRACTOR}.auxiliary_net.mlp_layers.1", 1, 8),  # of training alone
            **linear(f"{UNIT}.att_mlp_layers.mlp_layers.1", 3, 16),
            **linear(f"{UNIT}.dense", 1, 3),
            **{f"{SECOND}.rnn.{name}": shape for name, shape in cells.items()},
            **linear("dnn_mlp_layers.mlp_layers.1", 5, 12),
            **norm("dnn_mlp_layers.mlp_layers.2", 5),
            **linear("dnn_predict_layer", 1, 5),
        }
    )
    rows = {"item_id": 5, "category": 4, "user_id": 4, "age": 3}
    described = {name: {"name": name, "type": "token", "rows": own} for name, own in rows.items()}
    items, users = ([described[name] for name in names] for names in (("item_id", "category"), ("user_id", "age")))
    return state, {"items": items, "users": users}


def imported_evolution(folder, *more):
    """The command's status."""
    words = [*write_files(folder, "recbole", *evolution()), *more]
    ages = {"age": {"[PAD]": 0, "old": 1, "young": 2}}
    (folder / "vocabulary.json").write_text(json.dumps(VOCABULARY | ages), "utf-8")
    return main(words)


def evolution_output(state, user, past, item):
    """The attention and the logit, step by step."""

    def embed(table, rows):
        return torch.cat(
            [state[f"embedding_layer.token_embedding_table.{table}.embedding.weight"][row] for row in rows]
        )

    def embed_item(own):
        rows = row_of("item_id", own.item_id), 5 + row_of("category", own.fields.get("category"))
        return embed("item", rows).double()

    q, h, interests, attention = embed_item(item), torch.zeros(WIDTH).double(), [], torch.zeros(0)
    for own in past:
        h = gru_step(state, f"{EXTRACTOR}.gru", embed_item(own), h, "_l0")
        interests.append(h)
    if past:
        hidden = apply_linear(state, f"{UNIT}.att_mlp_layers.mlp_layers.1", pairs_input(q, torch.stack(interests)))
        attention = (apply_linear(state, f"{UNIT}.dense", hidden.sigmoid())[:, 0] / 2).softmax(0)  # √4
    v = evolved(state, "augru", SECOND, interests, attention)[-1]
    age = {"old": 1, "young": 2}.get((user.fields["age"] or ("",))[0], 0)
    whose = embed("user", (row_of("user_id", user.user_id), 4 + age)).double()
    x = apply_linear(state, "dnn_mlp_layers.mlp_layers.1", torch.cat([v, q, whose]))
    x = apply_norm(state, "dnn_mlp_layers.mlp_layers.2", x)
    return attention, apply_linear(state, "dnn_predict_layer", x * x.sigmoid())[0]


@pytest.mark.parametrize("age", [("old",), ()], ids=["old", "of no known age"])
def test_its_dien_scores_and_attends_as_there_and_reads_users(tmp_path, age):
    assert imported_evolution(tmp_path, "--evolution", "augru") == 0
    scorer, user = Scorer(load_checkpoint(tmp_path / "din")), User("u2", fields={"age": age})
    items = [Item("i1", fields={"category": "x"}), Item("i2", fields={"category": "y"}), Item("i3")]
    for past in ([], [0], [2, 1, 0, 1]):
        history = History(user, 100, tuple(Behavior(items[at], n) for n, at in enumerate(past)))
        for item in items:
            found = scorer.score(history, [item], {})
            attention, logit = evolution_output(evolution()[0], user, [items[at] for at in past], item)
            np.testing.assert_allclose(found.weight[0], attention, atol=1e-6)
            assert found.logit[0] == pytest.approx(float(logit), abs=1e-5)
    assert scorer.config.title == "DIEN · RecBole · sigmoid · weights over √D"


def test_of_its_dien_the_gate_and_users_fields_must_be_given(tmp_path, capsys):
    assert imported_evolution(tmp_path) == 1
    assert "--evolution is not given" in capsys.readouterr().err
    words = [*write_files(tmp_path, "recbole", evolution()[0]), "--evolution", "augru"]
    assert main(words) == 1
    assert "the features hold no list users" in capsys.readouterr().err


def test_a_checkpoint_of_its_trainer_is_refused_with_what_to_save(tmp_path, capsys):
    words = write_files(tmp_path, "recbole")
    state = torch.load(tmp_path / "din.pt", weights_only=True)
    torch.save({"config": Settings(), "epoch": 3, "state_dict": state, "optimizer": {}}, tmp_path / "din.pt")
    assert main(words) == 1
    assert "save its state dict alone" in capsys.readouterr().err
    assert not (tmp_path / "din").exists()


class Settings:
    """An object that RecBole's file holds, and unpickling would need the class of."""
