"""What a reader of public data gives: streams of rows with the ids of the source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

Frames = Callable[[], Iterator[pd.DataFrame]]
WEEK = 7 * 86_400


def no_rows() -> Iterator[pd.DataFrame]:
    """Of a source that has no such table."""
    return iter(())


@dataclass(frozen=True)
class RawData:
    """Rows of one source, in any order, read while they are asked for.

    `events` frames have user_id, item_id (texts), timestamp (whole seconds), label (1 or 0 of an impression, -1 where
    there is none), behavior (bool: whether it is one), the fields named here, and split where `splits_given`.
    Frames with a `history` column have user_id, timestamp and lists of item ids, oldest first, instead.
    """

    provenance: str
    events: Frames
    items: Frames = no_rows
    """item_id and `item_fields`; of an item that stands twice the first row counts, others than those in use do not"""
    users: Frames = no_rows
    """user_id and `user_fields`, likewise"""
    item_fields: tuple[str, ...] = ()
    user_fields: tuple[str, ...] = ()
    behavior_fields: tuple[str, ...] = ()
    context_fields: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ("price", "rating")
    """fields that are numbers; all others are texts"""
    only_positives: bool = False
    """whether label 1 is all there is, so that negatives are drawn"""
    repeats: bool = True
    """whether an impression may be of an item that its user acted on before; where not, the first row of user and item
    counts, and no negative is an item of the user's, ever"""
    period: int = WEEK
    """seconds within which negatives are as popular as positives"""
    splits_given: bool = False
    times_made: bool = False
    """whether times are the numbers of rows, in no order that is known but for splits: then those of a user are put in
    the order in which its histories grow, so that none holds what a later one adds"""
    file_events: Mapping[Path, Frames] = field(default_factory=dict)
    """`events` by file, in their order, where each file's can be read by itself by another process; then `items` and
    `users` read files of their own"""

    def without_streams(self) -> RawData:
        """The same but for its rows: what another process can be sent."""
        return replace(self, events=no_rows, items=no_rows, users=no_rows, file_events={})
