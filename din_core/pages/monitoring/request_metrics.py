"""`DIN_METRICS=1`: requests, durations, sessions and choices of this process, in Prometheus' text format.

`_din/metrics` answers who shows the key that DIN_METRICS_KEY names; without such a key, this machine alone, and no
request that a proxy passed on.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from streamlit.proto.BackMsg_pb2 import BackMsg

from din_core.pages.app.listening import is_loopback
from din_core.pages.app.response_headers import METRICS_KEY, has_metrics_key
from din_core.pages.monitoring.request_watch import SWITCHING, HandledRequest

METRICS = "_din/metrics"
SETTING = "DIN_METRICS"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds at which the histogram's buckets end; Prometheus' own."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})
PROXIED = ("x-forwarded-for", "x-real-ip", "forwarded", "via")


def is_measured() -> bool:
    """Whether DIN_METRICS asks for figures; SystemExit for a value that says neither."""
    value = os.environ.get("DIN_METRICS", "")
    if value not in ("", "0", "1"):
        raise SystemExit(f'error: {SETTING} is "{value}"; 1 counts requests for /{METRICS}, 0 does not')
    return value == "1"


@dataclass
class Durations:
    """How long the requests of a route took."""

    buckets: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    total: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.buckets[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds

    def lines(self, name: str, label: str) -> list[str]:
        """Cumulative buckets, sum and count."""
        found, so_far = [], 0
        for bound, count in zip((*BOUNDS, "+Inf"), self.buckets, strict=True):
            so_far += count
            found.append(f'{name}_bucket{{{label},le="{bound}"}} {so_far}')
        return [*found, f"{name}_sum{{{label}}} {self.total:.6f}", f"{name}_count{{{label}}} {so_far}"]


class RequestMetrics:
    """Counts since the process began. Changed and read in the event loop alone."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str, int]] = Counter()
        self.durations: dict[str, Durations] = {}
        self.sessions_opened = self.sessions_open = self.choices = 0

    def opened(self) -> None:
        """A page connected."""
        self.sessions_opened += 1
        self.sessions_open += 1

    def received(self, message: bytes) -> None:
        """A page asked for something; its first run counts too."""
        self.choices += asks_for_run(message)

    def handled(self, request: HandledRequest) -> None:
        """A request is over."""
        method = request.method if request.method in METHODS | {"WEBSOCKET"} else "other"
        self.requests[request.route, method, request.status] += 1
        if request.method != "WEBSOCKET":
            self.durations.setdefault(request.route, Durations()).add(request.seconds)
        elif request.status == SWITCHING:
            self.sessions_open -= 1

    def text(self) -> str:
        """All of it in Prometheus' text format."""
        counted = [
            f'din_requests_total{{route="{route}",method="{method}",status="{status}"}} {n}'
            for (route, method, status), n in sorted(self.requests.items())
        ]
        seconds = "din_request_seconds"
        timed = [
            line for route, one in sorted(self.durations.items()) for line in one.lines(seconds, f'route="{route}"')
        ]
        parts = [
            *family("din_requests_total", "counter", "Requests answered, by route, method and status.", counted),
            *family(seconds, "histogram", "Seconds from a request to the end of its answer.", timed),
            *alone("din_sessions", "gauge", "Pages that are connected now.", self.sessions_open),
            *alone("din_sessions_total", "counter", "Pages that have connected.", self.sessions_opened),
            *alone("din_choices_total", "counter", "Runs that pages asked for, their first included.", self.choices),
        ]
        return "\n".join(parts) + "\n"


def family(name: str, kind: str, text: str, lines: list[str]) -> list[str]:
    """The lines of one metric below what it is."""
    return [f"# HELP {name} {text}", f"# TYPE {name} {kind}", *lines]


def alone(name: str, kind: str, text: str, value: int) -> list[str]:
    """A metric of one value."""
    return family(name, kind, text, [f"{name} {value}"])


def asks_for_run(message: bytes) -> bool:
    """Whether what a page sent asks for a run of the app."""
    try:
        return BackMsg.FromString(message).WhichOneof("type") == "rerun_script"
    except Exception:  # protobuf's own error has a class of each implementation
        return False


TALLY = RequestMetrics()
"""Of this process."""


def may_read(request: Request) -> bool:
    """Whether a request may see the figures."""
    if os.environ.get(METRICS_KEY):
        return has_metrics_key(request.headers)
    return request.client is not None and is_loopback(request.client.host) and not is_proxied(request.headers)


def is_proxied(headers: Headers) -> bool:
    """Whether a proxy says that it passes a request on."""
    return any(name in headers for name in PROXIED)


async def answer(request: Request) -> Response:
    """The figures; 404 for who may not see them, and where nothing is counted."""
    if not (is_measured() and may_read(request)):
        return PlainTextResponse("Not Found", 404)
    return Response(TALLY.text(), media_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})
