"""Every control of every page is reached on the keyboard, and one sees where one is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.page_driver import wait_until_rest
from tests.journeys.screenshots import PAGES

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


@pytest.mark.parametrize("name", sorted(PAGES))
def test_the_tab_key_reaches_every_control_and_shows_where_it_is(page: Page, address: str, name: str) -> None:
    path, ready = PAGES[name]
    page.goto(f"{address}{path}")
    ready(page)
    wait_until_rest(page)
    went = []
    for _ in range(STEPS):
        page.keyboard.press("Tab")
        step = page.evaluate(STEP)
        if step is None and went:
            break
        if step is not None:
            went.append(step)
    assert page.evaluate(MISSED) == []
    unseen = [step["name"] for step in went if step["pressed"] and not step["seen"]]
    assert [name for name in unseen if name != "Show/hide columns"] == []  # Streamlit's own, above a table
    names = [step["name"].split("\n")[-1] for step in went]  # after the icon's
    assert {"Explain", "Data", "New here? Two-minute tour"} <= set(names), names
