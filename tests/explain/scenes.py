"""Toy scorers of the whole family and small histories, for tests that explain."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from din_core.domain import Behavior, History, Item, User
from din_core.model.checkpoint import load_checkpoint, save_checkpoint
from din_core.model.tower import INPUT_EPSILON
from din_core.scoring import Scorer
from tests.model.conftest import FAMILY as MODELS
from tests.model.conftest import TYPES, VOCABULARY, toy_network, toy_vocabulary

DAY = 86_400
AS_OF = 100 * DAY
FAMILY = [*MODELS, "augru, counts", "dot, softmax"]
"""Names of `scorer`."""
MORE = {
    "augru, counts": {"architecture": "dien", "counts": True},
    "augru, history sum": {"architecture": "dien", "history_sum": True},
    "dot, softmax": {"attention": "dot", "normalisation": "softmax"},
}


@cache
def scorer(name: str, **changes: object) -> Scorer:
    """A toy network of that kind with fixed random weights; nobody may change it."""
    with TemporaryDirectory() as folder:
        options = {**MODELS.get(name, MORE.get(name, {})), **changes}
        network = toy_network(**options).float()
        save_checkpoint(Path(folder) / "toy", network, toy_vocabulary(network.config), {}, "")
        return Scorer(load_checkpoint(Path(folder) / "toy"))


def item(name: str) -> Item:
    """Items "a" to "e"; a and d are of category x, b and e of y, c of none."""
    return Item(name, name.upper(), {"category": {"a": "x", "d": "x", "b": "y", "e": "y"}.get(name)})


def history(items: str) -> History:
    """One behavior a day, the last a day before the impression; of types in turn, at times of none."""
    kinds, days = (*TYPES, None), range(len(items), 0, -1)
    behaviors = tuple(Behavior(item(i), AS_OF - day * DAY, kinds[day % 4]) for i, day in zip(items, days, strict=True))
    return History(User("u", {"age": ("old",)}), AS_OF, behaviors)


@cache
def planted(**first: float) -> Scorer:
    """Sum pooling under the tower logit = asinh(4·v_0), where `first` are the items' first coordinates; all others are
    0, and where none is given, that of "a" is 1.

    Dice with α = 1 is the identity, so the tower is linear.
    """
    network = toy_network("base", base_pooling="sum")
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        tower, column = network.tower, network.input_spans()["interest vector"].start
        tower.moments.mean.zero_()
        tower.moments.variance.fill_(1 - INPUT_EPSILON)
        tower.first_dice.alpha.fill_(1)
        tower.second_dice.alpha.fill_(1)
        tower.first.weight[0, column] = tower.second.weight[0, 0] = tower.last.weight[0, 0] = 1
        for name, value in (first or {"a": 1}).items():
            network.item.tables[0].weight["abcde".index(name) + 1, 0] = value
    with TemporaryDirectory() as folder:
        save_checkpoint(Path(folder) / "toy", network.float(), VOCABULARY, {}, "")
        return Scorer(load_checkpoint(Path(folder) / "toy"))
