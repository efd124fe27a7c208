"""The app on a small world, in this process: what generated links and requests are put to."""

from __future__ import annotations

import atexit
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from unittest.mock import patch

from din_core.pages.app import failure_log
from din_core.pages.app.startup import App
from din_core.pages.session import caches
from tests.generated.memory import folder_in_memory
from tests.small_world import small_store
from tests.tiny_checkpoints import write_checkpoints


@lru_cache(maxsize=1)
def settings() -> dict[str, str]:
    """The environment variables of the app, whose store, checkpoints and shares lie in memory."""
    folder = folder_in_memory("din-generated-app-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with small_store(folder) as store:
        write_checkpoints(folder / "checkpoints", store.bulk(), kinds=("din", "base", "dien"))
    return {
        "DIN_STORE": f"sqlite:///{folder / 'world.db'}",
        "DIN_CHECKPOINTS": str(folder / "checkpoints"),
        "DIN_SHARE": f"sqlite:///{folder / 'shares' / 'shared.db'}",
        "DIN_LINK_KEYS": "generated:" + "s" * 40,
        "DIN_METRICS": "1",
        "DIN_METRICS_KEY": "the-key-of-the-metrics",
        "DIN_WORKERS": "0",
    }


@contextmanager
def small_app() -> Iterator[App]:
    """The app, as long as nothing else needs these settings otherwise; it is opened once a process."""
    with patch.dict(os.environ, settings()):
        yield caches.current_app()


class FailureWatch(logging.Handler):
    """Hears of what the app hides from visitors: failures that are logged, and answered by a sentence or by nothing."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Note it."""
        text = record.getMessage()
        if record.exc_info and record.exc_info[0] is not None:
            text += "\n" + logging.Formatter().formatException(record.exc_info)
        self.heard.append(text)


@contextmanager
def nothing_logged() -> Iterator[None]:
    """AssertionError where a failure is logged meanwhile; the app says nothing of one that it has logged lately."""
    failure_log._last.clear()
    watch, root = FailureWatch(), logging.getLogger()
    root.addHandler(watch)
    failure_log.LOG.addHandler(watch)
    try:
        yield
    finally:
        root.removeHandler(watch)
        failure_log.LOG.removeHandler(watch)
    assert not watch.heard, f"logged: {watch.heard[0][-3000:]}"
