"""A checkpoint's numbers by its network, on a device of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
import torch

from din_core.domain.results import Floats
from din_core.kernels.evaluation import accelerate_evaluation
from din_core.model.batches.batch_arrays import BatchArrays, Rows, SetRows
from din_core.model.checkpoint import Checkpoint
from din_core.model.external.network import ExternalNetwork
from din_core.model.external.traits import ModuleTraits
from din_core.model.network import InterestNetwork
from din_core.model.ragged import RaggedBatch, sets_of
from din_core.scoring.devices import CPU, Device
from din_core.scoring.engine import BatchScores, ScoringEngine, no_vectors
from din_core.scoring.rescoring.rescorer import CountRescorer
from din_core.scoring.rescoring.rescorer_choice import count_rescorers
from din_core.scoring.whole_catalogue.row_catalogue import RowCatalogue


class LocalEngine(ScoringEngine):
    """Safe to share between threads."""

    def __init__(self, checkpoint: Checkpoint, device: Device | None = None) -> None:
        self.model, self.device = checkpoint.model, device or CPU
        self.batch_workers = self.device.batch_workers
        self.placed = self.device.place(checkpoint.model)
        self._network = self.device.request_network(self.placed)

    @cached_property
    def cpu_network(self) -> InterestNetwork:
        """The checkpoint's network on this machine's cores, with compiled kernels: for what no device is asked for."""
        return accelerate_evaluation(self.model)

    @property
    def traits(self) -> ModuleTraits | None:
        """See ScoringEngine."""
        return self.model.traits if isinstance(self.model, ExternalNetwork) else None

    @property
    def half_life(self) -> float | None:
        """See ScoringEngine."""
        found = getattr(getattr(self.model, "pooling", None), "half_life", None)
        return None if found is None else float(found.detach())

    @torch.inference_mode()
    def scores(self, batch: BatchArrays) -> BatchScores:
        """See ScoringEngine."""
        with self.device.stream():
            output = self._network(RaggedBatch.of(batch).to(self.device.device))
            scored, weights = output.logit.cpu(), output.weight.cpu()
        return BatchScores(scored.numpy(), scored.sigmoid().numpy(), weights.numpy())

    def count_rescorers(self, batch: BatchArrays, count: Floats, added: int) -> Iterator[CountRescorer]:
        """See ScoringEngine; what the history brings is computed once for all candidates."""
        return count_rescorers(self.model, lambda: self.cpu_network, RaggedBatch.of(batch), count)

    def candidate_rows(self, rows: Rows, sets: SetRows) -> RowCatalogue:
        """See ScoringEngine."""
        return RowCatalogue(self.model, torch.from_numpy(rows), self.device, self.placed, sets_of(sets))

    @torch.no_grad()
    def item_vectors(self, rows: Rows, sets: SetRows) -> Floats:
        """See ScoringEngine; of a model that is not this project's where its owner gives it a method `embed`."""
        model, read = self.model, torch.from_numpy(rows)
        if not isinstance(model, ExternalNetwork):
            return np.asarray(model.item(read, sets_of(sets)))
        if not model.embeds:
            raise no_vectors(model.config.title, None)
        return np.asarray(model.embed(read))
