"""Fitting: it learns what is there and nothing else, it can be resumed, and a seed settles it."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from din_core.domain import CheckpointError, DinLensError
from din_core.metrics import auc
from din_core.model.network import InterestNetwork
from tests.trainer.planted_tables import planted_bulk
from trainer.training.fields.training_vocabulary import build_vocabulary
from trainer.training.fitting import run
from trainer.training.fitting.fit import fit
from trainer.training.fitting.options import FitOptions
from trainer.training.fitting.prediction import predict
from trainer.training.fitting.resume import STATE
from trainer.training.samples import build_samples
from trainer.training.train import TrainOptions, build_config

OPTIONS = FitOptions(
    epochs=10,
    embedding_decay=0.0,
    batch_size=64,
    learning_rate=0.005,
    warmup_steps=5,
    evaluations_per_epoch=1,
    patience=10,
)


def world(folder, **options):
    """Samples of the three splits and a function that makes a fresh network."""
    bulk = planted_bulk(folder, **options)
    vocabulary = build_vocabulary(bulk, min_count=1)
    splits = [build_samples(bulk, vocabulary, split, 50) for split in ("train", "valid", "test")]

    def network(architecture="din", seed=0):
        torch.manual_seed(seed)
        options = TrainOptions("", architecture, Path(), max_history=50, tower_dropout=0.1)
        return InterestNetwork(build_config(vocabulary, options))

    return splits, network


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    return world(tmp_path_factory.mktemp("planted"))


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("regularisation", ["decay", "mba-samples"])
def test_a_planted_interest_is_found(planted, regularisation):
    (train, valid, test), network = planted
    model = network()
    fitted = fit(model, train, valid, replace(OPTIONS, regularisation=regularisation))
    assert auc(test.label.numpy(), predict(model, test)) > 0.9
    assert fitted.best_step in {entry["step"] for entry in fitted.curve}


def test_shuffled_labels_stay_at_one_half(tmp_path):
    (train, valid, test), network = world(tmp_path, shuffle_labels=True, users=600)
    model = network()
    fit(model, train, valid, replace(OPTIONS, epochs=1))
    assert abs(auc(test.label.numpy(), predict(model, test)) - 0.5) < 0.02


@pytest.mark.parametrize("regularisation", ["decay", "mba-batches"])
def test_two_runs_of_a_seed_are_equal_and_another_seed_differs(planted, regularisation):
    (train, valid, test), network = planted
    logits = []
    for seed in (0, 0, 1):
        model = network(seed=seed)
        fit(model, train, valid, replace(OPTIONS, epochs=1, seed=seed, regularisation=regularisation))
        logits.append(predict(model, test))
    np.testing.assert_array_equal(logits[0], logits[1])
    assert not np.array_equal(logits[0], logits[2])


class Killed(Exception):
    pass


@pytest.mark.parametrize(("regularisation", "kills"), [("decay", (3, 9)), ("mba-batches", (9,))])
def test_a_killed_run_goes_on_to_the_same_result(planted, tmp_path, regularisation, kills):
    (train, valid, _), network = planted
    options = replace(OPTIONS, epochs=2, save_seconds=0.0, regularisation=regularisation)
    unbroken = network()
    expected = fit(unbroken, train, valid, options)
    for killed_at in kills:
        check_resumed(planted, options, tmp_path / str(killed_at), killed_at, (unbroken, expected))


def check_resumed(planted, options, folder, killed_at, of_unbroken):
    """A run that is killed after this step and resumed ends as the unbroken one."""
    (train, valid, test), network = planted
    unbroken, expected = of_unbroken

    def kill(step):
        if step.step == killed_at:
            raise Killed

    with pytest.raises(Killed):
        fit(network(), train, valid, options, folder, on_step=kill)
    resumed = network(seed=99)
    found = fit(resumed, train, valid, options, folder)
    np.testing.assert_array_equal(predict(resumed, test), predict(unbroken, test))
    assert found.curve == expected.curve
    assert found.best_step == expected.best_step


def test_a_state_of_another_run_is_refused(planted, tmp_path):
    (train, valid, _), network = planted
    fit(network(), train, valid, replace(OPTIONS, epochs=1), tmp_path)
    with pytest.raises(CheckpointError, match=r"unfinished run with seed = 0, not 5"):
        fit(network(), train, valid, replace(OPTIONS, epochs=1, seed=5), tmp_path)


def test_a_state_from_before_an_option_existed_goes_on_where_it_has_its_default(planted, tmp_path):
    (train, valid, _), network = planted
    options = replace(OPTIONS, epochs=1, warmup_steps=50)
    first = fit(network(), train, valid, options, tmp_path)
    state = tmp_path / STATE
    with safe_open(state, "pt") as file:
        metadata, tensors = file.metadata(), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    identity = json.loads(metadata["identity"])
    del identity["config"]["unit_matches"], identity["options"]["warmup_steps"]
    save_file(tensors, state, {**metadata, "identity": json.dumps(identity)})
    assert fit(network(), train, valid, options, tmp_path).curve == first.curve
    with pytest.raises(CheckpointError, match="unfinished run with warmup_steps = 50, not 3"):
        fit(network(), train, valid, replace(options, warmup_steps=3), tmp_path)


def test_over_few_users_the_kept_state_has_the_lowest_calibrated_loss_of_those_with_about_the_best_gauc(planted):
    (train, valid, _), network = planted
    model = network("base")
    fitted = fit(model, train, valid, replace(OPTIONS, epochs=4))
    assert fitted.measure == "calibrated_log_loss"
    kept = next(entry for entry in fitted.curve if entry["step"] == fitted.best_step)
    peak = max(entry["gauc"] for entry in fitted.curve)
    assert kept["gauc"] >= peak - 0.05
    better = [entry for entry in fitted.curve if entry["calibrated_log_loss"] < kept["calibrated_log_loss"]]
    assert all(entry["gauc"] < kept["gauc"] for entry in better)
    assert auc(valid.label.numpy(), predict(model, valid)) == pytest.approx(kept["auc"])


@pytest.mark.parametrize(("regularisation", "stays"), [("decay", False), ("mba-samples", True), ("mba-batches", True)])
def test_a_row_that_no_batch_holds_stays_bit_by_bit_but_under_decay(planted, regularisation, stays):
    """Row 0: every item and category of this world is known."""
    (train, valid, _), network = planted
    model = network()
    before = [table.weight[0].detach().clone() for table in model.item.tables]
    fit(model, train, valid, replace(OPTIONS, epochs=1, regularisation=regularisation, embedding_decay=0.5))
    assert [torch.equal(table.weight[0], row) for table, row in zip(model.item.tables, before, strict=True)] == [
        stays,
        stays,
    ]


def test_a_stronger_mini_batch_aware_regularisation_makes_smaller_embeddings(planted):
    (train, valid, _), network = planted
    norms = []
    for strength in (0.0, 1.0, 10.0):
        model = network()
        fit(model, train, valid, replace(OPTIONS, epochs=1, regularisation="mba-batches", mba=strength))
        norms.append(model.item.tables[0].weight[1:].norm().item())
    assert norms[0] > norms[1] > norms[2]


def test_an_unknown_regularisation_is_refused_with_those_there_are():
    with pytest.raises(DinLensError, match=r"'lasso', but must be one of decay, mba-samples, mba-batches"):
        replace(OPTIONS, regularisation="lasso")


def test_a_run_without_progress_stops_early(planted, monkeypatch):
    (train, valid, _), network = planted
    monkeypatch.setattr(run, "PATIENCE_STEPS", 120)
    fitted = fit(network(), train, valid, replace(OPTIONS, learning_rate=0.0, epochs=20, patience=2))
    since_best = [entry["step"] for entry in fitted.curve if entry["step"] > fitted.best_step]
    assert len(since_best) >= 2 and fitted.steps - fitted.best_step == 120
    assert len(fitted.curve) < 20
