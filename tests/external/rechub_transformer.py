"""The worked example of a library's model as a module of one's own: torch-rechub's BST (Chen et al., DLP-KDD 2019,
arXiv:1905.06874), under the library's own parameter names."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from din_core.model.external.fields import ModuleFields
from din_core.model.external.module_batch import ModuleBatch


class RechubTransformer(nn.Module):
    def __init__(
        self,
        fields: ModuleFields,
        others: Sequence[str],
        width: int,
        other_width: int,
        dims: Sequence[int],
        heads: int = 8,
        layers: int = 1,
        padding: str = "pre",
        head: int | None = None,
    ) -> None:
        super().__init__()
        self.fields, self.others, self.padding, self.head = fields, others, padding, head
        rows = {**fields.user, **fields.context}
        tables = {name: nn.Embedding(codes, width) for name, codes in fields.item.items()}
        tables |= {name: nn.Embedding(rows[name], other_width) for name in others}
        self.embedding = nn.ModuleDict({"embed_dict": nn.ModuleDict(tables)})
        whole = width * len(fields.item)
        self.pos_embedding = nn.Embedding(fields.max_history + 1, whole)
        layer = nn.TransformerEncoderLayer(whole, heads, activation=nn.LeakyReLU(), batch_first=True)
        self.transformer_layers = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        parts, read = [], 2 * whole + other_width * len(others)
        for size in dims:
            parts += [nn.Linear(read, size), nn.BatchNorm1d(size), nn.ReLU(), nn.Dropout()]
            read = size
        self.mlp = nn.ModuleDict({"mlp": nn.Sequential(*parts, nn.Linear(read, 1))})

    def embed(self, codes: Tensor) -> Tensor:
        tables = (self.embedding["embed_dict"][name] for name in self.fields.item)
        return torch.cat([table(codes[..., place]) for place, table in enumerate(tables)], -1)

    def forward(self, batch: ModuleBatch) -> tuple[Tensor, Tensor]:
        last = self.fields.max_history
        place = torch.arange(batch.mask.shape[1]).expand(batch.mask.shape)
        if self.padding == "pre":
            place = (place + last - batch.lengths[:, None]).clamp(max=last)
        q, k = self.embed(batch.candidate), self.embed(batch.behaviors) + self.pos_embedding(place)
        x = torch.cat([k, (q + self.pos_embedding.weight[last])[:, None]], 1)
        gone = nn.functional.pad((batch.behaviors == 0).all(2), (0, 1))  # the candidate, behind all, is there
        *before, layer = self.transformer_layers.layers
        for own in before:
            x = own(x, src_key_padding_mask=gone)
        weight = layer.self_attn(x, x, x, key_padding_mask=gone, average_attn_weights=False)[1][:, :, -1, :-1]
        read = layer(x, src_key_padding_mask=gone)[:, -1]
        columns = [codes[:, 0] for codes in batch.profile] + list(batch.context.unbind(1))
        codes = dict(zip([*self.fields.user, *self.fields.context], columns, strict=True))
        others = [self.embedding["embed_dict"][name](codes[name]) for name in self.others]
        logit = self.mlp["mlp"](torch.cat([read, q, *others], 1)).squeeze(1)
        return logit, weight.mean(1) if self.head is None else weight[:, self.head]
