"""A DIEN of DeepCTR-Torch: attention of a unit on interest states, and two GRUs, step by step."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from din_core.domain import Behavior, History, Item, User
from din_core.explain import evolution_path
from din_core.model.checkpoint import load_checkpoint
from din_core.scoring import Scorer, rescorer_for
from tests.trainer.foreign_checkpoints.library_formulas import apply_linear, evolved, gru_step, lookup, pairs_input
from tests.trainer.foreign_checkpoints.made_evolution import ATTENDED, KINDS, SECOND, UNIT, made, words_for
from tests.trainer.foreign_checkpoints.made_states import ITEM_WIDTH, random_state, write_files
from trainer.__main__ import main


def expected(state, kind, user, past, item):
    """The attention (T,), the states (T + 1, D) and the logit."""

    def embed(own):
        values = {"item_id": own.item_id, **own.fields}
        return torch.cat([lookup(state, "embedding_dict", name, values.get(name)) for name in ATTENDED])

    q, h, interests, attention = embed(item), torch.zeros(ITEM_WIDTH).double(), [], torch.zeros(0)
    for own in past:
        h = gru_step(state, "interest_extractor.gru", embed(own), h, "_l0")
        interests.append(h)
    if past:
        hidden = apply_linear(state, f"{UNIT}.dnn.linears.0", pairs_input(q, torch.stack(interests))).relu()
        attention = apply_linear(state, f"{UNIT}.dense", hidden)[:, 0].softmax(0)
    states = evolved(state, kind, SECOND, interests, attention)
    whose = [lookup(state, "embedding_dict", name, value) for name, value in (("user_id", user), ("place", "top"))]
    hidden = apply_linear(state, "dnn.linears.0", torch.cat([states[-1], whose[0], q, whose[1]])).relu()
    return attention, states, apply_linear(state, "linear", hidden)[0] + state["out.bias"].double()[0]


ITEMS = [Item("i1", fields={"category": "x"}), Item("i2", fields={"category": "y"}), Item("i3")]


def history(past, user="u1"):
    return History(User(user), 100, tuple(Behavior(ITEMS[at], n) for n, at in enumerate(past)))


@pytest.mark.parametrize("kind", KINDS)
def test_scores_attention_and_states_are_those_that_the_library_computes(tmp_path, kind):
    assert main(words_for(tmp_path, kind)) == 0
    scorer, state = Scorer(load_checkpoint(tmp_path / "din")), made(kind)[0]
    for past in ([], [0], [2, 1], [0, 1, 2, 0], [1, 1, 0, 2, 0, 1]):
        for item in ITEMS:
            found = scorer.score(history(past), [item], {"place": "top"})
            attention, states, logit = expected(state, kind, "u1", [ITEMS[at] for at in past[-4:]], item)
            assert found.logit[0] == pytest.approx(float(logit), abs=1e-5)
            np.testing.assert_allclose(found.weight[0], attention, atol=1e-6)
            path = evolution_path(scorer, history(past), item, {"place": "top"})
            ours = states[:, [2, 3, 4, 0, 1]]  # the item's three numbers first
            np.testing.assert_allclose(path.states, ours, atol=1e-5)


def test_each_behavior_less_scores_as_the_library_scores_the_rest(tmp_path):
    assert main(words_for(tmp_path, "augru")) == 0
    scorer, past = Scorer(load_checkpoint(tmp_path / "din")), [0, 1, 2]
    rescorer = rescorer_for(scorer, history(past), ITEMS[2], {"place": "top"})
    found = rescorer.logits(1 - np.eye(3))
    left = [[ITEMS[at] for n, at in enumerate(past) if n != gone] for gone in range(3)]
    wanted = [float(expected(made("augru")[0], "augru", "u1", own, ITEMS[2])[2]) for own in left]
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_without_a_feature_that_is_the_item_its_numbers_stay_0_in_both_grus(tmp_path):
    assert main(words_for(tmp_path, "agru", "--field", "item_id=item.parent")) == 0
    scorer = Scorer(load_checkpoint(tmp_path / "din"))
    items = [Item(f"other {n}", fields={"parent": own.item_id, **own.fields}) for n, own in enumerate(ITEMS)]
    past = History(User("u1"), 100, tuple(Behavior(items[at], n) for n, at in enumerate((0, 2))))
    found = scorer.score(past, [items[1]], {"place": "top"})
    _, _, logit = expected(made("agru")[0], "agru", "u1", [ITEMS[0], ITEMS[2]], ITEMS[1])
    assert found.logit[0] == pytest.approx(float(logit), abs=1e-5)


def test_card_and_title_say_that_it_is_a_dien_of_the_library(tmp_path):
    assert main(words_for(tmp_path, "agru")) == 0
    checkpoint = load_checkpoint(tmp_path / "din")
    assert checkpoint.config.title == "DIEN · DeepCTR-Torch · ReLU · AGRU"
    assert checkpoint.metrics["model"] == "dien"
    expected_words = ("A DIEN trained with DeepCTR-Torch", "[q, h, q−h, q∘h]", "AGRU", "normalised by a softmax")
    assert [words for words in expected_words if words not in checkpoint.card] == []


@pytest.mark.parametrize(
    ("kind", "change", "told"),
    [
        ("augru", lambda words: words.remove("--softmax"), "read with normalised attention alone"),
        ("augru", lambda words: words.__setitem__(-1, "aigru"), "are those of agru or augru"),
        ("aigru", lambda words: words.__setitem__(-1, "augru"), "are those of aigru"),
        ("aigru", lambda words: words.__delitem__(slice(-2, None)), "--evolution is not given"),
    ],
)
def test_what_leaves_no_trace_must_be_said_and_fit(tmp_path, capsys, kind, change, told):
    words = words_for(tmp_path, kind)
    change(words)
    assert main(words) == 1
    assert told in capsys.readouterr().err
    assert not (tmp_path / "din").exists()


def test_an_evolution_is_refused_of_a_din_and_that_of_fuxictr_is_not_read(tmp_path, capsys):
    assert main([*write_files(tmp_path, "deepctr-torch"), "--evolution", "augru"]) == 1
    assert "the weights are of a DIN" in capsys.readouterr().err
    state = random_state({"evolving_modules.0.gru_cell.x2h.weight": (3, 1)})
    assert main(write_files(tmp_path, "fuxictr", state)) == 1
    assert "FuxiCTR's DIEN, which is not read" in capsys.readouterr().err
