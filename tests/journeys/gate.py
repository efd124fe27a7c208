"""A place where what a page asks for waits."""

from __future__ import annotations

from playwright.sync_api import Page, Route


class Gate:
    """Questions wait here for an answer until it opens; whoever asks later is answered at once."""

    def __init__(self, page: Page, asked: str) -> None:
        """`asked` matches their addresses."""
        self.page = page
        self.held: list[Route] = []
        self.is_open = False
        page.route(asked, lambda route: route.continue_() if self.is_open else self.held.append(route))

    def wait(self) -> None:
        """Until somebody asks."""
        while not self.held:
            self.page.evaluate("() => new Promise(requestAnimationFrame)")

    def open(self) -> None:
        """Answer them."""
        self.is_open = True
        for route in self.held:
            route.continue_()
