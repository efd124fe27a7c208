"""Without DIN_OPEN the server is this machine's own, by every way to start it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message

from din_core.pages.app.launch import middleware
from din_core.pages.app.listening import LocalOnly, check_address, closed_in_spite, is_loopback, run_options
from tests.own_thread import in_own_thread

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DIN_OPEN", "STREAMLIT_SERVER_ADDRESS", "STREAMLIT_SERVER_PORT"):
        monkeypatch.delenv(name, raising=False)


def test_streamlit_run_listens_on_this_machine_by_the_file_beside_the_app() -> None:
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    assert settings["server"]["address"] == "127.0.0.1"


def test_python_app_listens_on_this_machine_and_heeds_the_port(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_options() == {"server.address": "127.0.0.1"}
    monkeypatch.setenv("STREAMLIT_SERVER_PORT", "8600")
    assert run_options() == {"server.address": "127.0.0.1", "server.port": 8600}
    monkeypatch.setenv("DIN_OPEN", "1")
    assert run_options()["server.address"] == "0.0.0.0"


def test_behind_a_proxy_on_this_machine_it_answers_others_and_listens_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIN_OPEN", "1")
    monkeypatch.setenv("STREAMLIT_SERVER_ADDRESS", "127.0.0.1")
    assert run_options() == {"server.address": "127.0.0.1"}
    assert not any(one.cls is LocalOnly for one in middleware())
    monkeypatch.setenv("DIN_OPEN", "0")
    assert any(one.cls is LocalOnly for one in middleware())


@pytest.mark.parametrize("port", ["0", "65536", "x", "-1", "٣", "99999999999"])
def test_a_port_that_is_none_is_named_with_its_limits(monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setenv("STREAMLIT_SERVER_PORT", port)
    with pytest.raises(SystemExit, match=f'is "{port}", but must be 1 to 65535'):
        run_options()


@pytest.mark.parametrize("address", [None, "0.0.0.0", "::", "192.168.0.7", "db.example"])
def test_an_address_of_the_network_is_refused_unless_it_is_opened(
    monkeypatch: pytest.MonkeyPatch, address: str | None
) -> None:
    with pytest.raises(SystemExit, match="without sign-in; set DIN_OPEN=1 if that is meant"):
        check_address(address)
    monkeypatch.setenv("DIN_ROLES", "roles.toml")
    with pytest.raises(SystemExit, match="behind its sign-in; set DIN_OPEN=1"):
        check_address(address)
    monkeypatch.setenv("DIN_OPEN", "1")
    check_address(address)
    assert not closed_in_spite(address)


def test_addresses_of_this_machine_need_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for address in ("127.0.0.1", "127.0.0.9", "::1", "localhost"):
        check_address(address)
        assert is_loopback(address)
    monkeypatch.setenv("DIN_OPEN", "1")
    assert closed_in_spite("127.0.0.1")


def test_a_word_that_neither_opens_nor_closes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIN_OPEN", "yes please")
    with pytest.raises(SystemExit, match='DIN_OPEN is "yes please"; 1 opens'):
        run_options()


def answered(kind: str, client: tuple[str, int] | None) -> list[Message]:
    """What a request from there is sent."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        if kind == "http":
            await PlainTextResponse("inside")(scope, receive, send)
        else:
            await send({"type": "websocket.accept"})

    scope = {"type": kind, "method": "GET", "path": "/", "headers": [], "client": client}
    in_own_thread(asyncio.run, LocalOnly(inner)(scope, receive, send))
    return sent


def test_only_this_machine_is_answered() -> None:
    assert answered("http", ("127.0.0.1", 5))[0]["status"] == answered("http", ("::1", 5))[0]["status"] == 200
    assert answered("http", ("10.0.0.5", 5))[0]["status"] == 403
    assert answered("websocket", ("10.0.0.5", 5)) == [{"type": "websocket.close", "code": 1008}]
    assert answered("websocket", ("127.0.0.1", 5)) == [{"type": "websocket.accept"}]


def test_streamlit_run_told_to_listen_on_the_network_ends_with_a_sentence() -> None:
    options = ["--server.address=0.0.0.0", "--server.port=0"]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", *options]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ}, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 2
    assert "error: the address 0.0.0.0 would open the app" in done.stderr and "Traceback" not in done.stderr
