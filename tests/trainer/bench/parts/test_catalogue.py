"""The baseline of the catalogue benchmark computes the same network."""

import itertools
from dataclasses import replace

import pytest
import torch

from din_core.scoring.catalogue import RowCatalogue
from tests.model.conftest import toy_batch, toy_network
from trainer.bench.parts import catalogue
from trainer.bench.parts.catalogue import naive_logits


@pytest.mark.parametrize("reads", ["official", "paper"])
def test_the_baseline_and_the_fast_path_give_the_same_logits(reads, monkeypatch):
    monkeypatch.setattr(catalogue, "NAIVE_BYTES", 5 * 4 * 4 * 3 * 4)  # five candidates a tile
    network, rows = toy_network(unit_input=reads), torch.tensor(list(itertools.product(range(6), range(3))))
    batch = toy_batch([[1, 2, 5]], [[0]], counts=[[2, 1, 3]])
    plain = network(
        replace(batch, candidate=rows, candidate_offsets=(0, 18), context=batch.context.expand(18, 1))
    ).logit
    found = naive_logits(network, rows, batch)
    torch.testing.assert_close(found, plain.detach(), atol=1e-12, rtol=0)
    fast = torch.from_numpy(RowCatalogue(network, rows).scoring(batch).finish())
    torch.testing.assert_close(found.clone(), fast, atol=1e-12, rtol=0)
