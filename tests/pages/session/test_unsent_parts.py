"""A part that runs again takes nothing away from the run of the whole page that is still on its way to the browser."""

from __future__ import annotations

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from din_core.pages.session.unsent_parts import keep_unsent_parts

PART = "part"


def drawn(text: str, path: list[int]) -> ForwardMsg:
    """An element of the part."""
    message = ForwardMsg()
    message.metadata.delta_path[:] = path
    message.delta.fragment_id = PART
    message.delta.new_element.markdown.body = text
    return message


def whole_run() -> ForwardMsgQueue:
    """What waits to be sent when a run of the whole page has ended."""
    queue = ForwardMsgQueue()
    begun, ended = ForwardMsg(), ForwardMsg()
    begun.new_session.name = "whole"
    ended.script_finished = ForwardMsg.FINISHED_SUCCESSFULLY
    for message in (begun, drawn("first", [0, 1]), ended):
        queue.enqueue(message)
    return queue


@pytest.fixture(autouse=True)
def _streamlits_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ForwardMsgQueue, "clear", ForwardMsgQueue.clear)


def contents(queue: ForwardMsgQueue) -> list[str]:
    return [
        message.delta.new_element.markdown.body if message.HasField("delta") else str(message.WhichOneof("type"))
        for message in queue.flush()
    ]


def test_what_the_whole_run_drew_of_the_part_is_sent_and_then_what_the_part_draws(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    queue = whole_run()
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=[PART])
    assert contents(queue) == ["new_session", "script_finished"], "Streamlit has mended it: this is needed no more"
    keep_unsent_parts()
    keep_unsent_parts()  # another time changes nothing
    queue = whole_run()
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=[PART])
    queue.enqueue(drawn("second", [0, 1]))
    assert contents(queue) == ["new_session", "first", "script_finished", "second"]


def test_another_run_of_the_whole_page_still_takes_the_place_of_what_was_not_sent() -> None:
    keep_unsent_parts()
    queue = whole_run()
    queue.clear(retain_lifecycle_msgs=True)
    assert contents(queue) == ["new_session", "script_finished"]
    queue = whole_run()
    queue.clear()
    assert queue.is_empty()
