"""The worked example of OWN_MODEL.md: candidate and behaviors read each other, as in the Behavior Sequence Transformer
(Chen et al., DLP-KDD 2019, arXiv:1905.06874)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from din_core.model.external.fields import ModuleFields
from din_core.model.external.module_batch import ModuleBatch


class BehaviorTransformer(nn.Module):
    def __init__(self, fields: ModuleFields, width: int = 16) -> None:
        super().__init__()
        self.items = nn.ModuleList(nn.Embedding(codes, width) for codes in fields.item.values())
        self.places = nn.Embedding(fields.max_history + 1, width)
        self.layer = nn.TransformerEncoderLayer(width, 2, 2 * width, batch_first=True)
        self.score = nn.Sequential(nn.Linear(2 * width, 32), nn.ReLU(), nn.Linear(32, 1))

    def embed(self, codes: Tensor) -> Tensor:
        return torch.stack([table(codes[..., place]) for place, table in enumerate(self.items)]).sum(0)

    def forward(self, batch: ModuleBatch) -> tuple[Tensor, Tensor]:
        newest_first = batch.mask.flip(1).cumsum(1).flip(1)
        q, k = self.embed(batch.candidate)[:, None], self.embed(batch.behaviors) + self.places(newest_first)
        gone = torch.cat([torch.zeros_like(batch.mask[:, :1]), ~batch.mask], 1)
        read = self.layer(torch.cat([q, k], 1), src_key_padding_mask=gone)
        weight = (read @ read[:, 0, :, None]).squeeze(2).masked_fill(gone, -torch.inf).softmax(1)
        v = (weight[:, 1:, None] * read[:, 1:]).sum(1)
        return self.score(torch.cat([read[:, 0], v], 1)).squeeze(1), weight[:, 1:]
