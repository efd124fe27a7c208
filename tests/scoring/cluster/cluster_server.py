"""A server that scores a checkpoint as a cluster does, without Ray; it can be told to go wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import torch

from din_core.kernels.evaluation import accelerate_evaluation
from din_core.model.checkpoint import Checkpoint
from din_core.scoring.cluster.arrays import OPERATION
from din_core.scoring.cluster.batch_payload import join_batches, read_batch, scores_bytes
from din_core.scoring.cluster.operations import CheckpointOperations
from tests.external.answering_server import AnsweringServer

Answer = Callable[[str, bytes], tuple[int, bytes]]


class ClusterServer(AnsweringServer):
    """`answer` may be replaced while it runs, `asked` holds paths and headers."""

    def __init__(self, *checkpoints: Checkpoint) -> None:
        self.operations: dict[str, CheckpointOperations] = {}
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

    def well(self, path: str, content: bytes) -> tuple[int, bytes]:
        """What a process of a cluster answers."""
        path, _, query = path.partition("?")
        checkpoint = self.checkpoints.get(path)
        if checkpoint is None:
            return 404, b""
        if not query:
            return 200, scores_between(checkpoint, content)
        made = CheckpointOperations(checkpoint.model, accelerate_evaluation(checkpoint.model))
        try:
            return 200, self.operations.setdefault(path, made).answer(query.removeprefix(f"{OPERATION}="), content)
        except ValueError as error:
            return 400, str(error).encode()


@torch.inference_mode()
def scores_between(checkpoint: Checkpoint, content: bytes) -> bytes:
    """Of a batch that stands between two of itself, as one forward pass of several requests has it."""
    batch = read_batch(content, checkpoint.config)
    output = checkpoint.model(join_batches([batch] * 3))
    candidates, pairs = len(batch.candidate), batch.pair_total
    return scores_bytes(output.logit[candidates : 2 * candidates], output.weight[pairs : 2 * pairs])


@contextmanager
def serving(*checkpoints: Checkpoint) -> Iterator[ClusterServer]:
    server = ClusterServer(*checkpoints)
    try:
        yield server
    finally:
        server.stop()
