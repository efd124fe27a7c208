"""Fields of items that stand beside every event, kept once an item."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd


class FirstRows:
    """Of each id the first row that came; in memory, as the ids are."""

    def __init__(self, name: str) -> None:
        """`name` of the id's column."""
        self._name = name
        self._seen: set[str] = set()
        self._frames: list[pd.DataFrame] = []

    def add(self, rows: pd.DataFrame) -> None:
        """Keep the rows of new ids."""
        rows = rows.drop_duplicates(self._name)
        new = rows[[own_id not in self._seen for own_id in rows[self._name]]]
        self._seen.update(new[self._name])
        self._frames.append(new)

    def frames(self) -> Iterator[pd.DataFrame]:
        """What was kept."""
        return iter(self._frames)
