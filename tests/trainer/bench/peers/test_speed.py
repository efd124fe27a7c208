"""How fast other libraries train."""

import numpy as np
import pytest
import torch

from tests.trainer.bench.rows import SHORT, SIZES, finite
from trainer.bench.data.synthetic_samples import each_alone, made_samples
from trainer.bench.peers import speed as peers_module


def test_peers_that_are_absent_or_break_say_so_and_the_others_are_ratios(monkeypatch):
    class Slow(torch.nn.Linear):
        def forward(self, columns):
            return super().forward(columns["hist_item"].float()).sigmoid()

    def broken(shape):
        raise TypeError("built for torch 1")

    made_up = {
        "absent": ("no_such_library", broken),
        "broken": ("json", broken),
        "there": ("json", lambda shape: (Slow(shape.window, 1), lambda batch: batch.columns)),
    }
    monkeypatch.setattr(peers_module, "PEERS", made_up)
    rows = peers_module.peers(SIZES)
    found = finite(rows)
    assert found["DIN Lens"]["ours ×"] == 1
    assert found["there"]["samples/s"] * found["there"]["ours ×"] == pytest.approx(found["DIN Lens"]["samples/s"])
    notes = {row.name: row.note for row in rows if row.note}
    assert notes == {"absent": "not installed", "broken": "broke: TypeError: built for torch 1"}


def test_peers_read_padded_histories_and_the_same_candidates():
    samples = each_alone(made_samples(SHORT, 64))
    (first, *_) = peers_module.padded_batches(samples, SHORT)
    batch, label = samples.batch(np.arange(SHORT.batch))
    assert torch.equal(first.label, label)
    assert torch.equal(torch.stack([first.columns["item"], first.columns["category"]], 1), batch.candidate)
    assert first.columns["hist_item"].shape == (SHORT.batch, SHORT.window)
    real = first.columns["hist_item"] > 0
    assert torch.equal(first.columns["hist_category"][real], batch.behavior[:, 1])
    assert torch.equal(real.sum(1), first.columns["length"])
