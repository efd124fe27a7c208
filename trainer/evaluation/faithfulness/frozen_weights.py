"""Third test of Wiegreffe and Pinter (EMNLP 2019, arXiv:1908.04626): are trained weights of use to another model?

A network without attention of its own is trained from the start with the trained weights as fixed numbers, and the
same once more with their means. Where weights only fit the network that made them, they help no other.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import torch
from torch import Tensor, nn

from din_core.model.attention import Pooled
from din_core.model.checkpoint import Checkpoint
from din_core.model.network import InterestNetwork
from din_core.model.ragged import RaggedBatch
from trainer.evaluation.evaluate import Split
from trainer.evaluation.faithfulness.metric_differences import metric_differences
from trainer.evaluation.faithfulness.uniform_weights import mean_weight, pooled
from trainer.training.calibration.calibrate import calibrate, form_of
from trainer.training.fitting.fit import fit
from trainer.training.fitting.options import FitOptions
from trainer.training.samples import build_samples


class FrozenWeights(nn.Module):
    """Weighted sum pooling with the weights of a trained network, which learns nothing more."""

    def __init__(self, teacher: InterestNetwork, uniform: bool) -> None:
        super().__init__()
        self._teacher = (teacher,)  # in a tuple: no part of this network's state
        self.uniform = uniform

    def forward(self, q: Tensor, k: Tensor, batch: RaggedBatch) -> Pooled:
        """q (M, D) plays no part; k (N, D) are this network's own embeddings."""
        (teacher,) = self._teacher
        with torch.no_grad():
            q, k_teacher = teacher.item.several(batch.candidate, batch.behavior, sets=batch.sets)
            weight = teacher.pooling(q, k_teacher, batch).weight
        return pooled(mean_weight(weight, batch) if self.uniform else weight, k, batch, teacher.config)


def retrained(checkpoint: Checkpoint, on: Split) -> dict[str, Any]:
    """Figures of both networks, fitted with the checkpoint's own options and measured on a split."""
    teacher, config = checkpoint.model.to(on.device), checkpoint.config
    train, valid = (
        build_samples(on.bulk, checkpoint.vocabulary, split, config.max_history, config.folds).to(on.device)
        for split in ("train", "valid")
    )
    known = {own.name for own in dataclasses.fields(FitOptions)}
    recorded = {**checkpoint.metrics.get("options", {}), **checkpoint.metrics.get("fitted", {})}
    options = FitOptions(**{k: v for k, v in recorded.items() if k in known})
    networks = []
    for uniform in (False, True):
        torch.manual_seed(options.seed)
        network = InterestNetwork(config)
        network.pooling = FrozenWeights(teacher, uniform)
        if network.counts is not None and teacher.counts is not None:
            network.counts.load_state_dict(teacher.counts.state_dict())
        if network.item.vectors is not None and teacher.item.vectors is not None:
            network.item.vectors.load_state_dict(teacher.item.vectors.state_dict())
        fit(network.to(on.device), train, valid, options)
        calibrate(network, valid, form_of(checkpoint.metrics))  # as the checkpoint is
        networks.append(network)
    return metric_differences(on, checkpoint, dict(zip(("frozen", "frozen_uniform"), networks, strict=True)))
