"""The process of a cluster that serves one checkpoint, as an app asks it. No torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from din_core.domain.translatable import Translatable
from din_core.model.external.options import TIMEOUT
from din_core.model.external.scoring_server import ScoringServer
from din_core.scoring.cluster.arrays import OPERATION, AnyArray, array_bytes, read_arrays
from din_core.scoring.cluster.settings import TOKEN_FILE, ClusterAddress

CONTENT = "application/octet-stream"
Read = TypeVar("Read")


class CheckpointServer:
    """Answers to arrays by arrays. Safe to share between threads: each request has a connection of its own."""

    def __init__(self, address: ClusterAddress, fingerprint: str, model: str) -> None:
        """`model` is the checkpoint's name for people."""
        headers = {"Content-Type": CONTENT, "Accept": CONTENT}
        headers |= {"Authorization": f"Bearer {address.token}"} if address.token else {}
        statuses = {
            401: Translatable(
                "refuses the token; give this app the one of the cluster in {setting}", setting=TOKEN_FILE
            ),
            404: Translatable(
                "does not serve the checkpoint {fingerprint}; start it there too", fingerprint=fingerprint
            ),
        }
        self._server = ScoringServer(f"{address.url}/{fingerprint}", TIMEOUT, model, headers, statuses)

    def ask(
        self, arrays: Mapping[str, AnyArray], read: Callable[[Mapping[str, AnyArray]], Read], operation: str = ""
    ) -> Read:
        """What `read` makes of the answer to an operation, or to a batch that is to be scored.

        ServerAway where the cluster does not answer in time, ModelFailure where it answers anything else, as where
        `read` raises ValueError.
        """
        answer = self._server.post(array_bytes(arrays), f"{OPERATION}={operation}" if operation else "")
        try:
            return read(read_arrays(answer))
        except ValueError as error:
            what = Translatable("answered with no scores ({error})", error=str(error))
            raise self._server.failure(what) from error
