"""Training on a device: all it needs is there, and no step waits for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from din_core.model.network import InterestNetwork
from tests.trainer.planted_tables import planted_bulk
from tests.without_waiting import NOWHERE, without_waiting
from trainer.training.fields.training_vocabulary import build_vocabulary
from trainer.training.fitting.optimisers.row_adam import RowAdam, summed_in_place, touched_rows
from trainer.training.fitting.options import FitOptions
from trainer.training.fitting.run import Run
from trainer.training.samples import Samples, build_samples
from trainer.training.train import TrainOptions, build_config

OPTIONS = FitOptions(epochs=2, batch_size=64, evaluations_per_epoch=1)


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("planted")
    bulk = planted_bulk(folder)
    return bulk, build_vocabulary(bulk, min_count=1)


def run_there(planted, model: str, options: FitOptions) -> Run:
    """A run on the device without numbers: what is counted once, before the first step, is counted here."""
    bulk, vocabulary = planted
    config = build_config(vocabulary, TrainOptions("", model, Path(), max_history=50))
    samples = build_samples(bulk, vocabulary, "train", 50, config.folds)
    run = Run(InterestNetwork(config).to(NOWHERE), samples, samples, options)
    run.train = samples.to(NOWHERE)
    for group in run.optimizers["dense"].param_groups:
        group.update(fused=False, foreach=False)  # the fused one is for devices that compute
    rows = run.optimizers.get("rows")
    if isinstance(rows, RowAdam) and rows.penalties is not None:
        rows.penalties = [penalty.to(NOWHERE) for penalty in rows.penalties]
    return run


@pytest.mark.parametrize("regularisation", ["decay", "mba-samples"])
@pytest.mark.parametrize("model", ["din", "din-counts", "din-softmax", "dot", "base", "base-decay", "dien"])
def test_no_step_waits_for_the_device(planted, model, regularisation, monkeypatch):
    run = run_there(planted, model, replace(OPTIONS, regularisation=regularisation))
    with without_waiting(monkeypatch):
        for _ in range(3):
            run.advance()
    assert run.step == 3


def test_a_unit_per_field_waits_as_its_values_are_counted_there(planted, monkeypatch):
    run = run_there(planted, "din-fields", OPTIONS)
    with without_waiting(monkeypatch), pytest.raises(RuntimeError, match="meta"):
        run.advance()


def test_a_copy_that_would_wait_is_noticed(monkeypatch):
    there = torch.ones(2, 2, device=NOWHERE)
    with without_waiting(monkeypatch):
        with pytest.raises(AssertionError, match="waited for"):
            torch.ones(2).to(NOWHERE)
        for copy in (
            lambda: there[:, [1, 0]],
            lambda: there[torch.tensor([1])],
            lambda: torch.tensor([1, 0], device=NOWHERE),
            lambda: there.new_tensor([1.0]),
        ):
            with pytest.raises(AssertionError, match="is copied"):
                copy()
        torch.ones(2).to(NOWHERE, non_blocking=True)


def test_lookups_of_a_row_are_summed_as_coalescing_sums_them():
    draw = np.random.default_rng(0)
    rows = torch.from_numpy(draw.integers(0, 5, 40))
    values = torch.from_numpy(draw.standard_normal((40, 3)))
    expected, sums = touched_rows(torch.sparse_coo_tensor(rows[None], values, (7, 3), check_invariants=True))
    found, found_sums = summed_in_place(rows, values)
    assert len(found) == 40
    of_row = dict(zip(expected.tolist(), sums, strict=True))
    assert set(found.tolist()) == set(of_row)
    for row, own in zip(found.tolist(), found_sums, strict=True):
        torch.testing.assert_close(own, of_row[row])


def test_a_table_moves_the_same_whether_its_lookups_are_summed_here_or_there(monkeypatch):
    draw = np.random.default_rng(1)
    rows = torch.from_numpy(draw.integers(0, 6, 50))
    values = torch.from_numpy(draw.standard_normal((50, 2)))

    def moved():
        table = torch.nn.Parameter(torch.ones(8, 2, dtype=torch.float64))
        optimizer = RowAdam([table], 0.1)
        for _ in range(3):
            table.grad = torch.sparse_coo_tensor(rows[None], values, (8, 2), check_invariants=True)
            optimizer.step()
        return table.detach()

    here = moved()
    monkeypatch.setattr(
        "trainer.training.fitting.optimisers.row_adam.touched_rows",
        lambda grad: summed_in_place(grad._indices()[0], grad._values()),
    )
    torch.testing.assert_close(moved(), here)


def test_no_lookup_touches_no_row():
    rows, sums = summed_in_place(torch.empty(0, dtype=torch.int64), torch.empty(0, 2))
    assert rows.shape == (0,)
    assert sums.shape == (0, 2)


def test_samples_there_hold_nothing_here(planted):
    bulk, vocabulary = planted
    samples: Samples = build_samples(bulk, vocabulary, "train", 50).to(NOWHERE)
    batch, label = samples.batch(np.arange(4))
    tensors = (batch.behavior, batch.count, batch.age, batch.candidate, batch.context, label)
    assert {tensor.device.type for tensor in (*tensors, *(field.rows for field in batch.profile))} == {"meta"}
