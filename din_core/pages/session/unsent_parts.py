"""What a run of the whole page drew reaches the browser, also where a part of the page runs again before it was sent.

Streamlit throws away what waits to be sent of a part (a fragment) that begins to run again, as it is drawn once more.
But it still sends that the whole run has ended, whereupon the browser removes all that this run did not draw: the part
vanishes and comes back as another one, without the text, the focus or the press that a visitor was at. It takes a
server that is late with sending: slowed down to .25 s, this was seen in 22 of 90 such meetings.
"""

from __future__ import annotations

from functools import wraps

from streamlit.runtime.forward_msg_queue import ForwardMsgQueue


def keep_unsent_parts() -> None:
    """Let this process send all that runs drew, in order; a part that runs again is drawn over it."""
    before = ForwardMsgQueue.clear
    if getattr(before, "keeps_parts", False):
        return

    @wraps(before)
    def clear(
        self: ForwardMsgQueue, retain_lifecycle_msgs: bool = False, fragment_ids_this_run: list[str] | None = None
    ) -> None:
        # Of no fragment: Streamlit keeps what is not of those that begin to run.
        before(self, retain_lifecycle_msgs, None if fragment_ids_this_run is None else [])

    clear.keeps_parts = True  # type: ignore[attr-defined]
    ForwardMsgQueue.clear = clear  # type: ignore[method-assign]
