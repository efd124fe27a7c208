"""Who speaks the websocket's protocol by hand gets no more than a browser."""

from __future__ import annotations

import pytest

from tests.journeys.access.conftest import GuardedApp
from tests.journeys.access.raw_socket import run_page

QUERY = "user=7&item=b2&at=2017-11-20&models=din,base"
STATE = {"$$ID-x-compute_again": True, "$$ID-x-keep_form": True, "$$ID-x-sign_in_default": False}


@pytest.mark.parametrize("page", ["explain-inspect", "explain-what-if", "find-snapshots", "data"])
@pytest.mark.parametrize("query", [QUERY, f"{QUERY}&view=brief"])
def test_a_stranger_gets_the_sentence_and_nothing_of_the_store(guarded: GuardedApp, page: str, query: str) -> None:
    answer = run_page(guarded.address, page, query, STATE)
    assert b"Sign in to see this page." in answer
    assert not any(row in answer for row in (b"Stout", b"Lager", b"Household", b"2 adults", b"din@"))


def test_claims_in_headers_and_a_cookie_that_nobody_signed_are_nothing(guarded: GuardedApp) -> None:
    origin = guarded.address.rstrip("/")
    headers = {
        "Origin": origin,
        "Cookie": '_streamlit_xsrf=x; _streamlit_user={"email":"ada@lab.example","is_logged_in":true}',
        "X-Forwarded-Email": "ada@lab.example",
    }
    answer = run_page(guarded.address, "explain-inspect", QUERY, STATE, headers)
    assert b"Sign in to see this page." in answer and b"Stout" not in answer
