"""`faithfulness`: whether weights may be believed, over a split, against planted truth, and written to the card."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import save_file

from din_core.domain import Scores
from din_core.metrics.faithfulness_file import read_faithfulness
from din_core.model.checkpoint import load_checkpoint
from din_core.scoring import Scorer, rescorer_for
from din_core.store import ingest, open_store
from tests.tiny_checkpoints import write_checkpoints
from trainer.__main__ import main
from trainer.datasets.planted import PlantedOptions, generate, write_planted
from trainer.evaluation.evaluate import Split, read_bulk
from trainer.evaluation.faithfulness import frozen_weights
from trainer.evaluation.faithfulness.adversarial_weights import find_adversarial_weights
from trainer.evaluation.faithfulness.distributions import distribution
from trainer.evaluation.faithfulness.frozen_weights import FrozenWeights, retrained
from trainer.evaluation.faithfulness.model_card_section import BEGIN, in_words, with_section
from trainer.evaluation.faithfulness.planted_truth import precision_at_k
from trainer.evaluation.faithfulness.seed_variance import total_variation
from trainer.evaluation.faithfulness.uniform_weights import with_mean_weights

KINDS = ("din", "base", "din-softmax", "dien", "base-decay", "tin")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with tables, a store and untrained checkpoints: two of one recipe among them."""
    folder = tmp_path_factory.mktemp("faithfulness")
    options = PlantedOptions(users=25)
    write_planted(generate(options), options, folder / "tables")
    ingest(folder / "tables", url(folder))
    bulk = read_bulk(url(folder))
    write_checkpoints(folder / "checkpoints", bulk, kinds=KINDS, metrics={"options": {"epochs": 1}})
    calibrated = {"options": {"epochs": 1, "calibration": "affine"}}
    write_checkpoints(folder / "seeds", bulk, kinds=["din"], metrics=calibrated)
    network = load_checkpoint(folder / "seeds" / "din").model
    with torch.no_grad():
        for parameter in network.pooling.unit.last.parameters():  # type: ignore[union-attr]
            parameter.mul_(-1)
    save_file(dict(network.state_dict()), folder / "seeds" / "din" / "model.safetensors")
    return folder


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'store.db'}"


def call(world: Path, *options: str, checkpoints: tuple[str, ...] = ("checkpoints/din",)) -> int:
    folders = [str(world / name) for name in checkpoints]
    return main(["faithfulness", "--store", url(world), "--checkpoint", *folders, *options])


def test_precision_at_k_by_hand() -> None:
    cause = np.array([True, False, True, False, False])
    assert precision_at_k(np.array([0.9, 0.1, 0.5, 0.2, -1]), cause) == 1
    assert precision_at_k(np.array([0.9, 0.6, 0.5, 0.2, -1]), cause) == 0.5
    assert precision_at_k(np.array([-2, 0.6, -3, 0.2, -1]), cause) == 0
    # one place is sure, the other is one of three tied ones, of which one is a cause
    assert precision_at_k(np.array([0.9, 0.5, 0.5, 0.5, 0.1]), cause) == pytest.approx((1 + 1 / 3) / 2)
    assert precision_at_k(np.zeros(5), cause) == pytest.approx(2 / 5)


def test_a_distribution_leaves_out_what_has_no_value_and_draws_users_not_rows() -> None:
    found = distribution([1.0, None, 3.0, 2.0], [7, 7, 8, 9])
    assert found is not None
    assert (found["n"], found["mean"], found["quartiles"]) == (3, 2.0, [1.5, 2.0, 2.5])
    assert 1 <= found["interval"][0] < 2 < found["interval"][1] <= 3
    one_user = distribution([1.0, 2.0], [7, 7])
    assert one_user is not None
    assert one_user["interval"] is None
    assert distribution([None], [1]) is None


def test_attention_moved_is_the_share_that_lies_elsewhere() -> None:
    assert total_variation(np.array([1.0, 0.0]), np.array([0.0, 5.0])) == 1
    assert total_variation(np.array([2.0, 2.0]), np.array([1.0, 1.0])) == 0
    assert total_variation(np.array([3.0, 1.0]), np.array([2.0, 2.0])) == 0.25
    assert total_variation(np.array([1.0, -1.0]), np.array([-1.0, 1.0])) == 1
    assert total_variation(np.zeros(2), np.ones(2)) is None


def test_precision_is_reported_for_every_method_and_model(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truth = str(world / "tables" / "truth.parquet")
    several = ("checkpoints/din", "checkpoints/base", "checkpoints/dien")
    few = ("--sample", "12", "--adversarial", "1", "--dry-run", "--json")
    assert call(world, "--truth", truth, *few, checkpoints=several) == 0
    result = json.loads(capsys.readouterr().out)
    for entry in result["checkpoints"]:
        found = {name: value["mean"] for name, value in entry["precision"].items()}
        assert set(found) > {"activation weight", "leave-one-out", "Shapley value", "integrated gradients", "random"}
        assert all(0 <= value <= 1 for value in found.values())
    base = result["checkpoints"][1]
    assert base["precision"]["activation weight"] == base["precision"]["random"]  # 1/H whatever the behavior
    assert base["figures"]["tau"] is None
    assert (base["uniform"], base["adversary"], result["checkpoints"][2]["adversary"]) == (None, None, None)
    assert sum(piece["impressions"] for piece in result["checkpoints"][0]["by_length"]) == 12


def test_the_section_is_written_once_and_the_fingerprint_stays(world: Path) -> None:
    folder = world / "checkpoints" / "din"
    before = load_checkpoint(folder)
    for seed in ("0", "1"):
        assert call(world, "--sample", "12", "--adversarial", "2", "--seed", seed) == 0
    after = load_checkpoint(folder)
    assert after.fingerprint == before.fingerprint
    assert after.card.startswith(before.card.strip())
    assert after.card.count(BEGIN) == after.card.count("## Can the weights be believed?") == 1
    assert "drawn with seed 1" in after.card
    written = json.loads((folder / "faithfulness.json").read_text())
    assert (written["fingerprint"], written["impressions"], written["seed"]) == (before.fingerprint, 12, 1)
    found = read_faithfulness(folder)
    assert found is not None and 0 < len(found.examples["tau"]) <= 12
    assert [one.value for one in found.examples["tau"]] == sorted(one.value for one in found.examples["tau"])


def test_every_row_of_the_cards_tables_has_as_many_cells_as_its_head(world: Path) -> None:
    folder = world / "checkpoints" / "din-softmax"
    truth = str(world / "tables" / "truth.parquet")
    few = ("--sample", "12", "--adversarial", "1")
    assert call(world, *few, "--truth", truth, checkpoints=("checkpoints/din-softmax",)) == 0
    tables = re.findall(r"(?:^\|.*\n)+", load_checkpoint(folder).card, flags=re.MULTILINE)
    assert len(tables) == 3
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}) == 1


@pytest.mark.parametrize(
    ("tau", "size", "sentence"),
    [
        (0.7, 0.75, "behaviors like their measured effects (τ = 0.70)."),
        (0.4, 0.4, "only roughly like their"),
        (0.0, 0.55, "in another order than their measured effects (τ = 0.00). Their sizes alone tell more (τ = 0.55)."),
        (-0.4, 0.1, "in the reverse order of their measured effects (τ = -0.40)."),
    ],
)
def test_the_card_says_in_words_what_tau_means(tau: float, size: float, sentence: str) -> None:
    figures = {"tau": {"mean": tau}, "tau_size": {"mean": size}}
    assert sentence in "\n".join(in_words(figures))


def test_a_dry_run_writes_nothing(world: Path) -> None:
    folder = world / "checkpoints" / "din-softmax"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert (
        call(world, "--sample", "5", "--adversarial", "1", "--dry-run", checkpoints=("checkpoints/din-softmax",)) == 0
    )
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_what_stands_behind_an_older_section_stays() -> None:
    card = with_section("# DIN\n", f"{BEGIN}\none\n<!-- /faithfulness -->") + "\n## More\n"
    again = with_section(card, f"{BEGIN}\ntwo\n<!-- /faithfulness -->")
    assert again == card.replace("one", "two")
    assert with_section(again, "") == "# DIN\n\n## More\n"


def test_two_seeds_of_a_recipe_are_compared_and_other_models_are_not(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    several = ("checkpoints/din", "seeds/din", "checkpoints/din-softmax")
    assert call(world, "--sample", "15", "--adversarial", "0", "--dry-run", "--json", checkpoints=several) == 0
    (group,) = json.loads(capsys.readouterr().out)["seeds"]
    assert group["seeds"] == 2
    assert group["tau_weights"]["mean"] == pytest.approx(-1)  # the other unit's sign was turned


@pytest.mark.parametrize("kind", ["din", "din-softmax", "dien", "base-decay", "tin"])
def test_uniform_weights_are_the_mean_and_keep_the_intensity(world: Path, kind: str) -> None:
    checkpoint = load_checkpoint(world / "checkpoints" / kind)
    split = Split(read_bulk(url(world)), "test", "cpu")
    batch, _ = split._samples_of(checkpoint).batch(np.arange(6))
    trained, uniform = checkpoint.model(batch), with_mean_weights(checkpoint)(batch)
    behavior, candidate = batch.pairs()
    for m in range(batch.candidate_offsets[-1]):
        own = candidate == m
        count = batch.count[behavior[own]]
        mean = (count * trained.weight[own]).sum() / count.sum()
        assert torch.allclose(uniform.weight[own], mean.expand(int(own.sum())), atol=1e-6)


@pytest.mark.parametrize("kind", ["din", "din-softmax"])
def test_the_adversary_keeps_the_prediction_and_the_total_and_moves_attention(world: Path, kind: str) -> None:
    scorer = Scorer(load_checkpoint(world / "checkpoints" / kind))
    store = open_store(url(world))
    try:
        (impression, *_) = store.impressions("noor-tshirt-and-phone")
        history = store.history("noor-tshirt-and-phone", impression.timestamp)
    finally:
        store.close()
    rescorer = rescorer_for(scorer, history, impression.item, {})
    scores: Scores = scorer.score(history, [impression.item], {})
    vocabulary = scorer.checkpoint.vocabulary
    rows = [
        [v.row(b.item.item_id if name == "item_id" else b.item.fields[name]) for name, v in vocabulary.item.items()]
        for b in rescorer.behaviors
    ]
    embeddings = scorer.checkpoint.model.item(torch.tensor(rows))
    found = find_adversarial_weights(rescorer, scores, embeddings, tolerance=0.01)
    assert found is not None
    assert 0.05 < found.moved <= 1
    assert found.change <= 0.01
    assert 0 < found.divergence <= np.log(2)


def test_weights_that_are_frozen_at_the_networks_own_embeddings_give_its_own_interest_vector(world: Path) -> None:
    checkpoint = load_checkpoint(world / "checkpoints" / "din")
    split = Split(read_bulk(url(world)), "test", "cpu")
    batch, _ = split._samples_of(checkpoint).batch(np.arange(6))
    trained = checkpoint.model(batch)
    k = checkpoint.model.item(batch.behavior)
    same = FrozenWeights(checkpoint.model, uniform=False)(k[:1], k, batch)
    assert torch.allclose(same.interest, trained.interest, atol=1e-6)


def test_networks_without_attention_are_trained_on_frozen_weights(world: Path) -> None:
    checkpoint = load_checkpoint(world / "checkpoints" / "din")
    found = retrained(checkpoint, Split(read_bulk(url(world)), "test", "cpu"))
    assert set(found) == {"trained", "frozen", "frozen_uniform"}
    assert found["frozen"]["log_loss"]["value"] != found["frozen_uniform"]["log_loss"]["value"]


def test_networks_on_frozen_weights_are_calibrated_where_the_checkpoint_is(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forms: list[str] = []
    monkeypatch.setattr(frozen_weights, "fit", lambda *_: None)
    monkeypatch.setattr(frozen_weights, "calibrate", lambda network, valid, form: forms.append(form))
    checkpoint = load_checkpoint(world / "checkpoints" / "din")
    for metrics in ({}, {"calibration": {"form": "temperature"}}):
        retrained(dataclasses.replace(checkpoint, metrics=metrics), Split(read_bulk(url(world)), "test", "cpu"))
    assert forms == ["none", "none", "temperature", "temperature"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--sample", "-1"], "sample is -1, but must be 0 or more"),
        (["--adversarial", "-1"], "adversarial is -1, but must be 0 or more"),
        (["--by", "shop"], "the store has no item field 'shop'; it has category, department, brand"),
        (["--truth", "nowhere.parquet"], "nowhere.parquet is no file; give the truth.parquet"),
    ],
)
def test_bad_input_is_one_sentence(
    world: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    assert call(world, *options) == 1
    assert f"error: {message}" in capsys.readouterr().err


def test_a_truth_of_other_data_is_refused(world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truth = pd.read_parquet(world / "tables" / "truth.parquet")
    truth.assign(user_id="nobody").to_parquet(tmp_path / "truth.parquet")
    assert call(world, "--truth", str(tmp_path / "truth.parquet")) == 1
    assert "names causes of 0 of the" in capsys.readouterr().err
    truth.drop(columns="causes").to_parquet(tmp_path / "truth.parquet")
    assert call(world, "--truth", str(tmp_path / "truth.parquet")) == 1
    assert "has no column 'causes'" in capsys.readouterr().err


def test_a_store_without_a_field_that_the_model_reads_is_refused(
    world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tables = tmp_path / "tables"
    shutil.copytree(world / "tables", tables)
    pd.read_parquet(tables / "items.parquet").drop(columns="brand").to_parquet(tables / "items.parquet")
    ingest(tables, url(tmp_path))
    folder = str(world / "checkpoints" / "base")
    assert main(["faithfulness", "--store", url(tmp_path), "--checkpoint", folder]) == 1
    assert "the model reads the item field 'brand', which the store lacks" in capsys.readouterr().err
