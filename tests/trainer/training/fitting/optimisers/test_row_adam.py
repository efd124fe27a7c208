"""Adam by rows: touched rows move as plain Adam would move them alone, all others stay, at a cost of touched rows."""

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from trainer.training.fitting.optimisers.row_adam import RowAdam


def a_table(rows=6, width=3, seed=0):
    table = nn.Embedding(rows, width, sparse=True, dtype=torch.float64)
    nn.init.normal_(table.weight, generator=torch.Generator().manual_seed(seed))
    return table


def loss_of(table, ids, seed=1):
    """A loss whose gradient depends on the rows' values and on how often each is read."""
    target = torch.randn(len(ids), table.embedding_dim, generator=torch.Generator().manual_seed(seed)).double()
    return (table(torch.tensor(ids, dtype=torch.int64)) - target).square().sum()


def step(table, optimizer, ids, seed=1):
    optimizer.zero_grad(set_to_none=True)
    loss_of(table, ids, seed).backward()
    optimizer.step()


def test_rows_in_every_batch_move_as_under_adam():
    table, dense = a_table(), a_table()
    dense.sparse = False
    by_row, adam = RowAdam([table.weight], lr=0.1), torch.optim.Adam([dense.weight], lr=0.1)
    for n in range(5):
        step(table, by_row, [0, 1, 2, 3, 4, 5, 2], seed=n)
        step(dense, adam, [0, 1, 2, 3, 4, 5, 2], seed=n)
    torch.testing.assert_close(table.weight, dense.weight)


def test_a_row_moves_as_if_only_the_batches_that_hold_it_had_been():
    table, alone = a_table(), a_table()
    optimizer, optimizer_alone = RowAdam([table.weight], lr=0.1), RowAdam([alone.weight], lr=0.1)
    for ids in ([3, 3], [0, 1], [1], [3], [5, 0]):
        step(table, optimizer, ids)
    for ids in ([3, 3], [3]):
        step(alone, optimizer_alone, ids)
    assert torch.equal(table.weight[3], alone.weight[3])
    assert optimizer.state[table.weight]["steps"].tolist() == [2, 2, 0, 2, 0, 1]


def test_rows_outside_the_batch_and_their_moments_stay_bit_by_bit():
    table = a_table()
    optimizer = RowAdam([table.weight], lr=0.1, penalties=[torch.ones(6, dtype=torch.float64)])
    step(table, optimizer, [0, 1, 2, 3, 4, 5])
    state = optimizer.state[table.weight]
    before = {"weight": table.weight.detach().clone(), **{name: slot.clone() for name, slot in state.items()}}
    step(table, optimizer, [4, 1, 4])
    after = {"weight": table.weight.detach(), **state}
    for name, old in before.items():
        assert torch.equal(after[name][[0, 2, 3, 5]], old[[0, 2, 3, 5]]), name
        assert not torch.equal(after[name][[1, 4]], old[[1, 4]]), name


def test_a_batch_that_touches_no_row_changes_nothing():
    table = a_table()
    before = table.weight.detach().clone()
    step(table, RowAdam([table.weight], lr=0.1), [])
    assert torch.equal(table.weight, before)


class Work(TorchDispatchMode):
    """Notes every operation with the number of elements that it makes anew: results that are not its arguments."""

    def __init__(self):
        super().__init__()
        self.done = []

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        result = operation(*args, **(kwargs or {}))
        given = {id(leaf) for leaf in tree_leaves((args, kwargs))}
        made = [leaf for leaf in tree_leaves(result) if isinstance(leaf, torch.Tensor) and id(leaf) not in given]
        elements = [t._nnz() * t.shape[1] if t.is_sparse else t.numel() for t in made]
        self.done.append((str(operation), elements))
        return result


@pytest.mark.parametrize("penalised", [False, True])
def test_a_step_does_the_same_work_on_a_table_of_any_length(penalised):
    work = []
    for rows in (10, 100_000):
        table = a_table(rows)
        penalties = [torch.ones(rows, dtype=torch.float64)] if penalised else None
        optimizer = RowAdam([table.weight], lr=0.1, penalties=penalties)
        step(table, optimizer, [1, 5, 5, 7])  # the first step makes the moments
        with Work() as noted:
            step(table, optimizer, [2, 5, 2, 9])
        work.append(noted.done)
    assert work[0] == work[1]
    assert max(max(elements, default=0) for _, elements in work[1]) <= 4 * 3


def test_a_penalty_is_the_gradient_of_its_l2_term_before_the_moments():
    table, dense = a_table(), a_table()
    dense.sparse = False
    penalty = torch.tensor([0.5, 0.1, 2.0, 0.3, 1.0, 0.7], dtype=torch.float64)
    optimizer, adam = RowAdam([table.weight], 0.1, [penalty]), torch.optim.Adam([dense.weight], lr=0.1)
    for n in range(3):
        step(table, optimizer, [0, 1, 2, 3, 4, 5], seed=n)
        adam.zero_grad()
        term = (penalty / 2 * dense.weight.square().sum(1)).sum()
        (loss_of(dense, [0, 1, 2, 3, 4, 5], seed=n) + term).backward()
        adam.step()
    torch.testing.assert_close(table.weight, dense.weight)
