"""What a visitor did is done whole, also when their page tells something else in the same instant.

Streamlit stops a run where it reads the session's state once a newer request waits, in callbacks too: what the rest of
the callback would have done never happens, and nobody clicks again for it.
"""

from __future__ import annotations

from functools import wraps
from typing import Any

from streamlit.runtime.state.safe_session_state import SafeSessionState

YIELD = "_yield_callback"


def keep_callbacks_whole() -> None:
    """Let no run of this process be stopped before its callbacks are over; Streamlit looks right after them."""
    before = SafeSessionState.on_script_will_rerun
    if getattr(before, "is_whole", False):
        return

    @wraps(before)
    def whole(self: SafeSessionState, *states: Any, **options: Any) -> None:
        stops = getattr(self, YIELD)
        object.__setattr__(self, YIELD, lambda: None)
        try:
            before(self, *states, **options)
        finally:
            object.__setattr__(self, YIELD, stops)

    whole.is_whole = True  # type: ignore[attr-defined]
    SafeSessionState.on_script_will_rerun = whole  # type: ignore[method-assign]
