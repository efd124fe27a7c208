"""A module of one's own scores on the pages as it scores by itself, and its histories are really changed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from din_core.domain import Behavior, DinLensError, Scores
from din_core.explain import (
    fewest_additions,
    integrated_gradients,
    leave_one_out,
    path_split,
    shapley,
    smallest_removal,
)
from din_core.model.checkpoint import load_checkpoint, rewrite_checkpoint
from din_core.model.external.module_batch import ModuleBatch
from din_core.scoring import Catalogue, Scorer, rescorer_for
from din_core.scoring.devices.gpu import GpuDevice
from tests.external.world import MAX_HISTORY, OwnWorld
from tests.small_world import MONDAY
from trainer.training.calibration.calibrate import map_logits
from trainer.training.calibration.logit_fit import IDENTITY, LogitMap

CONTEXT = {"store": "Store 367", "display": "Rear end cap"}


def by_hand(own: OwnWorld, scorer: Scorer, item_id: str) -> tuple[float, np.ndarray]:
    """The module itself on a batch written out here: the newest behaviors of household 7, oldest first."""
    codes = scorer.checkpoint.vocabulary
    history = own.store.history("7", MONDAY)
    seen = sorted(history.behaviors, key=lambda one: one.timestamp)[-MAX_HISTORY:]

    def rows(item) -> list[int]:
        return [v.row(item.item_id if name == "item_id" else item.first(name)) for name, v in codes.item.items()]

    batch = ModuleBatch(
        candidate=torch.tensor([rows(own.store.item(item_id))]),
        behaviors=torch.tensor([[rows(one.item) for one in seen]]),
        mask=torch.ones(1, len(seen), dtype=torch.bool),
        age=torch.tensor([[(MONDAY - one.timestamp) / 86_400 for one in seen]]),
        profile=tuple(torch.tensor([[v.row(history.user.fields[name])]]) for name, v in codes.user.items()),
        context=torch.tensor([[v.row(CONTEXT.get(name)) for name, v in codes.context.items()]]),
    )
    with torch.no_grad():
        logit, weight = own.module("bst")(batch)
    return float(logit), weight[0].numpy()


def test_scores_and_weights_are_those_of_the_module_itself(own: OwnWorld) -> None:
    scorer = own.scorer()
    scores = scorer.score(own.store.history("7", MONDAY), own.store.items(["b2", "m2"]), CONTEXT)
    for place, item_id in enumerate(("b2", "m2")):
        logit, weight = by_hand(own, scorer, item_id)
        assert scores.logit[place] == pytest.approx(logit, abs=1e-6)
        assert scores.weight[place] == pytest.approx(weight, abs=1e-6)
    assert scores.logit[0] != pytest.approx(scores.logit[1], abs=1e-3)


def test_histories_of_several_lengths_are_scored_together_as_alone(own: OwnWorld) -> None:
    scorer = own.scorer()
    users = ("7", "8", "10")
    requests = [
        scorer.prepare(own.store.history(user, MONDAY), own.store.items(["b2", "c1"]), CONTEXT) for user in users
    ]
    together = scorer.score_together(requests)
    assert [len(scores.behaviors) for scores in together] == [MAX_HISTORY, 2, 0]
    for request, scores in zip(requests, together, strict=True):
        alone = scorer.score_together([request])[0]
        assert scores.logit == pytest.approx(alone.logit, abs=1e-6)
        assert scores.weight == pytest.approx(alone.weight, abs=1e-6)


def test_leaving_a_behavior_out_is_a_score_of_the_history_without_it(own: OwnWorld) -> None:
    scorer, history, item = own.scorer(), own.store.history("7", MONDAY), own.store.item("b2")
    seen = replace(history, behaviors=history.behaviors[-MAX_HISTORY:])  # else an older one would move in
    effects = leave_one_out(rescorer_for(scorer, seen, item, CONTEXT))
    full = scorer.score(seen, [item], CONTEXT).logit[0]
    for gone in range(MAX_HISTORY):
        rest = replace(seen, behaviors=(*seen.behaviors[:gone], *seen.behaviors[gone + 1 :]))
        without = scorer.score(rest, [item], CONTEXT).logit[0]
        assert effects.values[gone] == pytest.approx(full - without, abs=1e-5)
    assert np.abs(effects.values).max() > 1e-3


def test_an_item_that_is_added_is_read_as_the_newest_behavior(own: OwnWorld) -> None:
    scorer, history, item = own.scorer(), own.store.history("8", MONDAY), own.store.item("b2")
    rescorer = rescorer_for(scorer, history, item, CONTEXT, own.store.items(["n1"]))
    assert rescorer.logits(rescorer.count)[0] == pytest.approx(rescorer.full)
    assert rescorer.logits(np.ones(3))[0] != pytest.approx(rescorer.full, abs=1e-4)


def test_shapley_values_add_up_and_paths_are_with_and_without_a_history(own: OwnWorld) -> None:
    rescorer = rescorer_for(own.scorer(), own.store.history("8", MONDAY), own.store.item("b2"), CONTEXT)
    assert shapley(rescorer).gap == pytest.approx(0, abs=1e-9)
    split = path_split(rescorer)
    assert split.players == ("profile, context and candidate alone", "history")
    assert split.values == pytest.approx([rescorer.empty, rescorer.full - rescorer.empty])


def test_what_needs_a_tower_says_that_there_is_none(own: OwnWorld) -> None:
    rescorer = rescorer_for(own.scorer(), own.store.history("8", MONDAY), own.store.item("b2"), CONTEXT)
    with pytest.raises(DinLensError, match="bst shows none; take leave-one-out or Shapley values"):
        integrated_gradients(rescorer)


def test_the_whole_catalogue_has_the_scores_of_single_candidates(own: OwnWorld) -> None:
    scorer, history, items = own.scorer(), own.store.history("7", MONDAY), own.store.all_items()
    ranked = Catalogue(scorer, items).scoring(history, CONTEXT).finish()
    assert ranked == pytest.approx(scorer.score(history, items, CONTEXT).logit, abs=1e-5)


def test_long_histories_are_given_to_the_module_some_rows_after_the_others(
    own: OwnWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    scorer, history, items = own.scorer(), own.store.history("7", MONDAY), own.store.all_items()
    at_once = scorer.score(history, items, CONTEXT)
    monkeypatch.setattr("din_core.model.external.network.BEHAVIORS", 2 * MAX_HISTORY)
    piecewise = scorer.score(history, items, CONTEXT)
    assert piecewise.logit == pytest.approx(at_once.logit, abs=1e-6)
    assert piecewise.weight == pytest.approx(at_once.weight, abs=1e-6)


def test_a_device_that_copies_the_network_scores_and_ranks_alike(own: OwnWorld) -> None:
    scorer, history, items = own.scorer(), own.store.history("7", MONDAY), own.store.all_items()
    other = Scorer(scorer.checkpoint, GpuDevice(torch.device("cpu")))
    want = scorer.score(history, items, CONTEXT)
    assert other.score(history, items, CONTEXT).weight == pytest.approx(want.weight, abs=1e-6)
    assert Catalogue(other, items).scoring(history, CONTEXT).finish() == pytest.approx(want.logit, abs=1e-5)


def test_a_calibration_moves_logits_and_effects_and_no_weights(own: OwnWorld) -> None:
    checkpoint = load_checkpoint(own.save("bst"))
    history, item = own.store.history("8", MONDAY), own.store.item("b2")

    def scored(scorer: Scorer) -> tuple[Scores, np.ndarray]:
        effects = leave_one_out(rescorer_for(scorer, history, item, CONTEXT))
        return scorer.score(history, [item], CONTEXT), effects.values

    before, effects = scored(Scorer(checkpoint))
    map_logits(checkpoint.model, IDENTITY, LogitMap(2.0, -1.0))
    rewrite_checkpoint(checkpoint, checkpoint.metrics, checkpoint.card)
    after, moved = scored(Scorer(load_checkpoint(checkpoint.folder)))
    assert after.logit == pytest.approx(2 * before.logit - 1, abs=1e-6)
    assert after.weight == pytest.approx(before.weight)
    assert moved == pytest.approx(2 * effects, abs=1e-6)
    assert after.fingerprint != before.fingerprint


def test_an_empty_history_has_a_score_a_rank_and_nothing_to_leave_out(own: OwnWorld) -> None:
    scorer, history, items = own.scorer(), own.store.history("10", MONDAY), own.store.all_items()
    rescorer = rescorer_for(scorer, history, items[0], CONTEXT)
    assert leave_one_out(rescorer).values.shape == (0,)
    assert rescorer.full == rescorer.empty == pytest.approx(scorer.score(history, items, CONTEXT).logit[0], abs=1e-6)
    assert Catalogue(scorer, items).scoring(history, CONTEXT).finish() == pytest.approx(
        scorer.score(history, items, CONTEXT).logit, abs=1e-6
    )


def test_the_fewest_behaviors_to_take_away_are_found_by_scoring_each_history(own: OwnWorld) -> None:
    scorer, history, item = own.scorer(), own.store.history("7", MONDAY), own.store.item("b2")
    rescorer = rescorer_for(scorer, history, item, CONTEXT)
    found = smallest_removal(rescorer, threshold=(rescorer.full + rescorer.empty) / 2, row_budget=200)
    assert found.chosen
    rest = np.ones(MAX_HISTORY)
    rest[list(found.chosen)] = 0
    assert found.before * found.after < 0
    assert rescorer.logits(rest)[0] - (rescorer.full + rescorer.empty) / 2 == pytest.approx(found.after, abs=1e-6)


def test_an_addition_to_a_full_history_pushes_its_oldest_behavior_out(own: OwnWorld) -> None:
    scorer, history, item = own.scorer(), own.store.history("7", MONDAY), own.store.item("b2")
    nails = own.store.item("n1")
    rescorer = rescorer_for(scorer, history, item, CONTEXT, [nails])
    longer = replace(history, behaviors=(*history.behaviors, Behavior(nails, MONDAY - 1)))
    want = scorer.score(longer, [item], CONTEXT).logit[0]
    assert rescorer.logits(np.ones(MAX_HISTORY + 1))[0] == pytest.approx(want, abs=1e-5)
    assert fewest_additions(rescorer, threshold=rescorer.full + 1e3).chosen is None
