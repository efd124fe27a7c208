"""Where the server listens: on this machine alone, unless it is opened in as many words.

`streamlit run` binds before anything of the app runs, by `.streamlit/config.toml` and its own options; `python app.py`
is told here. Both are checked before the first visitor is answered.
"""

from __future__ import annotations

import os
from ipaddress import ip_address

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from din_core.pages.access.sign_in import is_on

OPEN = "DIN_OPEN"
"""1 opens the app to the network."""
LOOPBACK, EVERYWHERE = "127.0.0.1", "0.0.0.0"
MOST_PORT = 65_535


def is_open() -> bool:
    """Whether DIN_OPEN opens the app; SystemExit for a value that says neither."""
    value = os.environ.get(OPEN, "")
    if value not in ("", "0", "1"):
        raise SystemExit(f'error: {OPEN} is "{value}"; 1 opens the app to the network, 0 keeps it on this machine')
    return value == "1"


def run_options() -> dict[str, object]:
    """Address and port for `python app.py`, which Streamlit does not tell of its environment variables."""
    address = os.environ.get("STREAMLIT_SERVER_ADDRESS") or (EVERYWHERE if is_open() else LOOPBACK)
    check_address(address)
    port = os.environ.get("STREAMLIT_SERVER_PORT")
    return {"server.address": address} if not port else {"server.address": address, "server.port": port_of(port)}


def port_of(text: str) -> int:
    """A port, or SystemExit."""
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= MOST_PORT):
        raise SystemExit(f'error: STREAMLIT_SERVER_PORT is "{text}", but must be 1 to {MOST_PORT}')
    return int(text)


def check_address(address: str | None) -> None:
    """SystemExit where the network could reach this address (None: every one), and DIN_OPEN does not say so."""
    if is_open() or is_loopback(address):
        return
    how = "behind its sign-in" if is_on() else "without sign-in"
    raise SystemExit(
        f"error: the address {address or EVERYWHERE} would open the app to everyone on the network, {how}; "
        f"set {OPEN}=1 if that is meant, or leave the address out"
    )


def is_loopback(address: str | None) -> bool:
    """Whether only this machine reaches it."""
    if address is None or address == "localhost":
        return address is not None
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


class LocalOnly:
    """Answers this machine alone, however the server came to listen and whoever is behind a proxy that says so."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse."""
        client = scope.get("client")
        if scope["type"] not in ("http", "websocket") or client is None or is_loopback(client[0]):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await PlainTextResponse(f"Closed to the network; {OPEN}=1 opens it.", 403)(scope, receive, send)


def closed_in_spite(address: str | None) -> bool:
    """Whether DIN_OPEN opens the app, but `streamlit run` was not told to listen anywhere but here."""
    return is_open() and is_loopback(address)
