"""Batches of one history of toy items, all candidates there are, and what the plain network says of them."""

import itertools
from dataclasses import replace

import torch

from tests.model.conftest import toy_batch

LONG = [n % 6 for n in range(3, 80)]
"""A history long enough to be guessed at by a shorter one."""


def all_rows(repeats=1):
    """Every item field row combination of the toy networks, each `repeats` times: 18 of them."""
    pairs = list(itertools.product(range(6), range(3)))
    return torch.tensor([pair for _ in range(repeats) for pair in pairs])


def one_history(items, dtype=torch.float32, folds=True):
    batch = toy_batch([items], [[0]], counts=[[1 + n % 3 if folds else 1 for n in range(len(items))]])
    return replace(batch, count=batch.count.to(dtype), age=batch.age.to(dtype))


def plainly(network, batch, rows):
    """The network itself, all candidates in one batch."""
    n = len(rows)
    with torch.no_grad():
        return network(
            replace(batch, candidate=rows, candidate_offsets=(0, n), context=batch.context.expand(n, -1))
        ).logit.numpy()
