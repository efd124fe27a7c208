"""`import-checkpoint`: scores and weights are the library's own, what differs is named, and the rest is refused."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
import torch

from din_core.domain import Behavior, History, Item, User
from din_core.model.checkpoint import load_checkpoint
from din_core.scoring import Scorer, rescorer_for
from tests.trainer.foreign_checkpoints.library_formulas import OUTPUTS
from tests.trainer.foreign_checkpoints.made_states import MADE, VOCABULARY, WITH_SOFTMAX, write_files
from trainer.__main__ import main

ITEMS = [("i1", "x"), ("i2", "y"), ("i3", None), ("never seen", "x"), ("i1", "never seen")]
USERS = ["u1", "u2", "never seen"]
LENGTH = 4


def item(at):
    item_id, category = ITEMS[at]
    return Item(item_id, fields={"category": category})


def values(at):
    """The same item as a library's features."""
    return {name: value for name, value in zip(("item_id", "category"), ITEMS[at], strict=True) if value}


def history(user, past):
    return History(User(user), 100, tuple(Behavior(item(at), n) for n, at in enumerate(past)))


def imported(folder, library, *more):
    assert main([*write_files(folder, library), *more]) == 0
    return Scorer(load_checkpoint(folder / "din"))


@pytest.mark.parametrize(("library", "softmax"), WITH_SOFTMAX)
def test_scores_and_weights_are_those_that_the_library_computes(tmp_path, library, softmax):
    scorer = imported(tmp_path, library, *["--softmax"] * softmax)
    state, rng = MADE[library]()[0], np.random.default_rng(0)
    if library == "fuxictr":  # its table of padding is 0
        for name in ("item_id", "category"):
            state[f"embedding_layer.embedding_layer.embedding_layers.{name}.weight"][0] = 0
    for _ in range(40):
        user, place = rng.choice(USERS), rng.choice(["top", "never seen"])
        past = rng.integers(0, 5, rng.integers(0, 8)).tolist()
        candidate = int(rng.integers(0, 5))
        found = scorer.score(history(user, past), [item(candidate)], {"place": place})
        seen = [values(at) for at in past[-LENGTH:]]
        read = {"user_id": user, "place": place}
        weight, logit = OUTPUTS[library](state, read, seen, values(candidate), LENGTH, softmax)
        assert found.logit[0] == pytest.approx(float(logit), abs=1e-4, rel=1e-5)
        own = weight[:, 0] if weight.ndim > 1 else weight
        np.testing.assert_allclose(found.weight[0], own, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("library", "softmax"), WITH_SOFTMAX)
def test_each_behavior_less_scores_as_the_library_scores_the_rest(tmp_path, library, softmax):
    scorer = imported(tmp_path, library, *["--softmax"] * softmax)
    past = history("u1", [0, 1, 3])
    rescorer = rescorer_for(scorer, past, item(2), {"place": "top"})
    found = rescorer.logits(np.concatenate([1 - np.eye(3), np.zeros((1, 3))]))
    left = [tuple(b for at, b in enumerate(past.behaviors) if at != gone) for gone in range(3)]
    wanted = [scorer.score(History(past.user, 100, own), [item(2)], {"place": "top"}).logit[0] for own in (*left, ())]
    np.testing.assert_allclose(found, wanted, atol=1e-5)


@pytest.mark.parametrize("library", MADE)
def test_the_card_names_the_library_and_what_it_computes_otherwise(tmp_path, library):
    checkpoint = imported(tmp_path, library, *["--softmax"] * (library != "recbole")).checkpoint
    card = checkpoint.card
    assert checkpoint.metrics["imported"]["library"] == library
    assert checkpoint.metrics["imported"]["features"]["item_id"] == "item.item_id"
    expected = {
        "fuxictr": ["FuxiCTR", "Dice.", "ReLU", "Weights are normalised by a softmax", "over padding too"],
        "deepctr-torch": ["DeepCTR-Torch", "Dice, affine", "empty history is the embedding of padding"],
        "torch-rechub": ["torch-rechub", "Dice, row statistics", "Nothing is masked", "unit of its own"],
        "recbole": [
            "RecBole",
            "sigmoid",
            "SiLU",
            "divided by √6",
            "product of the last two",
            "none of its layers reads",
        ],
    }[library]
    assert [words for words in (*expected, "neither standardised nor bent") if words not in card] == []


def test_a_user_feature_may_be_another_field_and_an_item_feature_another_item_field(tmp_path):
    words = write_files(tmp_path, "fuxictr")
    assert main([*words, "--field", "place=context.position", "--field", "category=item.genre"]) == 0
    config = load_checkpoint(tmp_path / "din").config
    assert [field.name for field in config.item_fields] == ["item_id", "genre"]
    assert [field.name for field in config.context_fields] == ["position"]


def test_without_a_feature_that_is_the_item_its_field_is_read_by_nothing(tmp_path):
    words = [*write_files(tmp_path, "fuxictr"), "--field", "item_id=item.parent"]
    assert main(words) == 0
    scorer = Scorer(load_checkpoint(tmp_path / "din"))
    assert [field.name for field in scorer.config.item_fields] == ["item_id", "parent", "category"]
    one, other = (Item(name, fields={"parent": "i1", "category": "x"}) for name in ("a", "b"))
    scores = scorer.score(history("u1", [0, 1]), [one, other], {"place": "top"})
    assert scores.logit[0] == pytest.approx(scores.logit[1], abs=1e-6)  # places in a batch round differently


def test_a_vocabulary_in_csv_is_the_same(tmp_path):
    words = write_files(tmp_path, "fuxictr")
    assert main(words) == 0
    before = load_checkpoint(tmp_path / "din").fingerprint
    rows = [f"{name},{value},{row}" for name, ids in VOCABULARY.items() for value, row in ids.items()]
    (tmp_path / "vocabulary.csv").write_text("\n".join(["field,value,id", *rows]), "utf-8")
    assert main([word.replace("vocabulary.json", "vocabulary.csv") for word in words]) == 0
    assert load_checkpoint(tmp_path / "din").fingerprint == before


def refused(words, capsys):
    """The one sentence on stderr."""
    assert main(words) == 1
    told = capsys.readouterr().err.strip().splitlines()
    assert len(told) == 1 and told[0].startswith("error: "), told
    return told[0]


class Anything:
    """An object that a pickle would need this class for."""


def test_a_file_that_holds_more_than_weights_is_never_unpickled(tmp_path, capsys):
    words = write_files(tmp_path, "fuxictr")
    torch.save(Anything(), tmp_path / "din.pt")
    assert "torch.save(model.state_dict(), FILE)" in refused(words, capsys)
    torch.save({"epoch": 3}, tmp_path / "din.pt")
    assert "holds epoch, which is no tensor" in refused(words, capsys)
    (tmp_path / "din.pt").write_bytes(b"nothing")
    assert "is damaged" in refused(words, capsys)
    assert not (tmp_path / "din").exists()


def test_a_pickled_vocabulary_is_refused(tmp_path, capsys):
    words = write_files(tmp_path, "fuxictr")
    (tmp_path / "processor.pkl").write_bytes(pickle.dumps({}))
    told = refused([word.replace("vocabulary.json", "processor.pkl") for word in words], capsys)
    assert "is a pickle" in told


def changed(library, change):
    """The description of a made model after `change`."""
    features = json.loads(json.dumps(MADE[library]()[1]))
    change(features)
    return features


FAULTS = {
    "a number": ("fuxictr", lambda f: f["features"][0]["user_id"].update(type="numeric"), "type numeric"),
    "several values of an item": (
        "fuxictr",
        lambda f: f["features"][3]["category"].update(type="sequence"),
        "is a sequence",
    ),
    "a feature less": ("fuxictr", lambda f: f["features"].pop(1), "the tower reads 14 inputs"),
    "no features": ("fuxictr", lambda f: f.pop("features"), "no list of features"),
    "another order": ("deepctr-torch", lambda f: f["columns"].append(f["columns"].pop(4)), "in one order"),
    "own tables": (
        "deepctr-torch",
        lambda f: f["columns"][4].update(embedding_name="hist_item_id"),
        "tables of their own",
    ),
    "a dense column": ("deepctr-torch", lambda f: f["columns"][3].update(kind="DenseFeat"), "is dense"),
    "own tables, rechub": ("torch-rechub", lambda f: f["history"][0].update(shared_with=None), "does not share"),
    "a field without rows": ("recbole", lambda f: f["items"].append({}), "no list items"),
    "a number, recbole": ("recbole", lambda f: f["items"][2].update(numerical=True), "type float, a number"),
    "pooled by a maximum": (
        "recbole",
        lambda f: (f["items"][1].update(type="token_seq"), f.update(pooling_mode="max")),
        "pooled by max",
    ),
    "a table of other rows": ("recbole", lambda f: f["items"][1].update(rows=9), "have 14"),
    "no length": ("recbole", lambda f: f.update(max_length="4"), "max_length of the features is '4'"),
    "no field": ("recbole", lambda f: f["items"].clear(), "no token field of items"),
    "no history": ("torch-rechub", lambda f: f["history"].clear(), "0 history"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_has_no_place_here_is_refused_in_one_sentence(tmp_path, capsys, name):
    library, change, told = FAULTS[name]
    words = write_files(tmp_path, library, features=changed(library, change))
    assert told in refused(words, capsys)
    assert not (tmp_path / "din").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--field", "place"), "is not FEATURE=ROOM.FIELD"),
        (("--field", "place=shop.place"), "is not FEATURE=ROOM.FIELD"),
        (("--field", "nothing=user.age"), "names the feature nothing"),
        (("--field", "place=user.user_id"), "are both mapped to user.user_id"),
        (("--field", "category=user.category"), "the library reads it of items"),
        (("--unit-activation", "relu"), "the weights hold one of dice"),
        (("--max-history", "0"), "must be 1 or more"),
        (("--softmax", "--unit-output", "sigmoid"), "leave one out"),
    ],
)
def test_options_that_do_not_fit_are_refused(tmp_path, capsys, words, told):
    assert told in refused([*write_files(tmp_path, "fuxictr"), *words], capsys)


@pytest.mark.parametrize(
    ("library", "words", "told"),
    [
        ("recbole", ("--softmax",), "RecBole's DIN has no softmax"),
        ("recbole", ("--unit-output", "sigmoid"), "RecBole's DIN has nothing behind its unit"),
        ("deepctr-torch", ("--unit-output", "tanh"), "--unit-output is tanh, but DeepCTR-Torch's DIN has nothing"),
        ("torch-rechub", ("--unit-output", "tanh"), "torch-rechub's DIN has nothing behind its unit"),
        ("recbole", ("--field", "user_id=user.user_id"), "names the feature user_id"),
    ],
)
def test_what_a_library_does_not_have_is_refused(tmp_path, capsys, library, words, told):
    assert told in refused([*write_files(tmp_path, library), *words], capsys)


def test_a_feature_of_nobody_must_be_mapped(tmp_path, capsys):
    words = write_files(tmp_path, "torch-rechub")[:-2]
    assert "--field place=user.place or --field place=context.place" in refused(words, capsys)


def test_an_id_beyond_the_table_is_refused(tmp_path, capsys):
    words = write_files(tmp_path, "fuxictr")
    (tmp_path / "vocabulary.json").write_text(json.dumps(VOCABULARY | {"place": {"top": 7}}), "utf-8")
    assert "the id 7, but its table has 3 rows" in refused(words, capsys)


def test_weights_of_another_model_are_refused(tmp_path, capsys):
    words = write_files(tmp_path, "fuxictr", state=MADE["torch-rechub"]()[0])
    assert "the weights hold no" in refused(words, capsys)
    state = MADE["fuxictr"]()[0]
    state["dnn.mlp.0.weight"][0, 0] = float("nan")
    assert "not finite" in refused(write_files(tmp_path, "fuxictr", state=state), capsys)
