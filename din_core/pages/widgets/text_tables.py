"""Tables of texts, with columns of numbers set to the right as numbers are; rows may be chosen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import pandas as pd
import streamlit as st

from din_core.pages.session import visitor

Mode = Literal["multi-row", "single-row", "single-row-required"]
ABSENT = {"", "–", "…", "="}
"""What stands where there is no number, or no change."""
NUMBER = re.compile(
    r"[<>~≈↑↓]?\s?[+−-]?(\d[\d,]*)?\.?\d+\s?(%|×|s|min)?"  # 1,234 · −.5 · 85.8 % · 12× · ↑ 20
    r"(\s?±\s?[\d.]+|\s\(.*\))?"  # 0.76 ± 0.01 · 0.76 (0.75 to 0.77)
)
RIGHT = "text-align: right !important"


def show_table(table: pd.DataFrame, index: bool = False) -> None:
    """All of a small table, with its index where that names the rows."""
    heads = [
        f"{cell}.col{place}" for place, name in enumerate(table) if of_numbers(table[name]) for cell in ("th", "td")
    ]
    styled = table.style.set_table_styles([{"selector": head, "props": RIGHT} for head in heads])
    st.table(styled, border="horizontal", hide_index=not index)


def row_table(
    key: str,
    table: pd.DataFrame,
    names: Sequence[str],
    about: object,
    *,
    mode: Mode = "multi-row",
    rows: int | None = None,
    column_config: Mapping[str, Any] | None = None,
) -> list[int]:
    """Show a table of which rows can be chosen; the places of those that are, in their order.

    Streamlit forgets a table that is not on screen: here, what was chosen is so again after Back, for as long as the
    table is about the same. `names` tell the rows apart, wherever they stand. It is as high as so many `rows`; None for
    its own.
    """
    results, question = visitor.session().results, f"rows of {key}"
    before = results.get(question, about) or ()
    chosen = [place for place, name in enumerate(names) if name in before]
    picked = st.dataframe(
        table,
        hide_index=True,
        height=35 * ((len(table) if rows is None else rows) + 1) + 3,
        key=key,
        on_select="rerun",
        selection_mode=mode,
        selection_default={"selection": {"rows": chosen}} if chosen else None,
        column_config=column_config,
    )
    found = sorted(row for row in picked["selection"]["rows"] if row < len(table))
    results.keep(question, about, tuple(names[row] for row in found))
    return found


def columns_of(table: pd.DataFrame, help_texts: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """How `st.dataframe` shows each text column of `table`; `help_texts`: an explanation of some."""
    help_texts = help_texts or {}
    numbers = {str(name) for name in table if of_numbers(table[name])}
    return {
        name: st.column_config.TextColumn(help=help_texts.get(name), alignment="right" if name in numbers else None)
        for name in map(str, table)
        if name in numbers or name in help_texts
    }


def of_numbers(texts: Iterable[object]) -> bool:
    """Whether most are numbers with or without their unit, not counting those that are absent."""
    shown = [text for text in (str(text).strip() for text in texts) if text not in ABSENT]
    return 2 * sum(NUMBER.fullmatch(text) is not None for text in shown) > len(shown)
