"""Requests of a page that a test answers when it likes."""

from __future__ import annotations

from playwright.sync_api import Page, Route

from tests.journeys.page_driver import eventually


class HeldRequests:
    """Requests wait here until they are released; later ones are answered at once."""

    def __init__(self, page: Page, asked: str) -> None:
        """`asked` matches their addresses."""
        self.page, self.asked = page, asked
        self.held: list[Route] = []
        self.released = False
        page.route(asked, lambda route: route.continue_() if self.released else self.held.append(route))

    def wait_for_one(self) -> None:
        """Until somebody asks."""

        def check() -> None:
            assert self.held, f"the page asked for nothing like {self.asked}"

        eventually(self.page, check)

    def release(self) -> None:
        """Answer them."""
        self.released = True
        for route in self.held:
            route.continue_()
