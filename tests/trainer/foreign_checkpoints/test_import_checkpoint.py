"""`import-checkpoint`: scores and weights are the library's own, what differs is named, and the rest is refused."""

from __future__ import annotations

import numpy as np
import pytest

from din_core.domain import Behavior, History, Item, User
from din_core.model.checkpoint import load_checkpoint
from din_core.scoring import Scorer
from tests.trainer.foreign_checkpoints.library_formulas import OUTPUTS
from tests.trainer.foreign_checkpoints.made_states import MADE, write_files
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


@pytest.mark.parametrize("softmax", [False, True], ids=["plain", "softmax"])
@pytest.mark.parametrize("library", MADE)
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
