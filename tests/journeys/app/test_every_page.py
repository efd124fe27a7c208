"""Every page: it stands still while it loads, is reached by the Tab key, and axe finds nothing in any of its looks.

A page is loaded once for all of these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.accessibility import serious
from tests.journeys.layout_shift import layout_shift
from tests.journeys.looks import Look, each_look
from tests.journeys.page_driver import scrolls_sideways, wait_until_rest
from tests.journeys.screenshots import PAGES
from tests.journeys.visitors import Visitors

MOVES = 0.2
"""Layout shift from which on a page is one that jumps; good is .1, but a busy machine draws more of the steps."""
STEPS = 200
"""Controls of a page at most."""
STEP = """() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  if (!at || at === document.body) return null;
  at.reached = true;
  const table = at.closest("canvas");  // it hands the focus to a cell of its own, some time later
  if (table) table.reached = true;
  const name = at.getAttribute("aria-label") || at.innerText || at.id;
  const outlined = (style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  const drawn = (node) => {
    const [style, after] = [getComputedStyle(node), getComputedStyle(node, "::after")];
    return style.boxShadow !== "none" || outlined(style) || (after.content !== "none" && outlined(after));
  };
  let seen = false;
  for (let node = at, up = 0; node && up < 4; up += 1) {
    seen ||= drawn(node);
    node = node.parentElement ?? node.getRootNode().host;
  }
  return { name: name.trim().slice(0, 60), pressed: at.matches("a, button, summary"), seen };
}"""
MISSED = """() => {
  const left = [];
  const look = (root) => {
    for (const node of root.querySelectorAll("*")) {
      if (node.shadowRoot) look(node.shadowRoot);
      const control = node.matches("a[href], button, input, select, textarea, summary, [tabindex='0']");
      if (!control || node.disabled || node.tabIndex < 0 || node.reached) continue;
      if (!node.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
      // Of a group of choices one is reached, and the arrows go to the others.
      if (node.matches("[role=radio], [type=radio]") || node.closest("[data-testid=stElementToolbar]")) continue;
      if (node.getBoundingClientRect().width) left.push(node.getAttribute("aria-label") || node.innerText || node.id);
    }
  };
  look(document.querySelector("[data-testid=stMain]"));
  return left;
}"""


def test_a_table_that_is_wider_than_a_phone_is_scrolled_by_the_arrow_keys(
    new_page: Callable[..., Page], address: str
) -> None:
    page = new_page(width=400, height=800)
    page.goto(f"{address}models-leaderboard")
    tables = page.get_by_role("region", name="Table, wider than the page: the arrow keys scroll it")
    table = tables.filter(has_text="Average pooling").first
    expect(table).to_be_visible()
    table.press("ArrowRight")
    page.wait_for_function("table => table.scrollLeft > 0", arg=table.element_handle())
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(tables).to_have_count(0)  # there they fit


@pytest.fixture(scope="module", params=sorted(PAGES))
def opened(request: pytest.FixtureRequest, visitors: Visitors, address: str) -> Iterator[Page]:
    """A page after the other, of a visitor who makes no error and asks no other host."""
    page = visitors.enter()
    path, ready = PAGES[request.param]
    page.goto(f"{address}{path}?models=din,dien")  # with a DIEN, every page has its link
    ready(page)
    yield page
    seen = visitors.leave()
    assert seen.errors == []
    assert seen.hosts <= {"127.0.0.1", ""}


def test_a_page_stands_still_while_it_loads(opened: Page) -> None:
    assert layout_shift(opened) < MOVES


def test_the_tab_key_reaches_every_control_and_shows_where_it_is(opened: Page) -> None:
    wait_until_rest(opened)
    went = []
    for _ in range(STEPS):
        opened.keyboard.press("Tab")
        step = opened.evaluate(STEP)
        if step is None and went:
            break
        if step is not None:
            went.append(step)
    assert opened.evaluate(MISSED) == []
    unseen = [step["name"] for step in went if step["pressed"] and not step["seen"]]
    assert [name for name in unseen if name != "Show/hide columns"] == []  # Streamlit's own, above a table
    names = [step["name"].split("\n")[-1] for step in went]  # after the icon's
    assert {"Explain", "Data", "New here? Two-minute tour"} <= set(names), names


def test_a_page_is_accessible_and_no_wider_than_its_window_in_every_look(opened: Page) -> None:
    found: dict[Look, list[object]] = {}
    wide = []
    for look in each_look(opened):
        if scrolls_sideways(opened):
            wide.append(look)
        if violations := serious(opened):
            found[look] = violations
    assert (found, wide) == ({}, [])


def test_a_printed_page_begins_with_its_heading(opened: Page) -> None:
    opened.emulate_media(media="print")
    assert not opened.locator(".st-key-places, .st-key-quick_open_room").locator("visible=true").count()
    assert opened.get_by_test_id("stHeading").first.is_visible()
    opened.emulate_media(media="screen")
