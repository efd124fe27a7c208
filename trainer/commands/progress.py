"""How a command tells how far it is: lines and bars on stderr, so that stdout holds the result alone."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from tqdm import tqdm


def say(line: str) -> None:
    """A line on stderr, above the bar."""
    tqdm.write(line, file=sys.stderr)


def bar(rows: Iterable[Any], total: int, unit: str = "it") -> Iterable[Any]:
    """The rows one by one under a bar, which a terminal shows and a file does not."""
    shown: Iterable[Any] = tqdm(rows, total=total, unit=unit, file=sys.stderr, disable=None, leave=False)
    return shown
