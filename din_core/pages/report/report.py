"""A scenario as one HTML file that opens from a disk: what a brief says, the chart of *Inspect* and all behaviors.

The file asks nothing of any server: styles, script and numbers lie in it, and its policy lets nothing else be loaded
or run. It prints on one page. The chart is the file `chart.js` of *Inspect* itself.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape

import numpy as np

from din_core.domain import Behavior, History
from din_core.figures import Timeline, timeline_info
from din_core.figures.activation import categories_of, coloured
from din_core.figures.palette import DARK, DARK_OTHER, LIGHT, LIGHT_OTHER, Slots
from din_core.pages.brief.content import content_of, labels_of
from din_core.pages.brief.html import CSS as BRIEF_CSS
from din_core.pages.brief.html import brief_html
from din_core.pages.browser.sources import source
from din_core.pages.browser.translations import spoken
from din_core.pages.inspect.payload import significant, timeline_text
from din_core.pages.language.labels import day, moment
from din_core.pages.language.number_texts import CATEGORY, NumericFields
from din_core.pages.language.translate import T, current, t
from din_core.sharing.frozen_results import FrozenResults

JS = source(
    "browser/say.js",
    "browser/component.js",
    "browser/format.js",
    "browser/drawing.js",
    "inspect/browser/tip.js",
    "inspect/browser/chart.js",
    "report/report.js",
)
CSS = BRIEF_CSS + source("report/report.css")
POLICY = (
    "default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'"
)
"""Of scripts, this file's own alone runs: neither one that a title brings along, nor a handler in an attribute."""
NO_NUMBERS = NumericFields({}, {}, {})
CHART_HELP = T(
    "Each bar stands at the newest occurrence. Left and right arrow keys go through the behaviors in time; by "
    "dragging, or with Shift, a part of the time is marked, and the table shows that part."
)


@dataclass(frozen=True, slots=True)
class ReportColumn:
    """A column of the table of behaviors: by `key` the script sorts it."""

    key: str
    name: str
    cells: Sequence[str]
    number: bool = True


def report_html(
    results: FrozenResults, *, link: str = "", made: int, category: str = CATEGORY, slots: Slots | None = None
) -> str:
    """The whole file, in the visitor's language.

    `link` is the address of the full analysis, nothing for none; `made` is when, in seconds since 1970; `category` the
    item field whose values are called categories, and `slots` their own colours; None where these are not known.
    """
    content = content_of(results)
    note = t("Saved on {when}: these numbers stay as they were then.", when=moment(made))
    body = [
        brief_html(content, link, new_tab=True, note=note),
        f'<p class="screen"><button type="button" id="print">{escape(t("Print, or save as PDF"))}</button></p>',
        chart_html() if results.behaviors else "",
        table_html(results, category) if results.behaviors else "",
        versions_html(results, link),
    ]
    digest = b64encode(sha256(JS.encode()).digest()).decode()
    return (
        f'<!doctype html>\n<html lang="{escape(current())}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY.format(digest=digest)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape(content.title)} · DIN Lens</title>\n<style>{CSS}</style>\n</head>\n<body>\n"
        f"<main>{''.join(body)}</main>\n"
        f'<script type="application/json" id="data">{data_text(results, category, slots)}</script>\n'
        f"<script>{JS}</script>\n</body>\n</html>\n"
    )


def data_text(results: FrozenResults, category: str, slots: Slots | None) -> str:
    """What the script draws, as JSON that ends no script."""
    categories = categories_of(results.behaviors, category)
    repeats = np.array([b.count for b in results.behaviors], np.int64)
    weight = np.array(results.weights, np.float64)
    shown = coloured(categories, weight / np.maximum(repeats, 1), repeats, slots) if results.behaviors else {}
    data = {
        "texts": spoken(JS),
        "asOf": results.as_of,
        "candidate": results.candidate.item_id,
        "palette": {"light": [*LIGHT, LIGHT_OTHER], "dark": [*DARK, DARK_OTHER]},
        "slots": shown,
        "weight": [significant(value) for value in results.weights],
        "effect": [significant(value) for value in results.effects],
        "timeline": json.loads(timeline_text(newest_lines(results), NO_NUMBERS, labels_of(results), category)),
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def newest_lines(results: FrozenResults) -> Timeline:
    """A line for each behavior as the model sees it, at its newest occurrence: no other is kept."""
    lines = tuple(Behavior(b.item, b.last_timestamp, b.behavior_type) for b in results.behaviors)
    return timeline_info(History(results.user, results.as_of, lines), results.behaviors)


def chart_html() -> str:
    """Room for the chart on the screen, and for a drawing of it on paper."""
    choice = "".join(
        f'<label><input type="radio" name="method" value="{value}"{checked}>{escape(text)}</label>'
        for value, text, checked in (
            ("weight", t("Weight × repeats"), " checked"),
            ("effect", t("Effect when removed"), ""),
        )
    )
    return (
        f'<section class="chart"><h2>{escape(t("When"))}</h2>'
        f'<fieldset class="choice"><legend>{escape(t("What the chart shows of each behavior"))}</legend>{choice}'
        '</fieldset><div id="plot" tabindex="0" role="group" '
        f'aria-label="{escape(t("Weights and effects over time"))}" aria-describedby="chart-help">'
        '<canvas id="bars" aria-hidden="true"></canvas>'
        '<canvas id="lit" aria-hidden="true"></canvas><div id="tip" hidden></div></div><div id="printed"></div>'
        '<ul id="legend"></ul><p id="spoken" class="unseen" role="status"></p>'
        f'<p id="chart-help" class="quiet small screen">{escape(t(CHART_HELP))}</p></section>'
    )


def table_html(results: FrozenResults, category: str) -> str:
    """All behaviors, those with the largest effects first; without the script it is read as it stands."""
    columns = columns_of(results, category)
    heads = "".join(
        f'<th scope="col"{" class=number" if one.number else ""}><button type="button" data-key="{one.key}">'
        f"{escape(one.name)}</button></th>"
        for one in columns
    )
    strongest = sorted(range(len(results.behaviors)), key=lambda place: -abs(results.effects[place]))
    rows = "".join(row_html(columns, place) for place in strongest)
    title = t("All behaviors, with weight and effect")
    more = t("The first of {n:,}; the file on a screen has all.", n=len(strongest))
    return (
        f'<section class="list"><h2>{escape(title)}</h2><p class="paper">{escape(more)}</p>'
        f'<p class="screen"><label>{escape(t("Search"))} <input type="search" id="search"></label></p>'
        f'<div class="scroller" tabindex="0" role="region" aria-label="{escape(title)}">'
        f'<table><thead><tr>{heads}</tr></thead><tbody id="rows">{rows}</tbody></table></div></section>'
    )


def columns_of(results: FrozenResults, category: str) -> list[ReportColumn]:
    """Each with a text a behavior."""
    behaviors = results.behaviors
    labels = labels_of(results)
    return [
        ReportColumn("title", t("Title"), [labels[b.item.item_id] for b in behaviors], number=False),
        ReportColumn("category", t("Category"), [b.item.text(category) or "" for b in behaviors], number=False),
        ReportColumn("last", t("Last date"), [day(b.last_timestamp) for b in behaviors]),
        ReportColumn("count", t("Repeats"), [f"{b.count:,}" for b in behaviors]),
        ReportColumn("weight", t("Weight × repeats"), [four_digits(value) for value in results.weights]),
        ReportColumn("effect", t("Effect"), [four_digits(value) for value in results.effects]),
    ]


def row_html(columns: Sequence[ReportColumn], place: int) -> str:
    """One behavior; its title heads the row."""
    first, *others = columns
    cells = "".join(f"<td{' class=number' if one.number else ''}>{escape(one.cells[place])}</td>" for one in others)
    return f'<tr data-row="{place}"><th scope="row">{escape(first.cells[place])}</th>{cells}</tr>'


def four_digits(value: float) -> str:
    """`0.1234`, with a minus that is as wide as a plus."""
    return f"{value:.4g}".replace("-", "−")


def versions_html(results: FrozenResults, link: str) -> str:
    """What the numbers come from, in full."""
    facts = [
        (t("Fingerprints"), " · ".join(one.link for one in results.models)),
        (t("Rows of the store"), results.rows),
        (t("Link"), link),
    ]
    told = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts if value)
    return f'<footer class="brief small"><dl class="facts">{told}</dl></footer>'
