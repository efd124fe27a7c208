"""The tables of one's own data, as the README of the project shows them."""

from __future__ import annotations

import re
from pathlib import Path

from tests.readme.shown_commands import output_of

REST = {
    "items": ["tent-1,Tent,Outdoor,Northside"],
    "users": [],
    "behaviors": ["u2,mug-2,2026-03-03T12:00:00Z"],
    "impressions": ["u2,tent-1,2026-03-05T09:00:00Z,0,top"],
}
"""The rows of the shown tables that `head -3` leaves out."""


def write_shown_tables(folder: Path) -> Path:
    """The tables as the README shows them, and their last rows."""
    shown = "\n".join(output_of("head -3"))
    folder.mkdir()
    for name, rows in re.findall(r"==> tables/(\w+)\.csv <==\n((?:.+\n?)+)", shown):
        (folder / f"{name}.csv").write_text("\n".join([*rows.strip().split("\n"), *REST[name]]) + "\n", "utf-8")
    assert {file.stem for file in folder.iterdir()} == REST.keys()
    return folder
