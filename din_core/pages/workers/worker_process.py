"""One worker process, as the app sees it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Lock, Thread

from din_core.pages.workers.channel import READY, RouteQuestion, read_answer, send_question

ROOT = Path(__file__).parents[3]
COMMAND = (sys.executable, "-m", "din_core.pages.workers.worker")
OPENING_SECONDS = 300.0
ANSWER_SECONDS = 30.0
"""After which a worker counts as lost."""
ENDING_SECONDS = 5.0


class WorkerProcess:
    """Starts at once; `is_ready` once it has opened store and models, `is_gone` once it cannot answer any more."""

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        """`command` starts it, with its end of the socket as standard input."""
        self._channel, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(command, stdin=theirs.fileno(), env=environment())
        self._turn = Lock()
        self.is_ready = self.is_gone = False
        self.waiting = 0
        """Questions that are asked of it, or wait for it."""
        self.opening = Thread(target=self._await_ready, name="din-lens-worker-start", daemon=True)
        """Over once it is ready or gone."""
        self.opening.start()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def ask(self, question: RouteQuestion, *, language: str, app: str) -> tuple[bytes, bytes]:
        """What kind of answer, and the message. OSError where it has ended, or does not answer in time."""
        with self._turn:
            try:
                send_question(self._channel, question, language=language, app=app)
                return read_answer(self._channel)
            except OSError:  # what comes later could be the answer to another question
                self.end()
                raise

    def end(self) -> None:
        """End it; safe to call again."""
        self.is_ready, self.is_gone = False, True
        self._channel.close()
        self._process.terminate()
        try:
            self._process.wait(ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _await_ready(self) -> None:
        try:
            self._channel.settimeout(OPENING_SECONDS)
            kind, _ = read_answer(self._channel)
            self._channel.settimeout(ANSWER_SECONDS)
            self.is_ready = kind == READY and not self.is_gone
        except OSError:
            self.end()


def environment() -> dict[str, str]:
    """The app's own, and where the package is: it may have been started from any folder."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
