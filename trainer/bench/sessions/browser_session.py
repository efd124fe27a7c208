"""One visitor's connection: the messages that a browser sends, and as much of the answers as a visit needs.

Nothing is drawn. What Streamlit's browser part keeps to send back is kept: the page's identity, the hashes of messages
that it holds, the last message of each instrument.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.BidiComponent_pb2 import BidiComponent
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

PATIENCE = 120.0
"""Seconds after which an answer counts as lost."""
INSTRUMENTS = ("lens", "what_if")
"""Keys of the components that report where they went."""


@dataclass(frozen=True, slots=True)
class TimedAnswer:
    """What came of one request."""

    seconds: float
    size: int
    """Bytes received."""
    fault: str | None = None
    """What went wrong, in words."""
    is_busy: bool = False
    """Whether it was asked ahead of any need, and others were answered instead."""


@dataclass
class MountedInstrument:
    """What the browser knows of an instrument on the page."""

    widget: str
    """Streamlit's id of it."""
    head: dict[str, Any]
    """First line of the last message."""


@dataclass
class BrowserSession:
    """Use `open` first; one request at a time."""

    port: int
    page: str = ""
    """Path of the page that is visited."""
    query: str = ""
    """The address bar."""
    _page_hash: str = ""
    _instrument: MountedInstrument | None = None
    _held: dict[str, int] = field(default_factory=dict)
    _reports: int = 0
    _socket: ClientConnection | None = None

    async def open(self) -> TimedAnswer:
        """Connect and load the page."""
        address = f"ws://127.0.0.1:{self.port}/_stcore/stream"
        self._socket = await connect(
            address,
            subprotocols=[Subprotocol("streamlit")],
            max_size=None,
            ping_interval=None,
            open_timeout=PATIENCE,
        )
        return await self._run()

    async def close(self) -> None:
        """Leave."""
        if self._socket is not None:
            await self._socket.close()

    @property
    def instrument(self) -> MountedInstrument:
        """The page's."""
        assert self._instrument is not None, "the page shows no instrument"
        return self._instrument

    async def report(self, link: str, holds: str) -> TimedAnswer:
        """Tell the page where its instrument went by itself, and which revision of what is there it has."""
        self._reports += 1
        report = {"link": link, "problems": [], "actions": [], "holds": holds}
        return await self._run({"report": [self._reports, report]})

    async def ask(
        self, parameters: dict[str, str] | None = None, body: object = None, link: str | None = None
    ) -> tuple[TimedAnswer, list[bytes]]:
        """Ask beside the page's runs; the answer's lines, none where there was no answer.

        `link` is where the instrument is by now, if the page does not know it yet.
        """
        began = time.perf_counter()
        endpoint = self.instrument.head["endpoint"]
        path = f"/{endpoint['path']}" + (f"?{link or self.query}&{urlencode(parameters)}" if parameters else "")
        status, content = await asyncio.to_thread(self._ask, path, endpoint["headers"], body)
        fault = None if status == 200 else f"{endpoint['path']} answered {status}"
        answer = TimedAnswer(time.perf_counter() - began, len(content), fault, is_busy=status == 204)
        return answer, content.split(b"\n") if fault is None else []

    def _ask(self, path: str, headers: dict[str, str], body: object) -> tuple[int, bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            text = None if body is None else json.dumps(body)
            connection.request("GET" if body is None else "POST", path, text, headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    async def _run(self, state: dict[str, Any] | None = None) -> TimedAnswer:
        """Ask for a run of the page and take in its messages until it is over."""
        assert self._socket is not None
        began = time.perf_counter()
        await self._socket.send(self._request(state))
        faults: list[str] = []
        size, over = 0, False
        while not over:
            raw = await asyncio.wait_for(self._socket.recv(decode=False), PATIENCE)
            size += len(raw)
            message = ForwardMsg()
            message.ParseFromString(raw)
            over = self._take_in(message, faults)
        return TimedAnswer(time.perf_counter() - began, size, faults[0] if faults else None)

    def _request(self, state: dict[str, Any] | None) -> bytes:
        message = BackMsg()
        run = message.rerun_script
        run.query_string, run.page_script_hash, run.page_name = self.query, self._page_hash, self.page
        run.cached_message_hashes.extend(self._held)
        run.context_info.timezone, run.context_info.locale = "UTC", "en-US"
        run.context_info.url = f"http://127.0.0.1:{self.port}/{self.page}"
        if state is not None:
            widget = run.widget_states.widgets.add()
            widget.id, widget.json_value = self.instrument.widget, json.dumps(state)
        return bytes(message.SerializeToString())

    def _take_in(self, message: ForwardMsg, faults: list[str]) -> bool:
        """Keep what a browser keeps; whether the run is over."""
        kind = message.WhichOneof("type")
        if kind == "navigation":
            self._page_hash = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            if element.WhichOneof("type") == "exception":
                faults.append(element.exception.message)
            elif element.WhichOneof("type") == "bidi_component":
                self._mount(element.bidi_component)
        elif kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            faults.append("the page did not compile")
        if message.metadata.cacheable or kind == "ref_hash":
            self._held[message.ref_hash if kind == "ref_hash" else message.hash] = 0
        self._forget_old(kind)
        return kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY

    def _forget_old(self, kind: str | None) -> None:
        """A browser keeps a message for two runs."""
        if kind == "script_finished":
            self._held = {name: age + 1 for name, age in self._held.items() if age < 2}

    def _mount(self, component: BidiComponent) -> None:
        if component.id.rpartition("-")[2] in INSTRUMENTS:
            self._instrument = MountedInstrument(component.id, json.loads(component.bytes.split(b"\n", 1)[0]))
