"""A store without behaviors opens on every page: its histories are empty."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import delete
from streamlit.testing.v1 import AppTest

from din_core.store.schema import BehaviorRecord
from tests.pages.conftest import World

PAGES = ("", "whatif", "compare", "rank", "evolution", "items", "cases", "cohorts", "models", "data", "tour")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_opens_where_every_history_is_empty(visit: Callable[..., AppTest], family: World, path: str) -> None:
    with family.store.writing() as connection:
        connection.execute(delete(BehaviorRecord))
    page = visit(path)
    assert not page.exception
    assert page.header or page.markdown
