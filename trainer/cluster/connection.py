"""A Ray cluster: one that runs already, or one of this machine alone that ends with the command."""

from __future__ import annotations

import os
import socket
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from din_core.domain import DinLensError

REACH_SECONDS = 10.0
ROOT = Path(__file__).parents[2]


def check_installed() -> None:
    """DinLensError where Ray is not."""
    if find_spec("ray") is None:
        raise DinLensError("Ray is not installed; install it with `pip install -r requirements-ray.txt`")


def import_ray() -> Any:
    """The module, which takes a second."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is reported to Ray's makers
    import ray

    return ray


def connect(ray: Any, address: str | None, processes: int, fewer: str, store_bytes: int | None = None) -> None:
    """Connect to the cluster at an address, or start one of this machine where it is None, with an object store of so
    many bytes (as Ray chooses).

    DinLensError where no cluster answers, or where it has fewer cores than `processes`, of which the option `fewer`
    asks for less.
    """
    # Workers import this code from where it lies here; on other machines it must lie at the same path.
    environment = {"env_vars": {"PYTHONPATH": str(ROOT)}}
    if address is None:
        ray.init(
            address="local",  # and not one that was left behind, or that somebody else started
            num_cpus=processes,
            object_store_memory=store_bytes,
            include_dashboard=False,
            runtime_env=environment,
            log_to_driver=False,
        )
        return
    try:
        _reach(address)
        os.environ.setdefault("RAY_gcs_server_port_wait_time_s", "1")  # attempts, each of which takes a minute
        ray.init(address=address, runtime_env=environment, log_to_driver=False)
    except (OSError, ValueError, RuntimeError) as error:
        raise DinLensError(
            "no Ray cluster answers at {address} ({error}); start one with `ray start --head`, or leave --ray out",
            address=address,
            error=first_line(error),
        ) from error
    here = int(ray.cluster_resources().get("CPU", 0))
    if here < processes:  # Ray would wait for more without an end
        raise DinLensError(
            "{processes:,} processes need a core each, but the Ray cluster has {here:,}; give fewer {fewer}",
            processes=processes,
            here=here,
            fewer=fewer,
        )


def _reach(address: str) -> None:
    """OSError where nobody listens at host:port: Ray itself would try for twenty minutes, without a word."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), timeout=REACH_SECONDS).close()


def check_shared(folder: Path) -> None:
    """DinLensError where this machine of a cluster does not see a folder of the machine of the command."""
    if not folder.is_dir():
        raise DinLensError(
            "{folder} is not there on {host}, a machine of the Ray cluster; name an --out on a disk that all of them "
            "share",
            folder=str(folder),
            host=socket.gethostname(),
        )


def first_line(error: BaseException) -> str:
    """Of what an error says."""
    return str(error).strip().split("\n", 1)[0]
