"""The key that pages show: one process's own, or one that several processes share."""

from __future__ import annotations

import logging
import os
import subprocess
import sys

import pytest
from starlette.requests import Request

from din_core.pages.app import failure_log
from din_core.pages.browser import route
from din_core.pages.browser.protocol import KEY, KEY_HEADER, LANGUAGE_HEADER, Payload, page_key


def test_each_process_has_a_key_of_its_own_unless_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIN_PAGE_KEY", raising=False)
    assert page_key() != page_key() and len(page_key()) >= 20
    monkeypatch.setenv("DIN_PAGE_KEY", "sixteen-or-more-characters")
    assert page_key() == page_key() == "sixteen-or-more-characters"


@pytest.mark.parametrize("key", ["guessable", "sixteen or more characters", "é" * 20, "line\n" * 5])
def test_a_key_that_can_be_guessed_or_not_be_sent_is_refused(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("DIN_PAGE_KEY", key)
    with pytest.raises(SystemExit, match=f"DIN_PAGE_KEY has {len(key)} characters; it must have 16 or more"):
        page_key()


def test_the_server_does_not_start_with_such_a_key() -> None:
    environment = {**os.environ, "DIN_PAGE_KEY": "short"}
    command = [sys.executable, "app.py"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 1 and done.stderr.startswith("error: DIN_PAGE_KEY has 5") and "short" not in done.stderr


def asked(key: str) -> int:
    """Status of a question with a key."""
    headers = [(KEY_HEADER.encode(), key.encode()), (LANGUAGE_HEADER.encode(), b"en")]
    return route.answer(Request({"type": "http", "headers": headers}), lambda: Payload("a", [])).status_code


def test_a_page_of_another_process_is_refused_and_the_log_says_what_to_do_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(failure_log, "_last", {})
    caplog.set_level(logging.WARNING, "din_lens")
    assert (asked("another process's"), asked(""), asked(KEY)) == (403, 403, 200)
    (record,) = caplog.records
    assert "keep each visitor at one process and give all processes one DIN_PAGE_KEY" in record.getMessage()
