"""The baseline of the catalogue benchmark computes the same network."""

import itertools
from dataclasses import replace

import pytest
import torch

from din_core.scoring.catalogue import RowCatalogue
from tests.model.conftest import toy_batch, toy_network
from trainer.bench import naive_catalogue
from trainer.bench.naive_catalogue import naive_logits


@pytest.mark.parametrize("reads", ["official", "paper"])
def test_the_baseline_and_the_fast_path_give_the_same_logits(reads, monkeypatch):
    monkeypatch.setattr(naive_catalogue, "TILE_PAIRS", 7)
    monkeypatch.setattr(naive_catalogue, "BLOCK", 5)
    network, rows = toy_network(unit_input=reads), torch.tensor(list(itertools.product(range(6), range(3))))
    batch = toy_batch([[1, 2, 5]], [[0]], counts=[[2, 1, 3]])
    plain = network(
        replace(batch, candidate=rows, candidate_offsets=(0, 18), context=batch.context.expand(18, 1))
    ).logit
    found = naive_logits(network, batch, rows)
    torch.testing.assert_close(found, plain.detach(), atol=1e-12, rtol=0)
    fast = torch.from_numpy(RowCatalogue(network, rows).scoring(batch).finish())
    torch.testing.assert_close(found.clone(), fast, atol=1e-12, rtol=0)
