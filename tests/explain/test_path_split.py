"""The path split: its parts make up the score, and a planted path carries all."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from din_core.explain import path_split
from din_core.scoring import rescorer_for
from tests.explain.brute import CONTEXT, rescored
from tests.explain.scenes import FAMILY, history, item, planted, scorer


@pytest.mark.parametrize("name", FAMILY)
def test_parts_add_up_to_the_score_and_start_from_the_empty_history(name):
    past = history("dabace")
    found = path_split(rescorer_for(scorer(name), past, item("c"), CONTEXT))
    assert found.values.sum() == pytest.approx(rescored(name, past, set(range(6))), abs=1e-5)
    assert found.values[0] == pytest.approx(rescored(name, past, set()), abs=1e-5)
    assert abs(found.gap) < 1e-5
    summed = () if "monotone" in name else ("interest vector", "product")
    paths = (*summed, "intensity", *(["counts"] if "counts" in name else []))
    if name.startswith("library"):
        paths = summed if name.endswith("product") else summed[:1]
    assert found.players == ("profile, context and candidate alone", *paths)


@pytest.mark.parametrize("name", ["din", "counts", "augru"])
def test_each_path_has_its_mean_over_all_orders_of_opening(name):
    rescorer = rescorer_for(scorer(name), history("dabace"), item("c"), CONTEXT)
    want = dict.fromkeys(rescorer.paths, 0.0)
    orders = list(permutations(rescorer.paths))
    for order in orders:
        logits = rescorer.logits_with_inputs([dict.fromkeys(order[:n], True) for n in range(len(order) + 1)])
        for path, gained in zip(order, np.diff(logits), strict=True):
            want[path] += gained / len(orders)
    np.testing.assert_allclose(path_split(rescorer).values[1:], list(want.values()), atol=1e-6)


def test_a_tower_that_reads_the_interest_vector_alone_shows_it():
    found = path_split(rescorer_for(planted(), history("abca"), item("a"), {}))
    np.testing.assert_allclose(found.values, [0, np.arcsinh(8), 0, 0], atol=1e-5)
