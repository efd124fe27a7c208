"""What axe finds on a page."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page


def violations(page: Page) -> list[dict[str, Any]]:
    """What axe finds on the page as it is, rule by rule; the page keeps axe for the next time."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[dict[str, Any]] = page.evaluate(
        "() => axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations)"
    )
    return found


def serious(page: Page) -> list[object]:
    """What of that keeps somebody from reading or using the page."""
    return [
        (rule["id"], node["target"], node["failureSummary"])
        for rule in violations(page)
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]
