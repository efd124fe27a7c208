"""A failure is one sentence on the page, and the page is whole again when its cause is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import streamlit as st

from din_core.domain import DinLensError
from din_core.domain.translatable import Translatable
from din_core.pages.access.roles import Role
from din_core.pages.access.sign_in import role_of_visit
from din_core.pages.app.failure_log import log_failure, reason_of
from din_core.pages.language.translate import t
from din_core.pages.session.script_run import is_fragment_run
from din_core.pages.widgets.frame import report


@contextmanager
def failures_shown() -> Iterator[None]:
    """Where what is done within fails, the page says so in a sentence, and ends there."""
    try:
        yield
    except Exception as error:
        show_failure(error)
        st.button(t("Try again"), key="try_again")
        st.stop()


def shows_failures(part: Callable[..., None]) -> Callable[..., None]:
    """The same of a part of the page that runs by itself; all of it runs where its visitor is no analyst any more."""

    @wraps(part)
    def shown(*arguments: Any, **options: Any) -> None:
        if is_fragment_run() and role_of_visit() is not Role.ANALYST:
            st.rerun(scope="app")
        with failures_shown():
            part(*arguments, **options)

    return shown


def show_failure(error: Exception) -> bool:
    """Say it in a sentence, whose details are in the log; True, which tells Streamlit to say nothing itself."""
    log_failure(error)
    if isinstance(error, DinLensError):
        report([error.text])
    else:
        report(
            [
                Translatable(
                    "this cannot be shown because of an unexpected fault ({reason}); the server's log says more",
                    reason=reason_of(error),
                )
            ]
        )
    return True
