"""A server that scores a checkpoint as a cluster does, without Ray; it can be told to go wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import torch

from din_core.model.checkpoint import Checkpoint
from din_core.scoring.cluster.batch_payload import join_batches, read_batch, scores_bytes
from tests.external.answering_server import AnsweringServer

Answer = Callable[[str, bytes], tuple[int, bytes]]


class ClusterServer(AnsweringServer):
    """`answer` may be replaced while it runs, `asked` holds paths and headers."""

    def __init__(self, *checkpoints: Checkpoint) -> None:
        self.checkpoints = {f"/{own.fingerprint}": own for own in checkpoints}
        self.answer: Answer = self.well
        self.asked: list[tuple[str, str | None]] = []
        super().__init__(self.reply)

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def reply(self, request: BaseHTTPRequestHandler, content: bytes) -> tuple[int, bytes]:
        self.asked.append((request.path, request.headers["Authorization"]))
        return self.answer(request.path, content)

    @torch.inference_mode()
    def well(self, path: str, content: bytes) -> tuple[int, bytes]:
        """The scores of a batch that stands between two of itself, as one forward pass of several requests does it."""
        checkpoint = self.checkpoints.get(path)
        if checkpoint is None:
            return 404, b""
        batch = read_batch(content, checkpoint.config)
        output = checkpoint.model(join_batches([batch] * 3))
        candidates, pairs = len(batch.candidate), batch.pair_total
        return 200, scores_bytes(output.logit[candidates : 2 * candidates], output.weight[pairs : 2 * pairs])


@contextmanager
def serving(*checkpoints: Checkpoint) -> Iterator[ClusterServer]:
    server = ClusterServer(*checkpoints)
    try:
        yield server
    finally:
        server.stop()
