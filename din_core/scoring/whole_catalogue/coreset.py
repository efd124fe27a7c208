"""A coreset of a history: a few behaviors that stand for all, by which likely candidates are found at a fraction of the
cost."""

from __future__ import annotations

import torch
from torch import Tensor

from din_core.model.network import InterestNetwork
from din_core.model.ragged import RaggedBatch
from din_core.scoring.whole_catalogue.coreset_size import coreset_size


def history_coreset(network: InterestNetwork, batch: RaggedBatch) -> RaggedBatch | None:
    """The history shortened to a few behaviors; None where scoring by them would cost as much as by all.

    Where order plays no part, behaviors are kept that lie far from each other, the often repeated rather than the
    rare, and each stands for those nearest to it. Else the newest are kept.
    """
    total = len(batch.behavior)
    size = coreset_size(network.config, total)
    if size is None:
        return None
    kept, count = torch.arange(total - size, total), batch.count[total - size :]
    if network.config.folds:
        with torch.inference_mode():
            kept, nearest = _farthest_points(network.item(batch.behavior, batch.sets), batch.count.sqrt(), size)
        count = batch.count.new_zeros(size).index_add(0, nearest, batch.count)
    return batch.with_behaviors(kept, (0, size), count)


def _farthest_points(k: Tensor, importance: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """(size,) rows of k (T, D) far from each other, and (T,) which of them is nearest to each row.

    One after the other: the row of most importance times its squared distance to those before.
    """
    chosen = [int(importance.argmax())]
    far = torch.cdist(k, k[chosen])
    for _ in range(size - 1):
        chosen.append(int((importance * far.amin(1).square()).argmax()))
        far = torch.cat([far, torch.cdist(k, k[chosen[-1:]])], 1)
    return torch.tensor(chosen), far.argmin(1)
