"""`python -m tests.journeys.screenshots`: pictures of the running app on the demo, for the README."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.journeys.server import ROOT, running_app, running_browser

FOLDER = ROOT / "assets" / "screenshots"
PICTURES = {"inspect.png": "light", "inspect-dark.png": "dark"}
SIZE = {"width": 1280, "height": 1056}


def main() -> None:
    """Write one picture a theme."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with running_app({}) as address, running_browser() as browser:
        for name, theme in PICTURES.items():
            context = browser.new_context(
                viewport=SIZE, device_scale_factor=1.5, color_scheme=theme, reduced_motion="reduce"
            )
            page = context.new_page()
            page.goto(address)
            expect(page.locator("#title")).not_to_be_empty(timeout=90_000)
            expect(page.locator("#rows tr").first).to_be_visible()
            expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)  # the run is over
            page.evaluate("document.fonts.ready")
            page.screenshot(path=FOLDER / name)
            print(FOLDER / name)
            if theme == "light":
                picture_of_models(page, address)
                picture_of_ranking(page, address)
            context.close()


def picture_of_models(page: Page, address: str) -> None:
    """The leaderboard of the shipped checkpoints."""
    page.goto(f"{address.rstrip('/')}/models")
    expect(page.get_by_role("heading", name="Leaderboard")).to_be_visible(timeout=90_000)
    expect(page.locator(".js-plotly-plot .points").first).to_be_attached()
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    page.evaluate("document.fonts.ready")
    page.screenshot(path=FOLDER / "models.png")
    print(FOLDER / "models.png")


def picture_of_ranking(page: Page, address: str) -> None:
    """The whole catalogue of the opening example, once all of it is scored."""
    page.goto(f"{address.rstrip('/')}/rank")
    expect(page.get_by_role("button", name="Score again")).to_be_visible(timeout=180_000)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    page.evaluate("document.fonts.ready")
    page.screenshot(path=FOLDER / "rank.png")
    print(FOLDER / "rank.png")


if __name__ == "__main__":
    main()
