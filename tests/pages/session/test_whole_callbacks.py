"""A newer request stops a run, but not in the middle of what a visitor did."""

from __future__ import annotations

import pytest
from streamlit.runtime.state import SessionState
from streamlit.runtime.state.safe_session_state import SafeSessionState

from din_core.pages.session.whole_callbacks import keep_callbacks_whole


class NewerRequest(BaseException):
    """As Streamlit stops a run."""


def stop() -> None:
    raise NewerRequest


def test_callbacks_are_not_stopped_and_what_comes_after_them_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SafeSessionState, "on_script_will_rerun", SafeSessionState.on_script_will_rerun)
    done = []
    monkeypatch.setattr(SessionState, "on_script_will_rerun", lambda *_, **__: done.append("mine" in state))
    state = SafeSessionState(SessionState(), stop)
    with pytest.raises(NewerRequest):
        state.on_script_will_rerun(None)
    assert done == []
    keep_callbacks_whole()
    keep_callbacks_whole()  # another time changes nothing
    state.on_script_will_rerun(None)
    assert done == [False]
    with pytest.raises(NewerRequest):
        assert "mine" in state


def test_a_callback_that_fails_leaves_runs_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SafeSessionState, "on_script_will_rerun", SafeSessionState.on_script_will_rerun)

    def fail(*_: object, **__: object) -> None:
        raise ValueError

    monkeypatch.setattr(SessionState, "on_script_will_rerun", fail)
    state = SafeSessionState(SessionState(), stop)
    keep_callbacks_whole()
    with pytest.raises(ValueError):
        state.on_script_will_rerun(None)
    with pytest.raises(NewerRequest):
        assert "mine" in state
