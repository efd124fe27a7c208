"""One line of JSON a request, which names nobody."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from din_core.pages.app.failure_log import LOG, log_failure
from din_core.pages.app.launch import routes
from din_core.pages.monitoring import request_log
from din_core.pages.monitoring.request_log import REQUESTS, RequestLog, is_json
from din_core.pages.monitoring.request_watch import current_request
from din_core.pages.monitoring.route_names import route_of
from tests.pages.monitoring.watched import answered, headers_of, socket

FINE = PlainTextResponse("inside")


@pytest.fixture
def lines() -> Iterator[list[dict[str, object]]]:
    """What was logged; read once the block that asks is over."""
    handlers, propagate, level = list(LOG.handlers), LOG.propagate, REQUESTS.level
    LOG.handlers.clear()
    request_log.log_in_json()
    request_log.log_in_json()
    found: list[dict[str, object]] = []
    formatter = LOG.handlers[0].formatter
    assert formatter is not None and len(LOG.handlers) == 1

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(json.loads(formatter.format(record)))

    LOG.handlers[:] = [Kept()]
    yield found
    LOG.handlers[:] = handlers
    LOG.propagate = propagate
    REQUESTS.setLevel(level)


def test_a_line_has_time_id_method_route_status_and_milliseconds(lines: list[dict[str, object]]) -> None:
    sent = answered(FINE, [RequestLog()], {"path": "/lens/explain-inspect", "query_string": b"user=anna&candidate=7"})
    (line,) = lines
    assert (line["level"], line["event"], line["method"]) == ("info", "request", "GET")
    assert (line["path"], line["status"]) == ("/explain-inspect", 200)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", str(line["time"]))
    assert isinstance(line["ms"], float) and line["ms"] >= 0
    assert line["request_id"] == headers_of(sent)["x-request-id"]
    assert set(line) == {"time", "level", "event", "request_id", "method", "path", "status", "ms"}


def test_no_line_names_a_user_a_client_or_what_was_typed(lines: list[dict[str, object]]) -> None:
    for path in ("/anna", "/_stcore/upload_file/anna/7", "/_din/anna", "/media/anna.png", "/_stcore/anna"):
        answered(FINE, [RequestLog()], {"path": path, "query_string": b"user=anna"})
    assert {line["path"] for line in lines} == {"other", "/_stcore/upload_file"}
    assert "anna" not in json.dumps(lines) and "10.0.0.5" not in json.dumps(lines)


def test_the_id_that_a_proxy_gave_is_kept_and_one_that_is_none_is_replaced(lines: list[dict[str, object]]) -> None:
    for given in (b"proxy-7.a", b'a"b', b"x" * 65):
        sent = answered(FINE, [RequestLog()], {"headers": [(b"x-request-id", given)]})
        assert headers_of(sent)["x-request-id"] == lines[-1]["request_id"]
    assert lines[0]["request_id"] == "proxy-7.a"
    assert all(re.fullmatch("[0-9a-f]{16}", str(line["request_id"])) for line in lines[1:])


def test_files_and_checks_of_monitors_are_logged_only_where_they_fail(lines: list[dict[str, object]]) -> None:
    for path in ("/static/js/x.js", "/_din/health", "/_stcore/health", "/_din/metrics"):
        answered(FINE, [RequestLog()], {"path": path})
    assert lines == []
    answered(PlainTextResponse("", 503), [RequestLog()], {"path": "/_din/health"})
    assert [line["status"] for line in lines] == [503]


def test_an_exception_is_a_line_with_status_500(lines: list[dict[str, object]]) -> None:
    async def broken(_: Scope, __: Receive, ___: Send) -> None:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        answered(broken, [RequestLog()], {"path": "/_din/what-if", "method": "POST"})
    assert [(line["path"], line["status"]) for line in lines] == [("/_din/what-if", 500)]


def test_a_connection_is_a_line_when_it_ends_and_a_refused_one_too(lines: list[dict[str, object]]) -> None:
    async def closed(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "websocket.close", "code": 1008})

    scope = {"type": "websocket", "path": "/_stcore/stream", "method": "WEBSOCKET"}
    answered(socket, [RequestLog()], scope)
    answered(closed, [RequestLog()], scope)
    assert [(line["method"], line["status"]) for line in lines] == [("WEBSOCKET", 101), ("WEBSOCKET", 403)]


def test_a_failure_says_in_which_request_it_happened(lines: list[dict[str, object]]) -> None:
    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        log_failure(OSError(f"disk full in {scope['path']}, only here"))
        await FINE(scope, receive, send)

    answered(failing, [RequestLog()], {"headers": [(b"x-request-id", b"seven")], "path": "/_din/inspect"})
    failure, request = lines
    assert failure["request_id"] == request["request_id"] == "seven"
    assert failure["level"] == "error" and "disk full" in str(failure["event"])
    assert current_request.get() is None


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/", "/"),
        ("/whatif", "/whatif"),
        ("/base/_din/card.png", "/_din/card.png"),
        ("/_din/script/plotly.js", "/_din/script"),
        ("/component/x/y.js", "files"),
        ("/_din", "other"),
    ],
)
def test_a_path_is_told_as_the_route_that_it_meets(path: str, route: str) -> None:
    assert route_of(path) == route


def test_every_route_beside_the_pages_has_a_name() -> None:
    for route in routes():
        path = route.path.replace("/{base:path}", "").replace("{name}", "x")
        assert route_of(f"/{path.lstrip('/')}") != "other", path


def test_a_format_of_the_log_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIN_LOG", "yaml")
    with pytest.raises(SystemExit, match='DIN_LOG is "yaml"; json logs'):
        is_json()
