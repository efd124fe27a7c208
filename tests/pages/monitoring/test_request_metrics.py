"""Figures for Prometheus, and who may read them."""

from __future__ import annotations

import asyncio
import re

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

from din_core.pages.monitoring.request_metrics import RequestMetrics, answer, asks_for_run, is_measured
from din_core.pages.monitoring.request_watch import HandledRequest
from tests.own_thread import in_own_thread
from tests.pages.monitoring.watched import answered, socket

LINE = re.compile(r'[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [0-9.]+')


def values(metrics: RequestMetrics) -> dict[str, float]:
    """Each line's value by name and labels; every line must be of the text format."""
    lines = [line for line in metrics.text().splitlines() if not line.startswith("# ")]
    assert all(LINE.fullmatch(line) for line in lines)
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_requests_are_counted_by_route_method_and_status() -> None:
    metrics = RequestMetrics()
    for path in ("/explain-inspect", "/base/explain-inspect", "/anna"):
        answered(PlainTextResponse("inside"), [metrics], {"path": path})
    answered(PlainTextResponse("", 403), [metrics], {"path": "/_din/what-if", "method": "ANNA"})
    found = values(metrics)
    assert found['din_requests_total{route="/explain-inspect",method="GET",status="200"}'] == 2
    assert found['din_requests_total{route="/_din/what-if",method="other",status="403"}'] == 1
    assert "anna" not in metrics.text().casefold()


def test_durations_are_cumulative_buckets_with_sum_and_count() -> None:
    metrics = RequestMetrics()
    for seconds in (0.005, 0.02, 99.0):
        metrics.handled(HandledRequest("a", "GET", "/", 200, seconds))
    found = values(metrics)
    buckets = {le: found[f'din_request_seconds_bucket{{route="/",le="{le}"}}'] for le in (0.005, 0.01, 0.025, "+Inf")}
    assert buckets == {0.005: 1, 0.01: 1, 0.025: 2, "+Inf": 3}
    assert found['din_request_seconds_count{route="/"}'] == 3
    assert found['din_request_seconds_sum{route="/"}'] == pytest.approx(99.025)


def test_pages_that_are_connected_are_counted_while_they_are() -> None:
    metrics = RequestMetrics()
    during: list[float] = []

    async def seen(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})
        during.append(values(metrics)["din_sessions"])

    scope = {"type": "websocket", "path": "/_stcore/stream", "method": "WEBSOCKET"}
    answered(seen, [metrics], scope)
    answered(socket, [metrics], scope)
    found = values(metrics)
    assert during == [1] and (found["din_sessions"], found["din_sessions_total"]) == (0, 2)
    assert not any(name.startswith("din_request_seconds_bucket") for name in found)


def test_a_choice_is_a_message_that_asks_for_a_run() -> None:
    run, beat = BackMsg(), BackMsg(app_heartbeat=True)
    run.rerun_script.query_string = "user=anna"
    assert asks_for_run(run.SerializeToString())
    assert not asks_for_run(beat.SerializeToString()) and not asks_for_run(b"\xff\xff") and not asks_for_run(b"")
    metrics = RequestMetrics()
    metrics.received(run.SerializeToString())
    metrics.received(b"")
    assert values(metrics)["din_choices_total"] == 1


def status_for(client: str, **headers: str) -> int:
    """Of a request for the figures from there; `_` in a header's name stands for `-`."""
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    request = Request({"type": "http", "headers": raw, "client": (client, 5)})
    return in_own_thread(asyncio.run, answer(request)).status_code


def test_nothing_is_told_unless_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIN_METRICS_KEY", raising=False)
    monkeypatch.delenv("DIN_METRICS", raising=False)
    assert status_for("127.0.0.1") == 404
    monkeypatch.setenv("DIN_METRICS", "1")
    assert status_for("127.0.0.1") == 200


@pytest.mark.parametrize("header", ["x_forwarded_for", "x_real_ip", "forwarded", "via"])
def test_without_a_key_only_this_machine_reads_and_no_visitor_of_a_proxy_on_it(
    monkeypatch: pytest.MonkeyPatch, header: str
) -> None:
    monkeypatch.setenv("DIN_METRICS", "1")
    monkeypatch.delenv("DIN_METRICS_KEY", raising=False)
    assert status_for("10.0.0.5") == status_for("127.0.0.1", **{header: "10.0.0.5"}) == 404


def test_with_a_key_only_who_shows_it_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIN_METRICS", "1")
    monkeypatch.setenv("DIN_METRICS_KEY", "secret")
    assert status_for("127.0.0.1") == status_for("10.0.0.5", authorization="Bearer wrong") == 404
    assert status_for("10.0.0.5", authorization="Bearer secret") == 200


def test_a_word_that_neither_counts_nor_does_not_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIN_METRICS", "yes")
    with pytest.raises(SystemExit, match='DIN_METRICS is "yes"; 1 counts'):
        is_measured()
