"""How often a page's run looks whether the store's file has changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from din_core.store import recent_rows
from din_core.store.recent_rows import beginning
from tests.pages.page_contents import shows_lens


def test_a_run_looks_at_the_file_once(visit: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch) -> None:
    page, looks = visit(), list[Path]()
    monkeypatch.setattr(recent_rows, "beginning", lambda path, size: looks.append(path) or beginning(path, size))
    page.query_params["user"] = "8"
    page.run()
    assert not page.exception and shows_lens(page)
    assert len(looks) == 2  # the file's header and that of its log's index
