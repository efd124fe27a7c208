"""The catalogue: what is told of it, and a baseline that computes the same network."""

import itertools
from dataclasses import replace

import pytest
import torch

from din_core.scoring.whole_catalogue.row_catalogue import RowCatalogue
from tests.model.conftest import toy_batch, toy_network
from tests.trainer.bench.rows import SIZES, finite
from trainer.bench.parts import catalogue as part
from trainer.bench.parts.catalogue import catalogue, flop, naive_logits


@pytest.mark.parametrize("reads", ["official", "paper"])
def test_the_baseline_and_the_fast_path_give_the_same_logits(reads, monkeypatch):
    monkeypatch.setattr(part, "NAIVE_BYTES", 5 * 4 * 4 * 3 * 4)  # five candidates a tile
    network, rows = toy_network(unit_input=reads), torch.tensor(list(itertools.product(range(6), range(3))))
    batch = toy_batch([[1, 2, 5]], [[0]], counts=[[2, 1, 3]])
    plain = network(
        replace(batch, candidate=rows, candidate_offsets=(0, 18), context=batch.context.expand(18, 1))
    ).logit
    found = naive_logits(network, rows, batch)
    torch.testing.assert_close(found, plain.detach(), atol=1e-12, rtol=0)
    fast = torch.from_numpy(RowCatalogue(network, rows).scoring(batch).finish())
    torch.testing.assert_close(found.clone(), fast, atol=1e-12, rtol=0)


def test_a_catalogue_is_told_with_its_share_its_memory_and_the_naive_time():
    found = finite(catalogue(SIZES))
    (values,) = found.values()
    assert {"seconds", "share of matmul rate", "× naive", "naive, s"} <= values.keys()
    assert values["× naive"] == pytest.approx(values["naive, s"] / values["seconds"])


def test_operations_of_the_issue_s_catalogue_are_counted_as_it_counts_them():
    assert flop(68_037, 277) == pytest.approx(315e9, rel=0.02)
