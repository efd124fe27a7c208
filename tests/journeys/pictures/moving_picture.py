"""`python -m tests.journeys.pictures.moving_picture`: a what-if of the demo as a short moving picture for the README.

What the answer of the opening example rests on is taken away, row by row, and the last one given back.
"""

from __future__ import annotations

import io

from PIL import Image
from playwright.sync_api import Page, expect

from din_core.pages.tour.offer import COOKIE
from tests.journeys.page_driver import wait_until_rest
from tests.journeys.screenshots import FOLDER
from tests.journeys.server import running_app, running_browser

SIZE = {"width": 1180, "height": 900}
PART = {"x": 60, "y": 160, "width": 1060, "height": 700}
"""Of the window, in CSS pixels: from the tiles to the list of edits."""
WIDTH, COLOURS = 880, 48
"""Of the picture: few colours keep it small, and the page has few."""
SECONDS = 1.6
PATIENCE_MS = 180_000
SOUGHT = "shelf-stable vegetables"
DROPPED = 3
"""So many rows that match are dropped."""


def frames(page: Page) -> list[Image.Image]:
    """The page after each act."""
    taken = [seen(page)]
    page.locator("#filter").fill(SOUGHT)
    taken.append(seen(page))
    for left in range(DROPPED):
        page.locator("#rows .cross:visible").first.click()  # a row that was dropped has none
        expect(page.locator("#steps tr")).to_have_count(left + 2)
        taken.append(seen(page))
    page.locator("#undo").click()
    expect(page.locator("#steps tr")).to_have_count(DROPPED)
    return [*taken, seen(page)]


def seen(page: Page) -> Image.Image:
    """The part of the page that tells, once nothing moves any more."""
    wait_until_rest(page)
    page.wait_for_function("() => document.getAnimations().length === 0")
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")
    shot = Image.open(io.BytesIO(page.screenshot(clip=PART))).convert("RGB")
    smaller = shot.resize((WIDTH, round(shot.height * WIDTH / shot.width)), Image.Resampling.LANCZOS)
    return smaller.quantize(COLOURS)


def main() -> None:
    """Write the picture."""
    expect.set_options(timeout=PATIENCE_MS)
    with running_app({}) as address, running_browser() as browser:
        context = browser.new_context(viewport=SIZE, reduced_motion="reduce", locale="en-US", color_scheme="light")
        context.add_cookies([{"name": COOKIE, "value": "1", "url": address}])
        page = context.new_page()
        page.goto(f"{address}explain-what-if")
        expect(page.locator("#steps tr").first).to_be_visible()
        first, *others = frames(page)
    path = FOLDER / "what-if.gif"
    first.save(path, save_all=True, append_images=others, duration=round(1000 * SECONDS), loop=0, optimize=True)
    print(path, f"{path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
