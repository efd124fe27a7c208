"""The rows of a spool by user and time, however many they are: ranges of users are sorted one after the other."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from din_core.store.ingestion.spool.line_spool import LINE, Lines, LineSpool, by_user


def sorted_parts(spool: LineSpool, n_users: int, folder: Path | None) -> Iterator[Lines]:
    """Rows by user, then time, those of one time as they came; each user's in one part where the spool was unsorted.

    A spool on disk is written once more, into `folder`, unless its rows are in order already.
    """
    if spool.in_order:
        yield from spool.parts()
    elif not spool.on_disk or folder is None:
        yield by_user([*spool.parts()])
    else:
        yield from _by_ranges(spool, _ranges(spool, n_users), folder)


def _ranges(spool: LineSpool, n_users: int) -> NDArray[np.int64]:
    """The first user of each range but the first; a range holds about a part's rows, or a single user."""
    rows = np.zeros(n_users, np.int64)
    for lines in spool.parts():
        rows += np.bincount(lines["user"], minlength=n_users)
    number = (np.cumsum(rows) - rows) // spool.part_rows
    return np.flatnonzero(np.diff(number)) + 1


def _by_ranges(spool: LineSpool, starts: NDArray[np.int64], folder: Path) -> Iterator[Lines]:
    with tempfile.TemporaryDirectory(prefix="by-user-", dir=folder) as own:
        files = [Path(own) / f"{n}.rows" for n in range(len(starts) + 1)]
        for lines in spool.parts():
            number = np.searchsorted(starts, lines["user"], side="right")
            order = np.argsort(number, kind="stable")
            ends = np.searchsorted(number[order], np.arange(len(files) + 1))
            for n, file in enumerate(files):
                if ends[n] < ends[n + 1]:
                    with file.open("ab") as stream:
                        lines[order[ends[n] : ends[n + 1]]].tofile(stream)
        for file in files:
            if file.is_file():
                yield by_user([np.fromfile(file, LINE)])
                file.unlink()
