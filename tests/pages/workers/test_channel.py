"""Questions and answers come out as they went in; who is gone is told from who has nothing to say."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from din_core.pages.workers.channel import (
    ANSWERED,
    NOTHING,
    RouteQuestion,
    read_answer,
    read_question,
    send_answer,
    send_question,
)


@pytest.fixture
def channel() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


@given(st.lists(st.tuples(st.text(), st.text()), max_size=5), st.binary(max_size=2_000))
def test_what_is_sent_is_what_is_read(asked: list[tuple[str, str]], message: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        send_question(ours, RouteQuestion("_din/inspect", asked), language="zh", app="digest")
        found = read_question(theirs)
        send_answer(theirs, ANSWERED, message)
        assert read_answer(ours) == (ANSWERED, message)
    assert found == {
        "route": "_din/inspect",
        "asked": [list(one) for one in asked],
        "language": "zh",
        "app": "digest",
    }


def test_answers_come_in_the_order_of_questions(channel: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = channel
    send_answer(theirs, NOTHING)
    send_answer(theirs, ANSWERED, b"second")
    assert [read_answer(ours), read_answer(ours)] == [(NOTHING, b""), (ANSWERED, b"second")]


def test_a_worker_that_is_gone_is_no_answer(channel: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = channel
    theirs.sendall(ANSWERED + b"\x00\x00\x00\x09half")
    theirs.close()
    with pytest.raises(ConnectionError):
        read_answer(ours)


def test_an_app_that_is_gone_asks_nothing_more(channel: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = channel
    ours.close()
    assert read_question(theirs) is None
