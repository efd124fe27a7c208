"""A chart of a page, and the row below it that saves it as a picture or as its table."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import streamlit as st

from din_core.domain import Item, Scenario, User
from din_core.pages.app.startup import App
from din_core.pages.language.labels import moment, words_for
from din_core.pages.language.translate import T, t
from din_core.pages.session import address
from din_core.pages.widgets.save_chart.save_chart import save_chart

CALM = {"displayModeBar": False}
WEIGHTS_CAVEAT = T("A weight says what the model switches on; it is not an effect on the score.")


@dataclass(frozen=True, slots=True)
class ExportCaption:
    """What a saved chart says of itself: parts of its file's name, and lines above the picture."""

    name: tuple[str, ...]
    lines: tuple[str, ...]
    caveat: str = ""
    """What to mind, below the picture."""


def show_chart(
    key: str,
    figure: Any,
    *,
    title: str,
    caption: ExportCaption,
    table: pd.DataFrame,
    alt: str,
    about: Mapping[str, str | int | float | bool | None] | None = None,
    config: dict[str, Any] = CALM,
    **choices: Any,
) -> None:
    """The chart in a container of this key; `table` is what it shows: `plain_table` of the table beside it.

    `about` is what the table's file says of all rows beside the page's link, as `Records.about`. `figure` is Plotly's;
    `choices` go to `st.plotly_chart`.
    """
    with st.container(key=key, gap=None):
        st.plotly_chart(figure, config=config, alt=alt, key=f"{key}_chart", **choices)
        plain = json.loads(table.to_json(orient="split", index=False, date_format="iso", double_precision=15))
        save_chart(
            key,
            name=("din-lens", key, *caption.name),
            title=title,
            lines=caption.lines,
            caveat=caption.caveat,
            link=address.short_link(),
            columns=[str(column) for column in plain["columns"]],
            rows=plain["data"],
            about=about or {},
        )


def date_name(at: int) -> str:
    """`2017-11-20`, UTC: a part of a file's name."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"


def export_caption(
    app: App,
    user: User,
    scenario: Scenario,
    models: Sequence[str],
    item: Item | None = None,
    title: str = "",
    caveat: str = "",
) -> ExportCaption:
    """A chart of a scenario's user at its time under these models, by their folders' names; of one candidate or not.

    `title` is what the candidate is called, where that is not its item's label; `caveat` stands below the picture.
    """
    shown = [app.models[model] for model in models]
    line = t(
        "{model} · {user}, as of {when}",
        model=", ".join(model.name for model in shown),
        user=words_for(app.summary).user_label(user),
        when=moment(scenario.as_of),
    )
    date = date_name(scenario.as_of)
    if item is None:
        return ExportCaption((scenario.user_id, date, shown[0].link), (line,), caveat)
    return ExportCaption((scenario.user_id, item.item_id, date, shown[0].link), (title or item.label, line), caveat)
