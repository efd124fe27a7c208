"""What is asked of a cluster that serves, and its limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from din_core.domain import DinLensError

MOST_BYTES = 2**26
"""Of one request."""
MOST_REQUESTS = 32
"""That one forward pass takes."""
BATCH_SECONDS = 0.002
"""That a request waits for others."""
MOST_REPLICAS = 1_000
STORE_BYTES = 200_000_000
"""Of Ray's object store on a cluster of this machine alone that serves: requests do not go through it."""
MOST_WORKERS = 1_000
MOST_FAILURES = 10
"""Times that workers of one training run are replaced."""
LOCAL = "local"
"""The address that stands for a new cluster of this machine alone."""


@dataclass(frozen=True)
class ServingOptions:
    """What is served, by how many processes, and where."""

    checkpoints: tuple[Path, ...]
    replicas: int = 1
    """Processes of each checkpoint."""
    host: str = "127.0.0.1"
    port: int = 8000
    address: str | None = None
    """Of a Ray cluster that runs already; one of this machine alone is started where it is None."""
    token: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for name, value, most in (("replicas", self.replicas, MOST_REPLICAS), ("port", self.port, 65_535)):
            if not 1 <= value <= most:
                raise DinLensError(
                    "--{name} is {value}, but must be 1 to {most:,}; give another", name=name, value=value, most=most
                )
        if self.token is None and not _is_this_machine(self.host):
            raise DinLensError(
                "--host {host} is open to the network, but no token is given; name a file with one by --token-file",
                host=self.host,
            )


@dataclass(frozen=True)
class ClusterOptions:
    """Where a model is trained, and by how many processes."""

    address: str
    """Of a Ray cluster that runs already, or LOCAL."""
    workers: int = 2
    shard_tables: bool = False
    """Whether each worker holds some rows of the large item tables; else all hold copies."""

    def __post_init__(self) -> None:
        if not 1 <= self.workers <= MOST_WORKERS:
            raise DinLensError(
                "--workers is {value}, but must be 1 to {most:,}; give another", value=self.workers, most=MOST_WORKERS
            )

    @property
    def running_address(self) -> str | None:
        """None where a cluster is to be started."""
        return running_address(self.address)


def running_address(address: str) -> str | None:
    """Of a cluster that runs already; None where one is to be started."""
    return None if address == LOCAL else address


def check_device(device: str) -> None:
    """DinLensError for a device that no worker of a cluster has."""
    if device not in ("auto", "cpu"):
        raise DinLensError("--ray trains on CPUs, but --device is {device}; leave out one of them", device=device)


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
