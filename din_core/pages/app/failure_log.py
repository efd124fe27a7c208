"""Failures in the server's log: with their details, without passwords, and not anew at every visit."""

from __future__ import annotations

import logging
import os
import time
import traceback
from threading import Lock

from din_core.domain import DinLensError
from din_core.pages.language.shown_paths import shown_path
from din_core.store import hide_password

LOG = logging.getLogger("din_lens")
STREAMLIT_ERRORS = "streamlit.error_util"
"""Streamlit's own logger of what a script or a callback raises."""
QUIET_SECONDS = 60.0
"""For so long the same failure is not logged again."""
MOST_KEPT = 100

_last: dict[str, float] = {}
_lock = Lock()


def hide_passwords_of_streamlit() -> None:
    """Streamlit logs what a callback raises before it asks anybody: without the password of DIN_STORE from here on."""
    from streamlit.logger import get_logger

    logger = get_logger(STREAMLIT_ERRORS)
    if not any(isinstance(one, _HidePasswords) for one in logger.filters):
        logger.addFilter(_HidePasswords())


class _HidePasswords(logging.Filter):
    """Writes the traceback out, so that the password in it can be hidden."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if record.exc_info and record.exc_info[0] is not None:
            text = f"{text}\n{''.join(traceback.format_exception(*record.exc_info))}"
        record.msg, record.args = hide_password(text, os.environ.get("DIN_STORE", "")), ()
        record.exc_info = record.exc_text = None
        return True


def log_failure(error: Exception) -> None:
    """Log what happened; of what is the input's fault, and has no further cause, its sentence alone."""
    if was_logged(f"{type(error).__name__}: {error}"):
        return
    is_told = isinstance(error, DinLensError) and error.__cause__ is None
    text = str(error) if is_told else "".join(traceback.format_exception(error))
    LOG.error("%s", hide_password(text, os.environ.get("DIN_STORE", "")))


def log_warning(sentence: str) -> None:
    """Log what an operator should know and no page says."""
    if not was_logged(sentence):
        LOG.warning("%s", sentence)


def was_logged(name: str) -> bool:
    """Whether it is not to be logged again yet; otherwise from now on."""
    now = time.monotonic()
    with _lock:
        if now - _last.get(name, -QUIET_SECONDS) < QUIET_SECONDS:
            return True
        if len(_last) >= MOST_KEPT:
            _last.clear()
        _last[name] = now
    return False


def reason_of(error: Exception) -> str:
    """What may be said of a failure to everybody: of a file its name and what the system says, else only the kind."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {shown_path(error.filename)}" if error.filename else error.strerror
    return type(error).__name__
