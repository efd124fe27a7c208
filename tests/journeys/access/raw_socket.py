"""A page's websocket without a browser: whatever somebody would send, and all that comes back."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect
from websockets.typing import Subprotocol

PATIENCE = 90


def run_page(
    address: str, page: str, query: str, state: Mapping[str, bool], headers: Mapping[str, str] | None = None
) -> bytes:
    """The messages of one run of a page, asked for with this state of its buttons."""
    protocols = [Subprotocol("streamlit")]
    url = f"ws://{urlsplit(address).netloc}/_stcore/stream"
    with connect(url, subprotocols=protocols, max_size=None, additional_headers=headers) as socket:
        return run(socket, page, query, state, page_hash(socket, page, query))[0]


def page_hash(socket, page: str, query: str) -> str:
    """Of a page, which its navigation names to whoever runs any."""
    for message in run(socket, "", query, {}, "")[1]:
        for one in message.navigation.app_pages:
            if one.url_pathname == page:
                return str(one.page_script_hash)
    raise AssertionError(page)


def run(socket, page: str, query: str, state: Mapping[str, bool], script: str) -> tuple[bytes, list[ForwardMsg]]:
    """Ask for a run; its messages until it is over, as bytes and read."""
    asked = BackMsg()
    asked.rerun_script.query_string, asked.rerun_script.page_name = query, page
    asked.rerun_script.page_script_hash = script
    asked.rerun_script.context_info.locale = "en-US"
    for name, pressed in state.items():
        widget = asked.rerun_script.widget_states.widgets.add()
        widget.id, widget.trigger_value = name, pressed
    socket.send(asked.SerializeToString())
    found: list[bytes] = []
    read: list[ForwardMsg] = []
    while not read or read[-1].WhichOneof("type") != "script_finished":
        found.append(socket.recv(PATIENCE, decode=False))
        read.append(ForwardMsg.FromString(found[-1]))
    return b"".join(found), read
