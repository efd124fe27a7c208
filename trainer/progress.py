"""How a command tells how far it is: lines and bars on stderr, so that stdout holds the result alone."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any
from unicodedata import category

from tqdm import tqdm

_HIDDEN = ("Cc", "Cs", "Zl", "Zp")
"""Unicode's categories of control characters, halves of characters and line ends."""


def printable(text: str) -> str:
    """Text as a terminal may show it: what is quoted from the input may hold control characters."""
    return "".join(repr(one)[1:-1] if category(one) in _HIDDEN and one != "\n" else one for one in text)


def say(line: str) -> None:
    """A line on stderr, above the bar."""
    tqdm.write(printable(line), file=sys.stderr)


def bar(rows: Iterable[Any], total: int, unit: str = "it") -> Iterable[Any]:
    """The rows one by one under a bar, which a terminal shows and a file does not."""
    shown: Iterable[Any] = tqdm(rows, total=total, unit=unit, file=sys.stderr, disable=None, leave=False)
    return shown
