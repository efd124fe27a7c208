"""The row below a chart that saves it: the picture as the browser has it, the table as it comes with the row."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from din_core.pages.app.component_scripts import by_url
from din_core.pages.browser.sources import source
from din_core.pages.browser.translations import spoken

NAME = "din_lens.save_chart"
HTML = source("widgets/save_chart/save_chart.html")
CSS = source("widgets/save_chart/save_chart.css")
JS = source("browser/say.js", "browser/spreadsheet.js", "browser/drawing.js", "widgets/save_chart/save_chart.js")
HEIGHT = 28
"""Pixels, kept free before the row is there."""


def save_chart(
    chart: str,
    *,
    name: Sequence[str],
    title: str,
    lines: Sequence[str],
    caveat: str,
    link: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    about: Mapping[str, Any],
) -> None:
    """Show the row. `chart` is the key of the container with the chart, `name` the parts of a file's name.

    `rows` hold texts, numbers and None, and the file of them `about` and `link` in each; a picture has `title` and
    `lines` above the chart, `caveat` and `link` below.
    """
    data = {
        "chart": chart,
        "name": list(name),
        "title": title,
        "lines": list(lines),
        "caveat": caveat,
        "link": link,
        "columns": list(columns),
        "rows": rows,
        "about": dict(about),
        "texts": spoken(JS),
    }
    mount = st.components.v2.component(NAME, html=HTML, css=CSS, js=by_url(JS))
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    mount(key=f"save_{chart}", data=text.encode(), height=HEIGHT)
