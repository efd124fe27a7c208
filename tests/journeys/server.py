"""The app as a process of its own, and a real browser to visit it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from queue import Queue

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[2]
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
STREAMLIT_RUN = ["-m", "streamlit", "run", "app.py"]
PATIENCE = 90.0
"""Seconds between two lines that the app prints at its start."""
PYTHON_APP = ["app.py"]
"""Takes its port from STREAMLIT_SERVER_PORT."""


@contextmanager
def running_app(
    settings: Mapping[str, str], how: list[str] = STREAMLIT_RUN, said: list[str] | None = None
) -> Iterator[str]:
    """Start the app with these environment variables; its address once it answers. `said` gets every line it prints."""
    inherited = {k: v for k, v in os.environ.items() if k not in ("DIN_STORE", "DIN_CHECKPOINTS")}
    data = tempfile.TemporaryDirectory(prefix="din-lens-shared-")
    port = free_port()
    options = [f"--server.port={port}"] if how is STREAMLIT_RUN else []
    own = {
        "PYTHONUNBUFFERED": "1",
        "STREAMLIT_SERVER_PORT": str(port),
        "DIN_SHARE": f"sqlite:///{data.name}/shared.db",
        "DIN_WORKERS": "0",  # whether two visitors meet is chance; `tests/pages/workers` has them answered
    }
    server = subprocess.Popen(
        [sys.executable, *how, *options],
        cwd=ROOT,
        env={**inherited, **own, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines: Queue[str | None] = Queue()
    reader = threading.Thread(target=forward, args=(server, lines, [] if said is None else said), daemon=True)
    reader.start()
    try:
        yield read_address(lines)
    finally:
        stop(server)
        reader.join(timeout=20)
        data.cleanup()


def stop(server: subprocess.Popen[str]) -> None:
    """End it: by force where it does not go by itself, and then fail."""
    server.terminate()
    try:
        server.wait(timeout=20)
    except subprocess.TimeoutExpired:
        server.kill()
        raise


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def forward(server: subprocess.Popen[str], lines: Queue[str | None], said: list[str]) -> None:
    assert server.stdout is not None
    for line in server.stdout:
        lines.put(line)
        said.append(line)
    lines.put(None)


def read_address(lines: Queue[str | None]) -> str:
    """What the server says its address is; RuntimeError with its words when it ends before."""
    said: list[str] = []
    while True:
        line = lines.get(timeout=PATIENCE)
        if line is None:
            raise RuntimeError("the app ended at its start:\n" + "".join(said))
        said.append(line)
        found = re.search(r"URL: http://[^:]+:(\d+)", line)
        if found:
            return f"http://127.0.0.1:{found[1]}/"


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Headless Chromium from the system's package."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
