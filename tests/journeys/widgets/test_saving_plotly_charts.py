"""Plotly charts as PNG and SVG, their tables as CSV, made in the browser alone."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, WebSocket, expect

from din_core.store import BehaviorStore
from tests.journeys.charts import chart, traces
from tests.journeys.page_driver import wait_until_rest
from tests.journeys.record_table import record_lines, record_rows

NewPage = Callable[..., Page]
SVG = "{http://www.w3.org/2000/svg}"
XLINK = "{http://www.w3.org/1999/xlink}"


def button(page: Page, kind: str, title: str) -> Locator:
    """By the name that it has for those who do not see it."""
    return page.get_by_role("button", name=f"{kind}: {title}", exact=True)


def saved(page: Page, kind: str, title: str, folder: Path) -> Path:
    """The file that a button gives, pressed on the keyboard, under its own name."""
    with page.expect_download() as download:
        button(page, kind, title).press("Enter")
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def listen(page: Page) -> list[object]:
    """What the page will say to the server."""
    said: list[object] = []

    def sent(frame: object) -> None:
        said.append(frame)

    def opened(socket: WebSocket) -> None:
        socket.on("framesent", sent)

    page.on("websocket", opened)
    return said


def drawing(path: Path) -> ElementTree.Element:
    return ElementTree.parse(path).getroot()


def classed(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [node for node in root.iter() if name in node.get("class", "").split()]


def table_of(path: Path) -> list[list[str]]:
    """Head and rows of a CSV file."""
    return list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))


def check_picture(path: Path, least: int, background: str) -> None:
    """A slide of 16:9 with a chart of at least this width, on the theme's background, with many colours on it."""
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        assert 9 * picture.width == 16 * picture.height
        assert picture.width >= 2 * least
        shown = picture.convert("RGB")
    assert "#{:02x}{:02x}{:02x}".format(*shown.getpixel((3, 3))) == background
    colors = shown.getcolors(1_000_000)
    assert colors is not None and len(colors) > 50
    assert max(times for times, _ in colors) < 0.99 * shown.width * shown.height


def test_bars_are_saved_as_they_are_drawn_and_their_table_as_it_is_shown(
    new_page: NewPage, address: str, store: BehaviorStore, tmp_path: Path
) -> None:
    page = new_page(apart=True)  # one goes on listening
    said = listen(page)
    page.goto(f"{address}data")
    bars = traces(page, "per_user")[0]
    wait_until_rest(page)
    title = "Users by behaviors"
    button(page, "CSV", title).focus()
    so_far, before = len(said), page.locator(".st-key-per_user").bounding_box()
    table = table_of(saved(page, "CSV", title, tmp_path))
    svg = drawing(saved(page, "SVG", title, tmp_path))
    picture = saved(page, "PNG", title, tmp_path)
    assert len(said) == so_far > 0  # the server was not asked
    assert page.locator(".st-key-per_user").bounding_box() == before
    assert table[0] == ["behaviors_from", "behaviors_to", "users", "data", "link"]
    assert [int(row[2]) for row in table[1:]] == bars["y"]
    assert sum(int(row[2]) for row in table[1:]) == store.summary().n_users
    whole = {("A small world made for tests; exposure is inferred.", f"{address}data?v=1&user=7&item=b2")}
    assert {(data, link[: len(next(iter(whole))[1])]) for *_, data, link in table[1:]} == whole
    page.get_by_text("The bars as a table").click()
    expect(record_lines(page, "per_user_table")).to_have_count(len(table) - 1)
    names = [row["Behaviors"] for row in record_rows(page, "per_user_table")]
    assert names == [least if least == most else f"{least}–{most}" for least, most, *_ in table[1:]]
    marks = [path for group in classed(svg, "point") for path in group.findall(f"{SVG}path")]
    assert len(marks) == len(table) - 1
    texts = ["".join(node.itertext()) for node in svg.iter(f"{SVG}text")]
    assert texts[:2] == [title, "Data: A small world made for tests; exposure is inferred."]
    assert set(names) <= set(texts)
    width = chart(page, "per_user").bounding_box()
    assert width is not None
    check_picture(picture, round(width["width"]) + 48, "#ffffff")
    assert picture.name == "din-lens_per-user_A-small-world-made-for-tests-exposure-is-inferred._2017-11-19.png"


def test_a_map_is_saved_with_a_mark_for_each_row(page: Page, address: str, tmp_path: Path) -> None:
    page.goto(f"{address}models-items")
    across = chart(page, "item_map").evaluate(
        "plot => plot._fullData.filter(trace => trace.customdata).flatMap(trace => Array.from(trace.x))"
    )
    title = "Items as the model sees them: All items (PCA), Category"
    table = table_of(saved(page, "CSV", title, tmp_path))
    x = table[0].index("x")
    assert sorted(float(row[x]) for row in table[1:]) == pytest.approx(sorted(across), abs=0.00051)
    svg = drawing(saved(page, "SVG", title, tmp_path))
    rings = 1 + sum(int(row[table[0].index("in_history")]) > 0 for row in table[1:])  # candidate and history
    plots = classed(svg, "scatterlayer")
    assert sum(len(classed(plot, "point")) for plot in plots) == len(table) - 1 + rings
    faces = "".join(style.text or "" for style in svg.iter(f"{SVG}style"))
    assert '@font-face{font-family:"Source Sans"' in faces and "url(data:" in faces.replace('"', "")
    texts = ["".join(node.itertext()) for node in svg.iter(f"{SVG}text")]
    assert f"{address}models-items?v=1&user=7&item=b2&" in "".join(texts)
    links = [node.get(name, "") for node in svg.iter() for name in ("href", f"{XLINK}href", "clip-path", "filter")]
    assert [link for link in links if "http" in link] == []  # nothing outside the file


def test_a_heat_map_is_saved_in_the_dark_themes_colours(new_page: NewPage, address: str, tmp_path: Path) -> None:
    page = new_page(color_scheme="dark")
    page.goto(f"{address}compare-scenarios")
    heat = chart(page, "heatmap").bounding_box()
    assert heat is not None
    picture = saved(page, "PNG", "Who switches on what", tmp_path)
    check_picture(picture, round(heat["width"]) + 48, "#0e1117")
    table = table_of(saved(page, "CSV", "Who switches on what", tmp_path))
    ((first, *others),) = [trace["z"] for trace in traces(page, "heatmap") if "z" in trace]
    rows = [name for name in table[0] if name.startswith("row_")]
    shown = [[float(row[table[0].index(name)]) for row in table[1:-2]] for name in rows]
    assert shown == [pytest.approx(line, rel=1e-6) for line in (first, *others)]
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button(page, "Copy image", "Who switches on what").click()
    expect(page.locator(".st-key-save_heatmap #status")).to_have_text("Image copied")
