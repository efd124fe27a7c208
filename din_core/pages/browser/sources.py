"""Sources of the inline browser components: plain files, joined in the order given."""

from __future__ import annotations

from pathlib import Path

PAGES = Path(__file__).parents[1]


def source(*names: str) -> str:
    """The text of files below `pages`, one after the other."""
    return "\n".join((PAGES / name).read_text(encoding="utf-8") for name in names)
