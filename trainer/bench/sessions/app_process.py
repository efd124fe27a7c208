"""The app as a process of its own, with what it has spent so far."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from din_core.domain import DinLensError

ROOT = Path(__file__).parents[3]
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclass(frozen=True, slots=True)
class AppProcess:
    """A running app on this machine."""

    port: int
    pid: int

    @property
    def cpu_seconds(self) -> float:
        """Processor time of all its threads since it began, and of the worker processes that it started."""
        return sum(cpu_seconds_of(pid) for pid in self.processes)

    @property
    def megabytes(self) -> float:
        """Memory in use, resident, its worker processes' too; what they share counts for each."""
        return sum(megabytes_of(pid) for pid in self.processes)

    @property
    def processes(self) -> list[int]:
        """Its own number, and those of its children."""
        children = Path(f"/proc/{self.pid}/task")
        found = [one.read_text(encoding="ascii").split() for one in children.glob("*/children")]
        return [self.pid, *(int(number) for numbers in found for number in numbers)]


def cpu_seconds_of(pid: int) -> float:
    """Processor time of one process; 0 of one that has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def megabytes_of(pid: int) -> float:
    """Resident memory of one process; 0 of one that has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


@contextmanager
def running_app(settings: Mapping[str, str]) -> Iterator[AppProcess]:
    """Start it on a free port with these environment variables; DinLensError with its words where it ends at once."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    options = ["--server.address=127.0.0.1", f"--server.port={port}", "--logger.level=error"]
    server = subprocess.Popen(
        command + options,
        cwd=ROOT,
        env={**os.environ, **settings, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        wait_until_up(server)
        yield AppProcess(port, server.pid)
    finally:
        server.terminate()
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()


def wait_until_up(server: subprocess.Popen[str]) -> None:
    """Until it has said its address."""
    said = []
    assert server.stdout is not None
    for line in server.stdout:
        said.append(line)
        if re.search(r"URL: http://", line):
            return
    raise DinLensError("the app ended at its start: {said}", said="".join(said)[-2000:])


def free_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
