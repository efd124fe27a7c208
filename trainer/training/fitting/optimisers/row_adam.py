"""Adam that updates the rows of an embedding table which a batch touches, and no other."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

BETAS = (0.9, 0.999)
EPSILON = 1e-8


class RowAdam(torch.optim.Optimizer):
    """Adam (Kingma & Ba, arXiv:1412.6980) on the touched rows of (rows, width) tables with sparse gradients.

    A row's moments, and the count of its own steps which corrects their bias, move only when a batch touches it;
    every other row stays as it is, bit by bit. A step reads and writes touched rows alone, so it costs the same
    on a table of any length.

    With `penalties`, a touched row w_j moves as if the objective held (penalty_j / 2)·‖w_j‖²: penalty_j·w_j is
    added to its gradient before the moments see it.
    """

    def __init__(self, tables: Sequence[nn.Parameter], lr: float, penalties: Sequence[Tensor] | None = None) -> None:
        """`penalties`: a (rows,) tensor a table, on its device; None for no penalty."""
        super().__init__([{"params": list(tables)}], {"lr": lr})
        self.penalties = penalties

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One update of every table that has a gradient."""
        for group in self.param_groups:
            for i, table in enumerate(group["params"]):
                if table.grad is not None:
                    self._update(table, group["lr"], None if self.penalties is None else self.penalties[i])

    def _update(self, table: Tensor, learning_rate: float, penalty: Tensor | None) -> None:
        assert table.grad is not None
        rows, gradient = touched_rows(table.grad)
        state = self._slots(table)
        value = table[rows]
        if penalty is not None:
            gradient = torch.addcmul(gradient, penalty[rows][:, None], value)
        steps = state["steps"][rows] + 1
        mean = state["mean"][rows].lerp_(gradient, 1 - BETAS[0])
        square = state["square"][rows].lerp_(gradient.square(), 1 - BETAS[1])
        for name, moved in (("steps", steps), ("mean", mean), ("square", square)):
            state[name].index_copy_(0, rows, moved)
        unbiased_mean, unbiased_square = (
            moment / (1 - beta**steps)[:, None] for moment, beta in zip((mean, square), BETAS, strict=True)
        )
        table.index_copy_(0, rows, value - learning_rate * unbiased_mean / (unbiased_square.sqrt() + EPSILON))

    def _slots(self, table: Tensor) -> dict[str, Tensor]:
        state: dict[str, Tensor] = self.state[table]
        if not state:
            state["steps"] = table.new_zeros(len(table))
            state["mean"], state["square"] = torch.zeros_like(table), torch.zeros_like(table)
        return state


def touched_rows(grad: Tensor) -> tuple[Tensor, Tensor]:
    """A sparse gradient (rows, width) as (n,) rows and their (n, width) sums.

    On a CPU each row stands once. How many rows differ a device is not asked, the host would wait: there n is the
    number of lookups, and the row that comes last stands again, with the same sum, in what is left over.
    """
    if grad.device.type == "cpu":
        touched = grad.coalesce()
        return touched.indices()[0], touched.values()
    return summed_in_place(grad._indices()[0], grad._values())


def summed_in_place(rows: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    """rows (n,), values (n, width) → as many, each row with the sum of its values; see `touched_rows`."""
    ordered, order = rows.sort(stable=True)
    new = torch.cat([ordered.new_ones(1, dtype=torch.bool), ordered[1:] != ordered[:-1]])[: len(ordered)]
    place = new.cumsum(0) - 1  # of each lookup among the rows that differ
    sums = torch.zeros_like(values).index_add(0, place, values[order])
    first = torch.zeros_like(ordered).scatter_(0, place, ordered)
    kept = torch.minimum(torch.arange(len(ordered), device=rows.device), place[-1:])
    return first[kept], sums[kept]
