"""The sign of weights is the one with which they agree with effects, whatever training ended in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from din_core.model.checkpoint import load_checkpoint
from din_core.model.network import InterestNetwork
from din_core.scoring import Scorer
from din_core.store import BulkTables, open_store
from trainer.evaluation.faithfulness.planted_truth import precision_at_k, read_truth
from trainer.evaluation.faithfulness.sampled_impressions import keys, read_impressions, sample_positions
from trainer.training.fields.training_vocabulary import build_vocabulary
from trainer.training.fitting.prediction import predict
from trainer.training.orientation import describe_orientation, orient
from trainer.training.orientation.choose import OneImpression, measure, sample
from trainer.training.orientation.sign import fixed_sign, flip, unit_names
from trainer.training.recipes import RECIPES
from trainer.training.samples import Samples, build_samples
from trainer.training.train import TrainOptions, build_config


def samples_of(bulk: BulkTables, network: InterestNetwork) -> Samples:
    config = network.config
    return build_samples(bulk, build_vocabulary(bulk, min_count=1), "valid", config.max_history, config.folds)


def untrained(bulk: BulkTables, model: str, seed: int = 0) -> InterestNetwork:
    torch.manual_seed(seed)
    return InterestNetwork(build_config(build_vocabulary(bulk, min_count=1), TrainOptions("", model, Path()))).eval()


def precision(url: str, truth: Path, checkpoint: Path) -> tuple[float, float]:
    """precision@k of a ranking by plain activation weight, over test clicks with known causes, and of its reverse."""
    scorer, causes_of = Scorer(load_checkpoint(checkpoint)), read_truth(truth)
    store = open_store(url)
    bulk = store.bulk()
    chosen, _ = sample_positions(bulk, "test", 100, 0)
    found = []
    for key, one in zip(keys(bulk, chosen), read_impressions(store, bulk, chosen), strict=True):
        scores = scorer.score(one.history, [one.candidate], one.context)
        cause = np.array([b.item.item_id in causes_of.get(key, ()) for b in scores.behaviors], dtype=bool)
        if cause.any() and not cause.all():
            found.append([precision_at_k(sign * scores.weight[0], cause) for sign in (1, -1)])
    store.close()
    assert len(found) > 30
    plain, turned = np.mean(found, axis=0).tolist()
    return plain, turned


@pytest.mark.parametrize(("seed", "turned"), [(0, True), (2, False)])
def test_plain_weights_find_the_planted_causes_whichever_sign_training_ends_in(
    planted_world: Any, seed: int, turned: bool
) -> None:
    folder = planted_world.din(seed)
    found, reversed_found = precision(planted_world.url, planted_world.truth, folder)
    assert found >= 0.85
    assert reversed_found < 0.2  # so much lies in the sign
    record = json.loads((folder / "metrics.json").read_text("utf-8"))["orientation"]
    (unit,) = record["units"]
    assert unit["flipped"] is turned  # another seed is needed where training ends otherwise
    assert record["impressions"] == 300 < record["of"]
    assert unit["after"]["correlation"] > 0
    assert unit["before"]["correlation"] == pytest.approx(unit["after"]["correlation"] * (-1 if turned else 1))
    card = (folder / "README.md").read_text("utf-8")
    assert f"agree on 300 of {record['of']:,} validation impressions" in card
    assert f"{'turned round' if turned else 'kept their sign'}: correlation with effects" in card
    assert f"{unit['after']['correlation']:.3f}" in card


@pytest.mark.parametrize("model", RECIPES)
def test_no_score_of_any_recipe_changes(model: str, untrained_world: tuple[str, BulkTables, Path]) -> None:
    bulk = untrained_world[1]
    network = untrained(bulk, model)
    samples = samples_of(bulk, network)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    logits = predict(network, samples)
    record = orient(network, samples)
    if reason := fixed_sign(network.config):
        assert record == {"fixed": reason}
        assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())
        return
    np.testing.assert_allclose(predict(network, samples), logits, rtol=0, atol=1e-6)
    for n, unit in enumerate(record["units"]):
        if unit["flipped"]:
            flip(network, [n])
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())


@pytest.mark.parametrize("model", ["din", "din-fields", "bilinear"])
def test_both_orientations_of_a_network_end_in_the_same(
    model: str, untrained_world: tuple[str, BulkTables, Path]
) -> None:
    bulk = untrained_world[1]
    one, other = untrained(bulk, model), untrained(bulk, model)
    flip(other, range(len(unit_names(other.config))))
    samples = samples_of(bulk, one)
    found = [orient(network, samples) for network in (one, other)]
    assert [u["flipped"] for u in found[0]["units"]] == [not u["flipped"] for u in found[1]["units"]]
    assert [u["after"] for u in found[0]["units"]] == [u["after"] for u in found[1]["units"]]
    for name, tensor in one.state_dict().items():
        assert torch.equal(tensor, other.state_dict()[name])
    assert not any(unit["flipped"] for unit in orient(one, samples)["units"])


def test_a_sample_holds_its_impressions_with_their_own_histories(
    untrained_world: tuple[str, BulkTables, Path],
) -> None:
    bulk = untrained_world[1]
    network = untrained(bulk, "din")
    samples = samples_of(bulk, network)
    few, again = sample(samples, 17), sample(samples, 17)
    assert few.impressions == 17 == len(set(few.impression.tolist()))
    assert few.impression.tolist() == again.impression.tolist()
    every = {position: one for position, one in zip(samples.impression, measure(network, samples), strict=True)}
    for position, one in zip(few.impression, measure(network, few), strict=True):
        want: OneImpression = every[position]
        np.testing.assert_allclose(one.weight, want.weight, rtol=1e-5, atol=1e-7)
        np.testing.assert_allclose(one.effect, want.effect, atol=5e-6)
    assert sample(samples, 10**6).impressions == samples.impressions


def test_without_a_behavior_nothing_is_turned(untrained_world: tuple[str, BulkTables, Path]) -> None:
    bulk = untrained_world[1]
    network = untrained(bulk, "din")
    samples = samples_of(bulk, network)
    none = np.zeros_like(samples.behavior_offsets)
    empty = Samples(
        **{
            **samples.__dict__,
            "behavior_offsets": none,
            **{n: getattr(samples, n)[:0] for n in ("behavior", "count", "age")},
        }
    )
    record = orient(network, empty)
    (unit,) = record["units"]
    assert not unit["flipped"]
    assert "kept their sign: in no history do both weights and effects differ" in describe_orientation(record)
    assert unit["before"] == dict.fromkeys(("correlation", "tau", "same_sign", "covered"))
