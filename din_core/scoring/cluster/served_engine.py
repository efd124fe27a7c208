"""A checkpoint's numbers by a cluster: every question is one POST, or as many as its limits ask for. No torch.

Dimensions: n items, F item fields, D item embedding width.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from din_core.domain.results import Floats
from din_core.model.batches.batch_arrays import BatchArrays, Rows, SetRows
from din_core.model.config import ModelConfig
from din_core.scoring.cluster.arrays import MOST_ROWS, AnyArray, finite, item_arrays, wire_arrays
from din_core.scoring.cluster.catalogue import ServedRows
from din_core.scoring.cluster.checkpoint_server import CheckpointServer
from din_core.scoring.cluster.rescoring import ServedCountRescorer
from din_core.scoring.cluster.settings import ClusterAddress
from din_core.scoring.engine import BatchScores, ScoringEngine
from din_core.scoring.rescoring.rescorer import CountRescorer
from din_core.scoring.scorer import Scorer

BATCHES = 8
"""Requests under way at a time; each waits for its answer in a thread."""


class ServedEngine(ScoringEngine):
    """Safe to share between threads.

    ServerAway where the cluster does not answer in time, ModelFailure where it answers what it should not.
    """

    batch_workers = BATCHES

    def __init__(self, server: CheckpointServer, config: ModelConfig, half_life: float | None) -> None:
        """Of a checkpoint with this config, whose pooling halves what it weighs in so many days."""
        self.server, self.config, self._half_life = server, config, half_life

    @property
    def half_life(self) -> float | None:
        """See ScoringEngine."""
        return self._half_life

    def scores(self, batch: BatchArrays) -> BatchScores:
        """See ScoringEngine."""
        p = batch.pair_total
        pairs = (p, len(self.config.item_fields)) if self.config.unit_per_field else (p,)

        def read(found: Mapping[str, AnyArray]) -> BatchScores:
            logit = finite(found, "logit", (len(batch.candidate),), np.float32)
            probability = 1 / (1 + np.exp(-logit.astype(np.float64)))
            return BatchScores(logit, probability.astype(np.float32), finite(found, "weight", pairs, np.float32))

        return self.server.ask(wire_arrays(batch), read)

    def count_rescorers(self, batch: BatchArrays, count: Floats, added: int) -> Iterator[CountRescorer]:
        """See ScoringEngine; each candidate is asked for alone."""
        for place in range(len(batch.candidate)):
            yield ServedCountRescorer(self.server, self.config, batch.one_candidate(place), count, added)

    def candidate_rows(self, rows: Rows, sets: SetRows) -> ServedRows:
        """See ScoringEngine."""
        return ServedRows(self.server, self.config, rows, sets)

    def item_vectors(self, rows: Rows, sets: SetRows) -> Floats:
        """See ScoringEngine."""
        parts = [
            self._vectors(item_arrays(rows[start : start + MOST_ROWS], sets))
            for start in range(0, len(rows), MOST_ROWS)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, self.config.item_width), np.float32)

    def _vectors(self, items: Mapping[str, AnyArray]) -> Floats:
        shape = (len(items["rows"]), self.config.item_width)
        return self.server.ask(items, lambda found: finite(found, "vector", shape, np.float32), "vectors")


def on_cluster(scorer: Scorer, address: ClusterAddress) -> Scorer:
    """The same checkpoint, computed by the cluster; a model that is not this project's stays what it is."""
    checkpoint, config = scorer.checkpoint, scorer.config
    if config.external:
        return scorer
    server = CheckpointServer(address, scorer.fingerprint, config.title)
    return Scorer(checkpoint, engine=ServedEngine(server, config, scorer.engine.half_life))
