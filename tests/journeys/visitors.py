"""Visitors: each test has its own, but what a tab has loaded before costs it a third of what it costs a new one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page

ColorScheme = Literal["light", "dark"]

BLOCKED = """addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sourceFile, lineNumber }) =>
  console.error(`content policy: ${violatedDirective} blocks ${blockedURI} at ${sourceFile}:${lineNumber}`));"""
"""Writes down what the content security policy refuses a page, also where the page catches that."""
PATIENCE_MS = 90_000
"""Shared cores: how long something takes says nothing, that it never comes says all."""


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
        looking = re.search(r"/[a-z-]+/_stcore/(health|host-config)$", message.location["url"]) is not None
        if message.type == "error" and not looking:
            self.errors.append(message.text)


class Tab:
    """One tab in a browser context of its own: nothing stored is shared with another's."""

    def __init__(self, browser: Browser, **options: Any) -> None:
        self.context = browser.new_context(
            reduced_motion="reduce", permissions=["clipboard-read", "clipboard-write"], **options
        )
        self.context.add_init_script(BLOCKED)
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.watch = Watch()
        self.watch.follow(self.page)

    def one_more_page(self) -> Page:
        """A page that is closed when the visitor leaves, for what cannot be taken back."""
        page = self.context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        self.watch.follow(page)
        return page

    def leave(self) -> Watch:
        """Leave the app and forget all that a next visitor could notice; what was seen meanwhile."""
        addresses = [urlsplit(page.url) for page in self.context.pages]
        for other in self.context.pages:
            if other != self.page:
                other.close()
        self.page.unroute_all()
        self.page.goto("about:blank")
        devtools = self.context.new_cdp_session(self.page)
        for origin in {f"{at.scheme}://{at.netloc}" for at in addresses if at.hostname}:
            devtools.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
        devtools.detach()
        self.context.clear_cookies()
        seen = Watch([*self.watch.errors], {*self.watch.hosts})
        self.watch.errors.clear()
        self.watch.hosts.clear()
        return seen


class Visitors:
    """The tabs of one test after another: those left by a test are taken up by the next ones."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.free: list[Tab] = []
        self.kept: list[Tab] = []
        self.single: list[Tab] = []

    def enter(
        self,
        width: int = 1280,
        height: int = 1000,
        color_scheme: ColorScheme = "light",
        apart: bool = False,
        **options: Any,
    ) -> Page:
        """The page of one more visitor; `apart` where a test does to it what cannot be taken back."""
        if options:
            tab = Tab(self.browser, **options)
            self.single.append(tab)
        else:
            tab = self.free.pop() if self.free else Tab(self.browser)
            self.kept.append(tab)
        page = tab.one_more_page() if apart else tab.page
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=color_scheme)
        return page

    def leave(self) -> Watch:
        """All of them leave: every error, and every host asked."""
        seen = [tab.leave() for tab in (*self.kept, *self.single)]
        self.free += self.kept
        for tab in self.single:
            tab.context.close()
        self.kept, self.single = [], []
        return Watch([error for one in seen for error in one.errors], {host for one in seen for host in one.hosts})
