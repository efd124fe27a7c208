"""Items with several values through every way of scoring: each says what the plain network says."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
import torch

from din_core.domain import Behavior, History, Item, User
from din_core.explain.item_space import item_space
from din_core.model.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from din_core.model.vocabulary import FieldVocabulary
from din_core.scoring import Scorer, rescorer_for
from din_core.scoring.devices.cpu import CpuDevice
from din_core.scoring.devices.gpu import GpuDevice, GpuOptions
from din_core.scoring.whole_catalogue.catalogue import Catalogue
from tests.model.conftest import SEVERAL as FAMILY
from tests.model.conftest import VOCABULARY, toy_network, toy_vocabulary
from tests.model.several import several_network

KNOWN = replace(VOCABULARY, several=frozenset({"category"}))
CATEGORIES = [("x",), ("y",), ("x", "y"), (), ("y", "never seen", "x"), ("never seen",), None]
ITEMS = [
    Item(name * (1 + (at + n) % 7), fields={"category": own})  # each item has one id; of each letter one is known
    for at, name in enumerate("abcdez")
    for n, own in enumerate(CATEGORIES)
]
DEVICES = {
    "plain": CpuDevice(accelerated=False),
    "kernels": CpuDevice(),
    "gpu": GpuDevice(torch.device("cpu"), GpuOptions(compiled=False)),
}


@cache
def scorer(name: str, device: str = "plain") -> Scorer:
    network = several_network(**FAMILY[name]).float()
    known = replace(toy_vocabulary(network.config), several=KNOWN.several)
    return Scorer(Checkpoint(Path(name), name, network.config, known, network, {}, ""), DEVICES[device])


def history(*items: int) -> History:
    past = tuple(Behavior(ITEMS[n], 86_400 * (2 * at + 1)) for at, n in enumerate(items))
    return History(User("u", {"age": ("old",)}), 86_400 * 2 * len(items), past)


PAST = history(2, 9, 2, 4, 17, 25, 8, 0, 30, 11, 3, 2, 9)
LONG = history(*(n % len(ITEMS) for n in range(5, 90)))
CONTEXT = {"place": "top"}


@pytest.mark.parametrize("device", ["kernels", "gpu"])
@pytest.mark.parametrize("name", FAMILY)
def test_every_device_scores_requests_as_the_plain_network_does(name, device):
    wanted = scorer(name).score(PAST, ITEMS, CONTEXT)
    found = scorer(name, device).score(PAST, ITEMS, CONTEXT)
    np.testing.assert_allclose(found.logit, wanted.logit, atol=2e-5)
    np.testing.assert_allclose(found.weight, wanted.weight, atol=2e-5)


@pytest.mark.parametrize("past", [PAST, LONG, history()], ids=["short", "long", "none"])
@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", FAMILY)
def test_a_catalogue_scores_what_requests_score(name, device, past):
    catalogue = Catalogue(scorer(name, device), ITEMS)
    found = catalogue.scoring(past, CONTEXT).finish()
    np.testing.assert_allclose(found, scorer(name).score(past, ITEMS, CONTEXT).logit, atol=3e-5)
    other = history(7, 1)  # whose sets are others
    found = catalogue.scoring(other, CONTEXT).finish()
    np.testing.assert_allclose(found, scorer(name).score(other, ITEMS, CONTEXT).logit, atol=3e-5)


@pytest.mark.parametrize("name", FAMILY)
def test_each_behavior_less_scores_as_it_does_really_deleted(name):
    own, candidate = scorer(name), ITEMS[16]
    rescorer = rescorer_for(own, PAST, candidate, CONTEXT, added=[ITEMS[1]])
    assert rescorer.full == pytest.approx(float(own.score(PAST, [candidate], CONTEXT).logit[0]), abs=2e-5)
    found = rescorer.logits(rescorer.count - np.diag(rescorer.count))
    for t, behavior in enumerate(rescorer.behaviors[:-1]):
        at = None if own.config.folds else behavior.last_timestamp
        kept = tuple(b for b in PAST.behaviors if (b.timestamp != at if at else b.item != behavior.item))
        wanted = own.score(History(PAST.user, PAST.as_of, kept), [candidate], CONTEXT).logit[0]
        assert found[t] == pytest.approx(float(wanted), abs=2e-5)


@pytest.mark.parametrize("name", ["din", "match flags", "counts", "unit per field", "augru"])
def test_the_order_of_values_and_values_that_nobody_knows_change_nothing(name):
    past = history(2, 9, 4)
    wanted = scorer(name).score(past, [Item("c", fields={"category": ("x", "y")})], CONTEXT)
    for order in permutations(["x", "y", "unheard of"]):
        found = scorer(name).score(past, [Item("c", fields={"category": order})], CONTEXT)
        np.testing.assert_array_equal(found.logit, wanted.logit)


def test_requests_together_score_as_alone():
    own = scorer("match flags")
    pasts = [PAST, history(3), history(), LONG]
    requests = [own.prepare(past, ITEMS[n : n + 9], CONTEXT) for n, past in enumerate(pasts)]
    for request, found in zip(requests, own.score_together(requests), strict=True):
        alone = own.score(request.history, request.candidates, CONTEXT)
        np.testing.assert_allclose(found.logit, alone.logit, atol=1e-5)


def test_a_saved_checkpoint_knows_which_fields_have_several_values(tmp_path):
    network = several_network().float()
    save_checkpoint(tmp_path / "din", network, KNOWN, {}, "")
    loaded = load_checkpoint(tmp_path / "din")
    assert (loaded.vocabulary, loaded.config) == (KNOWN, network.config)
    found = Scorer(loaded).score(PAST, ITEMS, CONTEXT).logit
    np.testing.assert_allclose(found, scorer("din").score(PAST, ITEMS, CONTEXT).logit, atol=1e-6)


def test_a_model_of_single_values_reads_several_as_the_one_text_that_they_were():
    network = toy_network().float()
    categories = {"category": FieldVocabulary(("x", "x|y"))}
    old = replace(VOCABULARY, item=VOCABULARY.item | categories)
    own = Scorer(Checkpoint(Path("old"), "old", network.config, old, network, {}, ""), DEVICES["plain"])
    now = own.score(history(), [Item("a", fields={"category": ("x", "y")})], CONTEXT)
    then, other = (own.score(history(), [Item("a", fields={"category": one})], CONTEXT) for one in ("x|y", "x"))
    assert now.logit[0] == then.logit[0] != other.logit[0]


def test_the_item_map_shows_means():
    items = [Item("a", fields={"category": own}) for own in (("x",), ("y",), ("y", "x"))]
    space = item_space(scorer("din"), items, "category")
    assert space.vectors[space.place[2]] == pytest.approx(
        (space.vectors[space.place[0]] + space.vectors[space.place[1]]) / 2
    )
