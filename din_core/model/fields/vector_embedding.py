"""Pretrained vectors as an embedding: a table of them, and a learned linear layer to the field's width."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class VectorEmbedding(nn.Module):
    """Rows of pretrained vectors, projected: W·x + b. Row 0, of items without a vector, is the mean of all.

    Vectors are kept about their mean and divided by their common length (root mean square), so that a projected one
    starts about as long as a row of an embedding, whatever scale they came in.
    """

    weight: Tensor
    """(rows, V)"""

    def __init__(self, rows: int, length: int, width: int, trained: bool) -> None:
        """`trained`: fine-tuned with all else; else the table is no parameter, and stays as it is."""
        super().__init__()
        table = torch.zeros(rows, length)
        if trained:
            self.weight = nn.Parameter(table)
        else:
            self.register_buffer("weight", table)
        self.sparse = False
        """Whether a trained table's gradient holds a batch's rows only."""
        self.projection = nn.Linear(length, width)
        nn.init.normal_(self.projection.weight, std=width**-0.5)
        nn.init.zeros_(self.projection.bias)

    @torch.no_grad()
    def fill(self, vectors: Tensor) -> None:
        """(rows − 1, V): the vectors of rows 1, 2, …"""
        centred = vectors.to(self.weight) - vectors.to(self.weight).mean(0)
        length = centred.square().sum(1).mean().sqrt()
        self.weight[1:] = centred / length if length > 0 else centred
        self.weight[0] = 0

    def forward(self, rows: Tensor) -> Tensor:
        """(n,) rows → (n, width)."""
        found: Tensor = self.projection(nn.functional.embedding(rows, self.weight, sparse=self.sparse))
        return found
