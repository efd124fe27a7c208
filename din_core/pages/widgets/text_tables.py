"""Small tables of texts, with columns of numbers set to the right as numbers are."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd
import streamlit as st

ABSENT = {"", "–", "…", "="}
"""What stands where there is no number, or no change."""
NUMBER = re.compile(
    r"[<>~≈↑↓]?\s?[+−-]?(\d[\d,]*)?\.?\d+\s?(%|×|s|min)?"  # 1,234 · −.5 · 85.8 % · 12× · ↑ 20
    r"(\s?±\s?[\d.]+|\s\(.*\))?"  # 0.76 ± 0.01 · 0.76 (0.75 to 0.77)
)
TABLE_ROW = 29.5
"""Pixels of a row of one line, and of the heads."""
RIGHT = "text-align: right !important"


def show_table(table: pd.DataFrame, index: bool = False) -> None:
    """All of a small table, with its index where that names the rows."""
    heads = [
        f"{cell}.col{place}" for place, name in enumerate(table) if of_numbers(table[name]) for cell in ("th", "td")
    ]
    styled = table.style.set_table_styles([{"selector": head, "props": RIGHT} for head in heads])
    st.table(styled, border="horizontal", hide_index=not index)


def of_numbers(texts: Iterable[object]) -> bool:
    """Whether most are numbers with or without their unit, not counting those that are absent."""
    shown = [text for text in (str(text).strip() for text in texts) if text not in ABSENT]
    return 2 * sum(NUMBER.fullmatch(text) is not None for text in shown) > len(shown)
