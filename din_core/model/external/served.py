"""A model that a server computes: a batch is one POST of JSON."""

from __future__ import annotations

import os

from torch import Tensor, nn

from din_core.domain import CheckpointError
from din_core.model.config import ModelConfig
from din_core.model.external.module_batch import ModuleBatch
from din_core.model.external.options import ServedOptions
from din_core.model.external.scoring_server import ScoringServer
from din_core.model.external.served_json import fault_of, output_of, request_of

ALLOWED = "DIN_SERVED"
"""Names the servers that batches may be sent to: `host:port`, several with commas."""
HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}


class ServedModule(nn.Module):
    """Sends each batch to the server. Safe to share between threads: each request has a connection of its own."""

    def __init__(self, options: ServedOptions, config: ModelConfig) -> None:
        """CheckpointError where the server is none of those that DIN_SERVED names."""
        super().__init__()
        self.config = config
        self.server = ScoringServer(options.url, options.timeout, config.title, HEADERS)
        allowed = {name.strip() for name in os.environ.get(ALLOWED, "").split(",")}
        if options.server not in allowed:
            raise CheckpointError(
                "its server {server} is not among those that {setting} names, so no history is sent to it; start with"
                " {setting}={server} if it may have them",
                server=options.server,
                setting=ALLOWED,
            )

    def forward(self, batch: ModuleBatch) -> tuple[Tensor, Tensor]:
        """(B,) logits and (B, T) weights.

        ServerAway where the server does not answer in time, ModelFailure where it answers anything else.
        """
        answer = self.server.post(request_of(batch, self.config))
        fault = fault_of(answer, batch)
        if fault is not None:
            raise self.server.failure(fault)
        return output_of(answer, batch)
