"""Modules of somebody else for tests: one that weighs each behavior by itself, and some that go wrong."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from din_core.model.external.fields import ModuleFields
from din_core.model.external.module_batch import ModuleBatch


class PlainAttention(nn.Module):
    """Weights q·k, each by itself, and their sum of behaviors; the logit is the sum of weights and a profile's bias."""

    def __init__(self, fields: ModuleFields) -> None:
        super().__init__()
        self.table = nn.Embedding(next(iter(fields.item.values())), 4)
        self.profile = nn.ModuleList(nn.Embedding(codes, 1, padding_idx=0) for codes in fields.user.values())

    def forward(self, batch: ModuleBatch) -> tuple[Tensor, Tensor]:
        weight = (self.table(batch.behaviors[..., 0]) @ self.table(batch.candidate[:, 0])[..., None]).squeeze(2)
        logit = (weight * batch.mask).sum(1)
        for table, codes in zip(self.profile, batch.profile, strict=True):
            logit = logit + table(codes).sum((1, 2))
        return logit, weight


class GivesNan(PlainAttention):
    """A softmax over no behavior."""

    def forward(self, batch: ModuleBatch) -> tuple[Tensor, Tensor]:
        logit, weight = super().forward(batch)
        share = weight.masked_fill(~batch.mask, -torch.inf).softmax(1)
        return logit + (share * weight).sum(1), share


class OneLogitTooMany(PlainAttention):
    def forward(self, batch: ModuleBatch) -> tuple[Tensor, Tensor]:
        logit, weight = super().forward(batch)
        return torch.cat([logit, logit[:1]]), weight


class OneWeightTooFew(PlainAttention):
    def forward(self, batch: ModuleBatch) -> tuple[Tensor, Tensor]:
        logit, weight = super().forward(batch)
        return logit, weight[:, 1:]


class LogitsAlone(PlainAttention):
    def forward(self, batch: ModuleBatch) -> Tensor:  # type: ignore[override]
        return super().forward(batch)[0]


class Raises(PlainAttention):
    def forward(self, batch: ModuleBatch) -> tuple[Tensor, Tensor]:
        raise KeyError("user_age")


class ReadsPadding(PlainAttention):
    """The mean over what stands behind the end of a history, too."""

    def forward(self, batch: ModuleBatch) -> tuple[Tensor, Tensor]:
        logit, weight = super().forward(batch)
        return logit + weight.mean(1), weight


class CannotBeBuilt(PlainAttention):
    def __init__(self, fields: ModuleFields) -> None:
        raise FileNotFoundError("weights.bin")


def no_module(fields: ModuleFields) -> int:
    """What an entry point may lead to by mistake."""
    return len(fields.item)
