"""The instrument of *Inspect*: scores, activation chart and table of one time's candidates, drawn in the browser."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict

from din_core.domain import Candidate
from din_core.pages.browser.instrument import InstrumentSource
from din_core.pages.browser.protocol import INSPECT, Payload, Report
from din_core.pages.browser.sources import source
from din_core.pages.session.choices import candidate_key
from din_core.sharing import View

JS = source(
    "browser/say.js",
    "browser/sender.js",
    "browser/component.js",
    "browser/client.js",
    "browser/format.js",
    "browser/spreadsheet.js",
    "inspect/browser/labels.js",
    "browser/drawing.js",
    "browser/terms.js",
    "inspect/browser/tip.js",
    "inspect/browser/chart.js",
    "inspect/browser/entries.js",
    "inspect/browser/table.js",
    "inspect/browser/tiles.js",
    "inspect/browser/reasons.js",
    "inspect/answer/answer_event.js",
    "inspect/answer/answer.js",
    "inspect/browser/save.js",
    "inspect/browser/model_payloads.js",
    "inspect/browser/legend.js",
    "inspect/browser/shown_case.js",
    "inspect/browser/wording.js",
    "inspect/browser/links.js",
    "widgets/copy_link/link_event.js",
    "inspect/browser/attention_chart.js",
)
ATTENTION_CHART = InstrumentSource(
    name="din_lens.lens",
    html=source("inspect/browser/attention_chart.html"),
    css=source(
        "browser/base.css",
        "inspect/answer/answer.css",
        "inspect/styles/candidates.css",
        "inspect/styles/chart.css",
        "inspect/styles/table.css",
        "inspect/styles/narrow.css",
    ),
    js=JS,
    path=INSPECT,
)


def show_attention_chart(
    payload: Payload,
    *,
    epoch: int,
    candidate: Candidate,
    models: Sequence[str],
    view: View,
    on_report: Callable[[Report], None],
) -> None:
    """Show the instrument of *Inspect*, with what is on screen of the scenario.

    Whenever `epoch` is another, it goes to this candidate and these models, and takes over `view`; otherwise it knows
    better where it is. `on_report` gets where it went by itself. What it needs beyond the payload it asks for
    (`route.py`).
    """
    ATTENTION_CHART.mount(
        "lens",
        payload,
        epoch=epoch,
        on_report=on_report,
        selected=candidate_key(candidate),
        chosen=list(models),
        view=asdict(view),
    )
