"""`DIN_LOG=json`: one line of JSON for each page load, each question of a page and each failure.

A line names no user, item, snapshot or client: only the route, never the query, and no path that a stranger typed. The
one exception are failures, whose sentence may name what could not be found or read.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from datetime import UTC, datetime

from din_core.pages.app.failure_log import LOG
from din_core.pages.monitoring.request_watch import HandledRequest, current_request

SETTING = "DIN_LOG"
REQUESTS = logging.getLogger("din_lens.requests")
MONITORS = {f"/{core}/{name}" for core in ("_din", "_stcore") for name in ("health", "metrics")}
UNLOGGED = frozenset({"files", "/_din/script", "/_din/font", *MONITORS})
"""What is asked for by the dozen, or every few seconds: logged only where the answer is an error of the server's."""
SERVER_ERRORS = 500


def is_json() -> bool:
    """Whether DIN_LOG asks for lines of JSON; SystemExit for a value that says neither."""
    value = os.environ.get("DIN_LOG", "")
    if value not in ("", "text", "json"):
        raise SystemExit(f'error: {SETTING} is "{value}"; json logs a line of JSON a request, text only failures')
    return value == "json"


class RequestLog:
    """Writes requests into the log."""

    def opened(self) -> None:
        """A websocket is logged when it is closed."""

    def received(self, message: bytes) -> None:
        """What a page says is not logged."""

    def handled(self, request: HandledRequest) -> None:
        """One line, where it is worth one."""
        if request.route in UNLOGGED and request.status < SERVER_ERRORS:
            return
        fields = {
            "request_id": request.request_id,
            "method": request.method,
            "path": request.route,
            "status": request.status,
            "ms": round(1000 * request.seconds, 1),
        }
        REQUESTS.info("request", extra={"fields": fields})


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Time in UTC, level, what happened, and the fields of a request; of a failure the request it happened in."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        fields = getattr(record, "fields", None) or {"request_id": current_request.get()}
        line = {"time": at, "level": record.levelname.lower(), "event": record.getMessage(), **fields}
        return json.dumps(line, ensure_ascii=False)


def log_in_json() -> None:
    """Have requests and failures logged so, on standard output; calling it again changes nothing."""
    if any(isinstance(handler.formatter, JsonLines) for handler in LOG.handlers):
        return
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    LOG.addHandler(handler)
    LOG.propagate = False
    REQUESTS.setLevel(logging.INFO)
