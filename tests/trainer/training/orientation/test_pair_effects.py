"""Weights and effects of a batch are those that `din_core.explain` has of each of its scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from din_core.domain import Behavior, History, Item
from din_core.explain import leave_one_out
from din_core.model.checkpoint import Checkpoint
from din_core.scoring import Scorer, rescorer_for
from tests.model.conftest import FAMILY, toy_vocabulary
from tests.model.several import several_network
from tests.scoring.family import history, item, member
from trainer.training.orientation.pair_effects import pair_effects
from trainer.training.orientation.sign import fixed_sign

FREE = [name for name in FAMILY if fixed_sign(member(name).config) is None]
HISTORIES = (history(1, 2, 2, 3, 5), history(), history(4, 4))
CANDIDATES = ((item(2), item(5)), (item(1),), (item(4), item(6), item(1)))
CONTEXT = {"place": "top"}
SEVERAL = {"a": ("x", "y"), "b": ("y",), "c": (), "d": ("x",)}
"""Item -> its categories."""


@pytest.mark.parametrize("name", FREE)
def test_effects_of_a_batch_are_those_of_each_scenario_alone(name: str) -> None:
    check(member(name), HISTORIES, CANDIDATES)


@pytest.mark.parametrize("name", ["din", "counts", "unit per field, match flags"])
def test_effects_are_right_where_items_have_several_values_of_a_field(name: str) -> None:
    network = several_network(**FAMILY[name]).float()
    known = replace(toy_vocabulary(network.config), several=frozenset({"category"}))
    items = {key: Item(key, fields={"category": own}) for key, own in SEVERAL.items()}
    past = History(HISTORIES[0].user, 10**6, tuple(Behavior(items[key], at) for at, key in enumerate("abacd")))
    scorer = Scorer(Checkpoint(Path(name), name, network.config, known, network, {}, ""))
    check(scorer, (past, replace(past, behaviors=past.behaviors[:1])), (tuple(items.values()), (items["a"],)))


def check(scorer: Scorer, histories: Sequence[History], candidates: Sequence[Sequence[Item]]) -> None:
    """All pairs of the batch of these histories, each with its candidates, beside each scenario on its own."""
    asked = [scorer.prepare(past, shown, CONTEXT) for past, shown in zip(histories, candidates, strict=True)]
    found = pair_effects(scorer.checkpoint.model, scorer.batch([[one] for one in asked]))
    start = 0
    for past, shown in zip(histories, candidates, strict=True):
        scores = scorer.score(past, shown, CONTEXT)
        t, c = len(scores.behaviors), len(shown)
        own = slice(start, start + t * c)
        start = own.stop
        effects = found.effect[own].reshape(t, c).numpy()
        weights = found.weight[own].reshape(t, c, found.weight.shape[1]).numpy()
        count = np.array([b.count for b in scores.behaviors])
        each = [scores.weight] if scores.field_weight is None else list(scores.field_weight.values())
        for place, candidate in enumerate(shown):
            want = leave_one_out(rescorer_for(scorer, past, candidate, CONTEXT)).values
            np.testing.assert_allclose(effects[:, place], want, atol=2e-6)
            for unit, weight in enumerate(each):
                np.testing.assert_allclose(weights[:, place, unit], weight[place] * count, rtol=1e-5, atol=1e-6)
    assert start == len(found.effect) > 0
