"""Requests scored by a cluster; what else is computed of a checkpoint, is on the cores of this machine."""

from __future__ import annotations

from torch import nn

from din_core.model.config import ModelConfig
from din_core.model.external.network import ExternalNetwork
from din_core.model.network import InterestNetwork, Output
from din_core.model.ragged import RaggedBatch
from din_core.scoring.cluster.batch_payload import batch_arrays, read_scores
from din_core.scoring.cluster.checkpoint_server import CheckpointServer
from din_core.scoring.cluster.settings import ClusterAddress
from din_core.scoring.devices.cpu import CpuDevice
from din_core.scoring.scorer import Scorer

BATCHES = 8
"""Requests under way at a time; each waits for its answer in a thread."""


class ClusterNetwork(InterestNetwork):
    """In the place of a network: each batch is one POST to the cluster. Safe to share between threads."""

    def __init__(self, network: InterestNetwork, server: CheckpointServer) -> None:
        nn.Module.__init__(self)  # none of a network's own parts
        self.config, self.server = network.config, server

    def forward(self, batch: RaggedBatch) -> Output:
        """Logits and weights, without interest vectors.

        ServerAway where the cluster does not answer in time, ModelFailure where it answers anything else.
        """
        return self.server.ask(batch_arrays(batch), lambda answer: read_scores(answer, batch, self.config))


class ClusterDevice(CpuDevice):
    """Of one checkpoint."""

    batch_workers = BATCHES

    def __init__(self, address: ClusterAddress, fingerprint: str) -> None:
        super().__init__()
        self.address, self.fingerprint = address, fingerprint

    def request_network(self, placed: InterestNetwork) -> InterestNetwork:
        """What asks the cluster; a model that is not this project's stays what it is."""
        if isinstance(placed, ExternalNetwork):
            return super().request_network(placed)
        return ClusterNetwork(placed, self.server(placed.config))

    def server(self, config: ModelConfig) -> CheckpointServer:
        """Of the checkpoint, which is of this config."""
        return CheckpointServer(self.address, self.fingerprint, config.title)


def on_cluster(scorer: Scorer, address: ClusterAddress) -> Scorer:
    """The same scorer, whose requests the cluster scores."""
    return Scorer(scorer.checkpoint, ClusterDevice(address, scorer.fingerprint))
