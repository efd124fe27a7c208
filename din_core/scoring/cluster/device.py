"""Requests scored by a cluster; what else is computed of a checkpoint, is on the cores of this machine."""

from __future__ import annotations

from torch import nn

from din_core.domain.translatable import Translatable
from din_core.model.external.network import ExternalNetwork
from din_core.model.external.options import TIMEOUT
from din_core.model.external.scoring_server import ScoringServer
from din_core.model.network import InterestNetwork, Output
from din_core.model.ragged import RaggedBatch
from din_core.scoring.cluster.batch_payload import batch_bytes, read_scores
from din_core.scoring.cluster.settings import TOKEN_FILE, ClusterAddress
from din_core.scoring.devices.cpu import CpuDevice
from din_core.scoring.scorer import Scorer

CONTENT = "application/octet-stream"
BATCHES = 8
"""Requests under way at a time; each waits for its answer in a thread."""


class ClusterNetwork(InterestNetwork):
    """In the place of a network: each batch is one POST to the cluster. Safe to share between threads."""

    def __init__(self, network: InterestNetwork, server: ScoringServer) -> None:
        nn.Module.__init__(self)  # none of a network's own parts
        self.config, self.server = network.config, server

    def forward(self, batch: RaggedBatch) -> Output:
        """Logits and weights, without interest vectors.

        ServerAway where the cluster does not answer in time, ModelFailure where it answers anything else.
        """
        answer = self.server.post(batch_bytes(batch))
        try:
            return read_scores(answer, batch, self.config)
        except ValueError as error:
            raise self.server.failure(Translatable("answered with no scores ({error})", error=str(error))) from error


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
        url, token = f"{self.address.url}/{self.fingerprint}", self.address.token
        headers = {"Content-Type": CONTENT, "Accept": CONTENT}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        statuses = {
            401: Translatable(
                "refuses the token; give this app the one of the cluster in {setting}", setting=TOKEN_FILE
            ),
            404: Translatable(
                "does not serve the checkpoint {fingerprint}; start it there too", fingerprint=self.fingerprint
            ),
        }
        return ClusterNetwork(placed, ScoringServer(url, TIMEOUT, placed.config.title, headers, statuses))


def on_cluster(scorer: Scorer, address: ClusterAddress) -> Scorer:
    """The same scorer, whose requests the cluster scores."""
    return Scorer(scorer.checkpoint, ClusterDevice(address, scorer.fingerprint))
