"""What stands in a page is text: only code that the server sends for it runs. Every journey watches for refusals."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.journeys.visitors import Visitors

REFUSED = "content policy: script-src"
ATTEMPTS = {
    "a script": """() => {
      const script = document.createElement("script");
      script.textContent = "document.title = 'it ran'";
      document.head.append(script);
    }""",
    "a handler": """() => {
      document.body.insertAdjacentHTML("beforeend", "<img src='data:,x' onerror='document.title = `it ran`'>");
    }""",
    "a text": """() => {
      setTimeout(() => { try { new Function("document.title = 'it ran'")(); } catch {} });
    }""",
    "another host's": """() => { import("https://elsewhere.example/code.js").catch(() => null); }""",
}


def test_code_that_the_server_did_not_send_is_refused_and_noticed(visitors: Visitors, address: str) -> None:
    page = visitors.enter()
    page.goto(f"{address}data")
    expect(page.get_by_role("heading", name="What is in the store")).to_be_visible()
    for attempt in ATTEMPTS.values():
        with page.expect_event("console", lambda message: message.text.startswith(REFUSED)):
            page.evaluate(attempt)
        assert page.title() != "it ran"
    seen = visitors.leave()
    assert sum(error.startswith(REFUSED) for error in seen.errors) == len(ATTEMPTS)
