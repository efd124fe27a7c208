"""Weights and effects of a batch are those that `din_core.explain` has of each of its scenarios."""

from __future__ import annotations

import numpy as np
import pytest

from din_core.explain import leave_one_out
from din_core.scoring import rescorer_for
from tests.model.conftest import FAMILY
from tests.scoring.family import history, item, member
from trainer.training.orientation.pair_effects import pair_effects
from trainer.training.orientation.sign import fixed_sign

FREE = [name for name in FAMILY if fixed_sign(member(name).config) is None]
HISTORIES = (history(1, 2, 2, 3, 5), history(), history(4, 4))
CANDIDATES = ([item(2), item(5)], [item(1)], [item(4), item(6), item(1)])
CONTEXT = {"place": "top"}


@pytest.mark.parametrize("name", FREE)
def test_effects_of_a_batch_are_those_of_each_scenario_alone(name: str) -> None:
    scorer = member(name)
    asked = [scorer.prepare(h, c, CONTEXT) for h, c in zip(HISTORIES, CANDIDATES, strict=True)]
    found = pair_effects(scorer.checkpoint.model, scorer.batch([[one] for one in asked]))
    start = 0
    for past, candidates in zip(HISTORIES, CANDIDATES, strict=True):
        scores = scorer.score(past, candidates, CONTEXT)
        t, c = len(scores.behaviors), len(candidates)
        own = slice(start, start + t * c)
        start = own.stop
        effects = found.effect[own].reshape(t, c).numpy()
        weights = found.weight[own].reshape(t, c, found.weight.shape[1]).numpy()
        count = np.array([b.count for b in scores.behaviors])
        for place, candidate in enumerate(candidates):
            want = leave_one_out(rescorer_for(scorer, past, candidate, CONTEXT)).values
            np.testing.assert_allclose(effects[:, place], want, atol=2e-6)
            each = [scores.weight] if scores.field_weight is None else list(scores.field_weight.values())
            for unit, weight in enumerate(each):
                np.testing.assert_allclose(weights[:, place, unit], weight[place] * count, rtol=1e-5, atol=1e-6)
    assert start == len(found.effect)
