"""A server that scores a checkpoint as a cluster does, without Ray; it can be told to go wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import torch

from din_core.model.checkpoint import Checkpoint
from din_core.scoring.cluster.batch_payload import join_batches, read_batch, scores_bytes

Answer = Callable[[str, bytes], tuple[int, bytes]]


class ClusterServer:
    """On a port of its own; `answer` may be replaced while it runs, `asked` holds paths and headers."""

    def __init__(self, *checkpoints: Checkpoint) -> None:
        self.checkpoints = {f"/{own.fingerprint}": own for own in checkpoints}
        self.answer: Answer = self.well
        self.asked: list[tuple[str, str | None]] = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                owner.asked.append((self.path, self.headers["Authorization"]))
                status, body = owner.answer(self.path, content)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.handle_error = lambda *_: None  # who asked may be gone, as after its time limit
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{self.host}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

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

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def serving(*checkpoints: Checkpoint) -> Iterator[ClusterServer]:
    server = ClusterServer(*checkpoints)
    try:
        yield server
    finally:
        server.stop()
