"""One browser a worker; each test gets a fresh visitor whose errors and requests are watched."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from din_core.scoring import Scorer, load_scorers
from din_core.store import BehaviorStore
from tests.journeys.server import running_app, running_browser
from tests.small_world import small_store

PATIENCE_MS = 90_000
"""Shared cores: how long something takes says nothing, that it never comes says all."""

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with running_browser() as started:
        yield started


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BehaviorStore]:
    with small_store(tmp_path_factory.mktemp("world")) as opened:
        yield opened


@pytest.fixture(scope="module")
def scorers(checkpoints: Path) -> dict[str, Scorer]:
    """Of `checkpoints`, which each module writes as it needs them."""
    return load_scorers(checkpoints)


@pytest.fixture(scope="module")
def address(store: BehaviorStore, checkpoints: Path) -> Iterator[str]:
    with running_app({"DIN_STORE": store.url, "DIN_CHECKPOINTS": str(checkpoints)}) as started:
        yield started


@dataclass
class Watch:
    """What a page must not do."""

    errors: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def follow(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self.listen)
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).hostname or ""))

    def listen(self, message: ConsoleMessage) -> None:
        # Streamlit's browser part looks for its server below the page's own path first, and then at the root.
        looking = re.search(r"/[a-z]+/_stcore/(health|host-config)$", message.location["url"]) is not None
        if message.type == "error" and not looking:
            self.errors.append(message.text)


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Make pages of separate visitors; afterwards none may have met an error or asked another host."""
    watch = Watch()
    contexts = []

    def make(width: int = 1280, height: int = 1000, **options: object) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            reduced_motion="reduce",
            permissions=["clipboard-read", "clipboard-write"],
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        watch.follow(page)
        return page

    yield make
    for context in contexts:
        context.close()
    assert watch.errors == []
    assert watch.hosts <= {"127.0.0.1", ""}


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    return new_page()
