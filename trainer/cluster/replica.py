"""One process of a Ray Serve application: it answers batches of candidates and histories for one checkpoint.

This file alone imports Ray at its top, so nothing imports it but `serving.py`, when it is asked to serve.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Sequence
from pathlib import Path

import torch
from ray import serve
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from din_core.model.checkpoint import load_checkpoint
from din_core.model.network import Output
from din_core.model.ragged import RaggedBatch
from din_core.scoring.cluster.arrays import OPERATION
from din_core.scoring.cluster.batch_payload import join_batches, read_batch, scores_bytes
from din_core.scoring.cluster.operations import CheckpointOperations
from din_core.scoring.devices import CPU
from trainer.cluster.options import BATCH_SECONDS, MOST_BYTES, MOST_REQUESTS


class ScorerReplica:
    """Scores as `Scorer` on one machine does; requests that wait at the same time go through the network together."""

    def __init__(self, folder: str, fingerprint: str, token_digest: str | None) -> None:
        """`token_digest` is the SHA-256 of the token that requests must show; RuntimeError where the folder holds
        another checkpoint by now."""
        torch.set_num_threads(1)
        checkpoint = load_checkpoint(Path(folder))
        if checkpoint.fingerprint != fingerprint:
            raise RuntimeError(f"{folder} holds the checkpoint {checkpoint.fingerprint} by now, not {fingerprint}")
        self.config, self.token_digest = checkpoint.config, token_digest
        self.network = CPU.request_network(CPU.place(checkpoint.model))
        self.operations = CheckpointOperations(checkpoint.model, self.network)

    async def __call__(self, request: HttpRequest) -> Response:
        """200 with scores, or with the answer to the operation that the query names; 401, 405, 413 or 400 with a
        sentence for what is no request, alone and not with others."""
        if not self._shows_token(request.headers.get("authorization", "")):
            return Response("the token is missing or another", 401, {"WWW-Authenticate": "Bearer"})
        if request.method != "POST":
            return Response("send a batch by POST", 405, {"Allow": "POST"})
        content = await _limited_body(request)
        if content is None:
            return Response(f"a batch may have {MOST_BYTES:,} bytes", 413)
        operation = request.query_params.get(OPERATION)
        try:
            if operation is not None:
                return _answer(await asyncio.to_thread(self.operations.answer, operation, content))
            batch = read_batch(content, self.config)
        except ValueError as error:
            return Response(f"this is no {(operation and 'operation') or 'batch'} of the checkpoint: {error}", 400)
        return _answer(await self.score(batch))

    @serve.batch(max_batch_size=MOST_REQUESTS, batch_wait_timeout_s=BATCH_SECONDS)  # type: ignore[untyped-decorator]
    async def score(self, batches: Sequence[RaggedBatch]) -> list[bytes]:
        """The scores of one batch; called with several by Ray Serve, and it gives those of each by one forward pass."""
        output = await asyncio.to_thread(self._run, join_batches(batches))
        logits = torch.split(output.logit, [len(own.candidate) for own in batches])
        weights = torch.split(output.weight, [own.pair_total for own in batches])
        return [scores_bytes(logit, weight) for logit, weight in zip(logits, weights, strict=True)]

    @torch.inference_mode()
    def _run(self, batch: RaggedBatch) -> Output:
        output: Output = self.network(batch)
        return output

    def _shows_token(self, header: str) -> bool:
        if self.token_digest is None:
            return True
        shown = hashlib.sha256(header.removeprefix("Bearer ").encode()).hexdigest()
        return header.startswith("Bearer ") and hmac.compare_digest(shown, self.token_digest)


def _answer(content: bytes) -> Response:
    return Response(content, media_type="application/octet-stream")


async def _limited_body(request: HttpRequest) -> bytes | None:
    """The whole body; None where it is larger than it may be."""
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > MOST_BYTES:
            return None
    return bytes(content)
