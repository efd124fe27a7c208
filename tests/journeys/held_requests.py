"""A place where what a page asks for waits."""

from __future__ import annotations

import time

from playwright.sync_api import Page, Route

PATIENCE = 60.0
"""Seconds."""


class HeldRequests:
    """Questions wait here for an answer until it opens; whoever asks later is answered at once."""

    def __init__(self, page: Page, asked: str) -> None:
        """`asked` matches their addresses."""
        self.page, self.asked = page, asked
        self.held: list[Route] = []
        self.released = False
        page.route(asked, lambda route: route.continue_() if self.released else self.held.append(route))

    def wait_for_one(self) -> None:
        """Until somebody asks; TimeoutError where nobody does."""
        ends = time.monotonic() + PATIENCE
        while not self.held:
            if time.monotonic() > ends:
                raise TimeoutError(f"within {PATIENCE:.0f} s the page asked for nothing like {self.asked}")
            self.page.evaluate("() => new Promise(requestAnimationFrame)")

    def release(self) -> None:
        """Answer them."""
        self.released = True
        for route in self.held:
            route.continue_()
