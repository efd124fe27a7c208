"""What a generated address is put to by the pages themselves: a whole run of one, as a visit begins with it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from random import Random
from unittest.mock import patch
from urllib.parse import parse_qs

from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from din_core.pages.app.launch import MAIN
from tests.generated.app import addresses
from tests.generated.app.app_world import nothing_logged, small_app
from tests.generated.outcome import Outcome, Seeded

MOST_SECONDS = 50
"""Of a run."""


@contextmanager
def page_visitor() -> Iterator[Seeded]:
    """Visits the small app; AppTest leaves its page as the main module."""
    looks_once = cache(manifest_scanner.scan_component_manifests)
    with small_app(), patch.object(manifest_scanner, "scan_component_manifests", looks_once):
        own = sys.modules["__main__"]
        try:
            yield try_page
        finally:
            sys.modules["__main__"] = own


def try_page(random: Random) -> Outcome:
    """One page; refused where it says that something of its address could not be shown."""
    page = new_page()
    page._page_hash = random.choice(page_hashes())
    raw = parse_qs(addresses.query_bytes(random).decode("latin-1"), keep_blank_values=True)
    for name, values in raw.items():
        page.query_params[name] = values
    with nothing_logged():
        page.run()
    assert not page.exception, page.exception[0].value
    return "refused" if page.warning else "done"


def new_page() -> AppTest:
    """Nobody has visited it yet."""
    return AppTest.from_file(str(MAIN), default_timeout=MOST_SECONDS)


@lru_cache(maxsize=1)
def page_hashes() -> list[str]:
    """How Streamlit names the pages, as a first visit hears."""
    return sorted(new_page().run()._registered_pages)
