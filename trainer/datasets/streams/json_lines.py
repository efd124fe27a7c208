"""Files with one object a line, as JSON or as Python writes it."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trainer.datasets.streams.input_files import Progress, opened
from trainer.datasets.streams.row_checks import RowRejects

BATCH_LINES = 20_000
Rows = list[tuple[int, dict[str, Any]]]


def json_lines(path: Path, rejects: RowRejects, progress: Progress) -> Iterator[Rows]:
    """Batches of line numbers (from 1) and objects; lines that hold none are rejects, empty ones are passed over."""
    with opened(path) as (file, done, total):
        rows: Rows = []
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            found = _parsed(line)
            if found is None:
                rejects.add(path.name, "line is no object in JSON", number, line.decode("utf-8", "replace").strip())
            else:
                rows.append((number, found))
            if len(rows) == BATCH_LINES:
                yield rows
                rows = []
                progress(f"reading {path.name}", min(done(), total), total)
        yield rows


def _parsed(line: bytes) -> dict[str, Any] | None:
    """The object of a line, None without one."""
    text = line.decode("utf-8", "replace").strip()
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        try:
            found = ast.literal_eval(text)  # {'title': 'It\'s', 'price': 3.5}, as some files of 2014 are
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
    return found if isinstance(found, dict) else None
