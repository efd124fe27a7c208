"""Components of the page, mounted as Streamlit's browser part mounts them: its calls, in its order."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from din_core.pages.browser.sources import source
from din_core.pages.widgets.record_table import record_table
from din_core.pages.widgets.record_table.columns import RecordColumn
from din_core.pages.widgets.search_box.search_box import HTML, JS

MOUNT = """async ([script, html, data]) => {
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const component = (await import(url)).default;
  const host = document.body.appendChild(document.createElement("div"));
  const parentElement = host.attachShadow({ mode: "open" });
  parentElement.innerHTML = html;
  window.sent = [];
  window.host = host;
  window.component = component;
  const setStateValue = (kind, [number, value]) => sent.push([kind, value]);
  window.give = (data) => component({ data, parentElement, setStateValue });
  window.cleanUp = give(data);
}"""
DATA: dict[str, Any] = {
    "key": "user",
    "texts": {},
    "label": "User",
    "noun": "users",
    "placeholder": "",
    "selected": {"id": "7", "label": "Household 7"},
    "results": None,
    "handled": 0,
}


@pytest.fixture
def search_box(page: Page) -> Page:
    """A page with nothing but a search box."""
    page.evaluate(MOUNT, [JS, HTML, DATA])
    return page


def test_what_is_typed_is_searched_though_newer_data_overtook_an_update(search_box: Page) -> None:
    """Streamlit cleans up after an update that came late to its module; the component stays."""
    search_box.get_by_role("combobox").fill("8")
    search_box.evaluate("data => { const late = give(data); give({ ...data, handled: 1 }); late(); }", DATA)
    search_box.wait_for_function("() => sent.length > 0")
    assert search_box.evaluate("sent") == [["query", "8"]]
    assert search_box.get_by_role("combobox").get_attribute("aria-expanded") == "true"


def test_matches_of_what_may_have_been_meant_are_told_and_not_taken_unseen(search_box: Page) -> None:
    field = search_box.get_by_role("combobox")
    field.fill("mushrom")
    field.press("Enter")  # before there is an answer
    search_box.wait_for_function("() => sent.length > 0")
    options = [{"id": "9", "label": "Mushrooms", "note": ""}]
    results = {"text": "mushrom", "total": 1, "instead": "mushrooms", "options": options}
    search_box.evaluate("data => give(data)", {**DATA, "results": results, "handled": 1})
    expect(search_box.locator("#count")).to_have_text("No match for “mushrom”. Did you mean “mushrooms”? Matches: 1")
    assert search_box.evaluate("sent") == [["query", "mushrom"]]
    field.press("Enter")
    assert search_box.evaluate("sent")[1:] == [["pick", "9"]]


def test_a_search_box_that_leaves_the_page_searches_no_more(search_box: Page) -> None:
    search_box.get_by_role("combobox").fill("8")
    search_box.evaluate("() => { host.remove(); cleanUp(); }")
    search_box.evaluate("() => new Promise((done) => setTimeout(done, 400))")
    assert search_box.evaluate("sent") == []


def test_what_is_typed_takes_the_place_of_a_label_that_changed_since_the_field_was_entered(search_box: Page) -> None:
    field = search_box.get_by_role("combobox")
    field.focus()
    search_box.evaluate("data => give(data)", {**DATA, "selected": {"id": "8", "label": "Household 8"}})
    search_box.keyboard.type("9")
    expect(field).to_have_value("9")


def test_a_field_in_the_place_of_one_that_is_typed_into_goes_on_with_the_text(search_box: Page) -> None:
    """Streamlit now and then draws a part of the page anew where two of its runs meet."""
    renew = """([html, data]) => {
      const { component } = window;
      const old = host;
      window.host = document.createElement("div");
      const parentElement = host.attachShadow({ mode: "open" });
      parentElement.innerHTML = html;
      old.replaceWith(host);
      cleanUp();
      const setStateValue = (kind, [number, value]) => sent.push([kind, value]);
      component({ data, parentElement, setStateValue });
    }"""
    field = search_box.get_by_role("combobox")
    field.fill("8")
    search_box.evaluate(renew, [HTML, DATA])
    expect(field).to_be_focused()
    expect(field).to_have_value("8")
    expect(field).to_have_attribute("aria-expanded", "true")
    search_box.wait_for_function("() => sent.length > 0")
    assert search_box.evaluate("sent") == [["query", "8"]]
    field.press("Escape")
    search_box.evaluate(renew, [HTML, DATA])
    expect(field).to_have_value("Household 7")  # nothing was being typed


def test_an_instrument_goes_on_taking_choices_though_newer_data_overtook_an_update(page: Page) -> None:
    script = (
        source("browser/sender.js", "browser/component.js", "browser/client.js")
        + """
export default mountComponent(() => {
  const client = createClient(() => "", ({ id }) => id === "8");
  return { update: (bytes) => client.read(bytes), stop: client.stop };
});"""
    )
    head = {"endpoint": {"path": "", "headers": {}}}
    page.evaluate("bytes => (window.message = new TextEncoder().encode(bytes))", json.dumps(head))
    page.evaluate(MOUNT.replace("give(data);\n}", "give(message);\n}"), [script, "", None])
    offer = """id => {
      const detail = { kind: "user", id };
      return !window.dispatchEvent(new CustomEvent("din-lens-pick", { detail, cancelable: true }));
    }"""
    page.evaluate("() => { const late = give(message); give(message); late(); }")
    assert [page.evaluate(offer, id) for id in ("8", "9")] == [True, False]
    page.evaluate("() => { host.remove(); cleanUp(); }")
    assert page.evaluate(offer, "8") is False


def records(handled: int, picked: list[str]) -> list[int]:
    """The bytes of a table of three rows, once this message of ticks was handled."""
    state = {"sort": None, "find": None, "columns": [], "rows": 0}
    head = {"texts": {}, "language": "en", "title": "Rows", "count": 3, "total": 3, "sums": {}, "most": 9, "step": 9}
    head |= {"linked": False, "state": state, "handled": 0, "pick_handled": handled, "picked": picked}
    column = RecordColumn("item", "Item", list("abc"))
    body = {"columns": [column.plain()], "links": [], "keys": list("abc"), "marks": []}
    return list("\n".join(map(json.dumps, (head, body))).encode())


def test_a_row_ticked_while_python_answers_an_earlier_tick_stays_ticked(page: Page) -> None:
    page.evaluate("data => (window.message = new Uint8Array(data))", records(0, []))
    mount = MOUNT.replace("give(data);\n}", "give(message);\n}").replace("[number, value]", "[number, value] = []")
    page.evaluate(
        mount.replace("sent.push([kind, value])", "sent.push([number, value])"),
        [record_table.JS, record_table.HTML, None],
    )
    boxes = page.locator("tbody").get_by_role("checkbox")
    boxes.nth(0).check()
    boxes.nth(2).check()
    (first, _), (second, ticked) = page.evaluate("sent")
    assert ticked == ["a", "c"]
    for handled, picked, shown in ((first, ["a"], "ac"), (second, ["a", "c"], "ac"), (second, ["a"], "a")):
        page.evaluate("data => give(new Uint8Array(data))", records(handled, picked))
        assert [boxes.nth(place).is_checked() for place in range(3)] == [name in shown for name in "abc"]
