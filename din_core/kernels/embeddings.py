"""Embedding tables read by several readers at once, with one dense gradient a table.

F item fields, a table each.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from din_core.kernels.operators import POINTER, SIZE, address, addresses, c_function, operator, sizes
from din_core.model.network import FieldEmbeddings
from din_core.model.ragged import Sets

_embed = c_function("embed", *[POINTER] * 3, SIZE, SIZE, POINTER)
_embed_backward = c_function("embed_backward", POINTER, POINTER, SIZE, *[POINTER] * 3, SIZE)


def _compute(rows: Sequence[Tensor], tables: Sequence[Tensor]) -> list[Tensor]:
    found = _fake(rows, tables)
    own, widths = addresses(*tables), sizes(*(table.shape[1] for table in tables))
    for of_reader, out in zip(rows, found, strict=True):
        _embed(address(of_reader, torch.int64), own, widths, *of_reader.shape, address(out))
    return found


def _fake(rows: Sequence[Tensor], tables: Sequence[Tensor]) -> list[Tensor]:
    width = sum(table.shape[1] for table in tables)
    return [tables[0].new_empty(len(own), width) for own in rows]


def _compute_backward(grads: Sequence[Tensor], rows: Sequence[Tensor], tables: Sequence[Tensor]) -> list[Tensor]:
    found = [table.new_empty(table.shape) for table in tables]
    pairs = [(address(own, torch.int64), address(grad)) for own, grad in zip(rows, grads, strict=True)]
    readers = (ctypes.c_void_p * (2 * len(pairs)))(*(place for pair in pairs for place in pair))
    lengths, widths = sizes(*map(len, tables)), sizes(*(table.shape[1] for table in tables))
    _embed_backward(readers, sizes(*map(len, rows)), len(rows), addresses(*found), lengths, widths, len(tables))
    return found


def _keep(ctx: Any, inputs: tuple[Any, ...], output: Sequence[Tensor]) -> None:
    rows, tables = inputs
    ctx.readers = len(rows)
    ctx.save_for_backward(*rows, *tables)


def _backpropagate(ctx: Any, grads: Sequence[Tensor]) -> tuple[Any, ...]:
    rows, tables = list(ctx.saved_tensors[: ctx.readers]), list(ctx.saved_tensors[ctx.readers :])
    return [None] * len(rows), embed_backward([grad.contiguous() for grad in grads], rows, tables)


embed_backward = operator(
    "embed_backward(Tensor[] grads, Tensor[] rows, Tensor[] tables) -> Tensor[]",
    _compute_backward,
    fake=lambda grads, rows, tables: [table.new_empty(table.shape) for table in tables],
)
embed = operator(
    "embed(Tensor[] rows, Tensor[] tables) -> Tensor[]",
    _compute,
    fake=_fake,
    backward=_backpropagate,
    setup_context=_keep,
)
"""rows (n, F) of each reader, F tables → (n, Σ widths) each."""


class AcceleratedEmbeddings(nn.Module):
    """`FieldEmbeddings` by one operator, means of several values too, and vectors by their own layer; tables whose
    gradients are sparse are read as plain ones."""

    def __init__(self, plain: FieldEmbeddings) -> None:
        super().__init__()
        self.plain = plain

    def forward(self, rows: Tensor, sets: Sets = ()) -> Tensor:
        """(n, F) rows → (n, ΣD_f)."""
        return self.several(rows, sets=sets)[0]

    def several(self, *rows: Tensor, sets: Sets = ()) -> tuple[Tensor, ...]:
        """(n, F) rows each → (n, ΣD_f) each."""
        if any(table.sparse for table in self.plain.tables):
            return self.plain.several(*rows, sets=sets)
        vectors, tables = self.plain.vectors, self.plain.weights(sets)
        if vectors is None:
            return tuple(embed([own.contiguous() for own in rows], tables))
        found = embed([own[:, :-1].contiguous() for own in rows], tables)
        last = torch.split(vectors(torch.cat([own[:, -1] for own in rows])), [len(own) for own in rows])
        return tuple(torch.cat(parts, 1) for parts in zip(found, last, strict=True))
