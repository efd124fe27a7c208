"""Starting and ending a Ray Serve application for each of some checkpoints."""

from __future__ import annotations

import hashlib
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from din_core.domain import DinLensError
from din_core.model.checkpoint import load_checkpoint
from trainer.cluster.connection import check_installed, connect, first_line, import_ray
from trainer.cluster.options import STORE_BYTES, ServingOptions


@contextmanager
def serving(options: ServingOptions) -> Iterator[dict[str, str]]:
    """Each checkpoint's URL by its folder, while the cluster serves them.

    DinLensError where Ray is not installed, a checkpoint cannot be served or the port is taken.
    """
    check_installed()
    fingerprints = {str(folder.resolve()): _fingerprint(folder) for folder in options.checkpoints}
    if options.address is None:
        _check_port(options.host, options.port)
    ray = import_ray()
    from ray import serve

    with redirect_stdout(sys.stderr):  # Ray tells there what goes on; stdout holds the result alone
        try:
            processes = options.replicas * len(set(fingerprints.values()))
            connect(ray, options.address, processes, fewer="--replicas", store_bytes=STORE_BYTES)
            yield _served(serve, options, fingerprints)
        finally:
            _disconnect(ray, serve, options, fingerprints)


def _served(serve: Any, options: ServingOptions, fingerprints: Mapping[str, str]) -> dict[str, str]:
    """URLs by folder, once all processes are there."""
    # Where a Serve instance runs on the cluster already, its own address and port stay.
    serve.start(http_options={"host": options.host, "port": options.port})
    for folder, fingerprint in fingerprints.items():
        try:
            _run(serve, folder, fingerprint, options)
        except RuntimeError as error:
            raise DinLensError(
                "{folder} cannot be served ({error}); Ray's log says why", folder=folder, error=first_line(error)
            ) from error
    return {folder: f"http://{options.host}:{options.port}/{own}" for folder, own in fingerprints.items()}


def _disconnect(ray: Any, serve: Any, options: ServingOptions, fingerprints: Mapping[str, str]) -> None:
    """End what was started, and nothing else."""
    if ray.is_initialized() and options.address is None:
        serve.shutdown()
    elif ray.is_initialized():
        for name in set(fingerprints.values()) & set(serve.status().applications):
            serve.delete(name)
    ray.shutdown()


def _fingerprint(folder: Path) -> str:
    checkpoint = load_checkpoint(folder)
    if checkpoint.config.external:
        raise DinLensError(
            "{title} in {folder} is not a model of DIN Lens, so no cluster serves it; leave it out",
            title=checkpoint.config.title,
            folder=str(folder),
        )
    return checkpoint.fingerprint


def _check_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise DinLensError(
                "port {port} of {host} cannot be listened to ({error}); name another with --port",
                port=port,
                host=host,
                error=error.strerror or str(error),
            ) from error


def _run(serve: Any, folder: str, fingerprint: str, options: ServingOptions) -> None:
    """Wait until all replicas of a checkpoint are there."""
    from trainer.cluster.replica import ScorerReplica

    deployment = serve.deployment(
        num_replicas=options.replicas,
        max_ongoing_requests=128,
        health_check_period_s=2,
        ray_actor_options={"num_cpus": 1},
    )(ScorerReplica)
    digest = None if options.token is None else hashlib.sha256(options.token.encode()).hexdigest()
    app = deployment.bind(folder, fingerprint, digest)
    serve.run(app, name=fingerprint, route_prefix=f"/{fingerprint}")
