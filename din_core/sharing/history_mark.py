"""What a link says of the history that its sender saw: how many behaviors, and a digest of them.

A reader is told where the store holds others now. The mark changes nothing else: links without one are read alike.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from din_core.domain import Behavior, History, Truncate
from din_core.domain.translatable import Translatable
from din_core.sharing.values import shown

HISTORY = "history"
"""Its name in a link."""
WRITTEN = re.compile(r"(0|[1-9][0-9]{0,11})-([0-9a-f]{8})")


@dataclass(frozen=True, slots=True)
class HistoryMark:
    """Of one history; equal where its behaviors are."""

    count: int
    digest: str
    """8 hexadecimal digits of the behaviors' items, times and types."""

    def __str__(self) -> str:
        """As links have it."""
        return f"{self.count}-{self.digest}"


def mark_of(behaviors: Sequence[Behavior]) -> HistoryMark:
    """The mark of a history's behaviors."""
    rows = [[b.item.item_id, b.timestamp, b.behavior_type] for b in behaviors]
    return HistoryMark(len(rows), blake2b(json.dumps(rows).encode(), digest_size=4).hexdigest())


def read_mark(text: str | None, problems: list[str]) -> HistoryMark | None:
    """The inverse of `str`; one more problem for another text."""
    found = None if text is None else WRITTEN.fullmatch(text)
    if found is not None:
        return HistoryMark(int(found[1]), found[2])
    if text is not None:
        problems.append(
            Translatable(
                "The link's mark of its history {text} cannot be read, so whether it has changed is not known.",
                text=shown(text),
            )
        )
    return None


def change_since(mark: HistoryMark, history: History) -> Translatable | None:
    """A sentence on how the history differs from the marked one; None where it is the same."""
    now = mark_of(history.behaviors)
    if now == mark:
        return None
    if now.count == mark.count:
        return Translatable(
            "The history holds other behaviors than when this link was made, still {n:,} of them, so the numbers may "
            "differ from those that were sent.",
            n=now.count,
        )
    return Translatable(
        "When this link was made the history held {sent:,} behaviors, here it holds {here:,}, so the numbers may "
        "differ from those that were sent.",
        sent=mark.count,
        here=now.count,
    )


def back_to(mark: HistoryMark, history: History) -> Truncate | None:
    """The edit that makes the marked history of this one, where newer or older behaviors are all that was added."""
    behaviors, n = history.behaviors, mark.count
    if not 0 < n < len(behaviors):
        return None
    first, last = behaviors[:n], behaviors[-n:]
    if mark_of(first) == mark and first[-1].timestamp < behaviors[n].timestamp:
        return Truncate("before", behaviors[n].timestamp)
    if mark_of(last) == mark and behaviors[-n - 1].timestamp < last[0].timestamp:
        return Truncate("from", last[0].timestamp)
    return None
