"""Paths as pages show them: none says where on the server a folder lies."""

from __future__ import annotations

import os
import re
from pathlib import Path

URL = re.compile(r"(sqlite[\w+]*:///)(/.+)")
PLACES = {"path", "folder", "top", "target", "wanted", "tables", "address", "url", "store_url"}
"""What messages call the places they quote."""


def shown_path(path: str | os.PathLike[str]) -> str:
    """Relative to where the app was started; elsewhere the last folder and the name: `checkpoints/din`."""
    wanted, here = Path(path), Path.cwd()
    if not wanted.is_absolute():
        return str(path)
    return str(wanted.relative_to(here)) if wanted.is_relative_to(here) else "/".join(wanted.parts[1:][-2:])


def shown_value(name: str, value: str) -> str:
    """A value that a message quotes: what is called a path or an address as it may be shown, all else as it is."""
    if name not in PLACES:
        return value
    if found := URL.fullmatch(value):
        return found[1] + shown_path(found[2])
    return shown_path(value)
