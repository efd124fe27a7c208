"""An instrument in the browser, mounted: it is told what to show, and tells where it went."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from din_core.pages.app.component_scripts import by_url
from din_core.pages.browser.inbox import last_handled, subscribe
from din_core.pages.browser.protocol import KEY, KEY_HEADER, LANGUAGE_HEADER, REPORT, Payload, Report
from din_core.pages.language.translate import current
from din_core.pages.session.visitor import session


@dataclass(frozen=True)
class InstrumentSource:
    """What an instrument is made of, and the path it asks at."""

    name: str
    html: str
    css: str
    js: str
    path: str

    def mount(
        self, key: str, payload: Payload, *, epoch: int, on_report: Callable[[Report], None], **head: object
    ) -> None:
        """Show `payload`, which brings no texts where the instrument has them.

        `head` says where the instrument must go when `epoch` is another than before.
        """

        def reported(value: object) -> None:
            report = Report.read(value)
            session().instrument.holds = report.holds
            if report.link:
                on_report(report)

        callbacks = subscribe(key, {REPORT: reported})
        handled = last_handled(key, REPORT)
        data = payload.encode(epoch=epoch, handled=handled, endpoint=endpoint(self.path), **head)
        component = st.components.v2.component(self.name, html=self.html, css=self.css, js=by_url(self.js))
        component(key=key, data=data, **callbacks)


def endpoint(path: str) -> dict[str, object]:
    """What a component must know to ask at a path by itself."""
    return {"path": path, "headers": {KEY_HEADER: KEY, LANGUAGE_HEADER: current()}}
