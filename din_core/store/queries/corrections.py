"""What was meant by a text that finds nothing: its words replaced by near ones of the store."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from sqlalchemy import Connection, select

from din_core.store.queries.folding import plain
from din_core.store.queries.lookups import read_info, write_info
from din_core.store.schema import ItemRecord, UserRecord

MOST_KEPT = 200_000
"""Words kept of a table, the most frequent ones."""
LEAST = 4
"""Letters of a word that is kept or corrected."""
WHOLE_BELOW = 6
"""Letters below which a typed word must be near a whole word; longer ones may be the beginning of one."""
TWICE_FROM = 7
"""Letters from which two edits are near."""
MOST_TYPED = 6
"""Words of a typed text that is looked at."""
_WORD = re.compile(rf"[^\W\d_]{{{LEAST},}}")
_CHUNK = 10_000


def write_words(connection: Connection) -> None:
    """Keep the words of all items and users, the most frequent first."""
    for record in (ItemRecord, UserRecord):
        times: Counter[str] = Counter()
        for text in connection.execute(select(record.search_text)).yield_per(_CHUNK).scalars():
            times.update(_WORD.findall(text))
        write_info(connection, _name(record), " ".join(word for word, _ in times.most_common(MOST_KEPT)))


def corrected(
    connection: Connection, record: type[ItemRecord] | type[UserRecord], typed: str, finds: Callable[[str], bool]
) -> str | None:
    """`typed` with a near word of the store for each word by which nothing is found; None where that finds nothing.

    `finds` says whether a text finds something.
    """
    words, found = plain(typed).split(), list[str]()
    if not 0 < len(words) <= MOST_TYPED:
        return None
    known = _split(read_info(connection, _name(record)) or "")
    for word in words:
        near = word if finds(word) else nearest(known, word)
        if near is None:
            return None
        found.append(near)
    text = " ".join(found)
    return text if found != words and finds(text) else None


def nearest(known: Sequence[str], typed: str) -> str | None:
    """The first of the words at the fewest edits, where these are few; `known` is by frequency."""
    if len(typed) < LEAST:
        return None
    whole = len(typed) < WHOLE_BELOW
    near = (word for word in _half_alike(known, typed) if within(typed, word, 1, whole))
    found = next(near, None)
    if found is None and len(typed) >= TWICE_FROM:
        alike = (word for word in known if word.startswith(typed[:2]))  # most mistakes come later in a word
        found = next((word for word in alike if within(typed, word, 2, whole)), None)
    return found


def within(typed: str, word: str, edits: int, whole: bool) -> bool:
    """Whether so many edits make `typed` of `word`, or of its beginning where that is not `whole`.

    An edit is a character more, less or another, or two neighbours the other way round.
    """
    same = next((n for n, (a, b) in enumerate(zip(typed, word, strict=False)) if a != b), min(len(typed), len(word)))
    typed, word = typed[same:], word[same:]
    if not typed:
        return not whole or len(word) <= edits
    if not edits:
        return False
    if word[:2] == typed[1::-1] and within(typed[2:], word[2:], edits - 1, whole):
        return True
    if within(typed[1:], word, edits - 1, whole):
        return True
    return bool(word) and any(within(rest, word[1:], edits - 1, whole) for rest in (typed[1:], typed))


def _half_alike(known: Sequence[str], typed: str) -> Iterator[str]:
    """Words that share the first or the last half: one edit leaves one of them as it is."""
    half = (len(typed) - 1) // 2
    first, last = typed[:half], typed[-half:]
    return (word for word in known if word.startswith(first) or last in word)


@lru_cache(maxsize=4)
def _split(words: str) -> tuple[str, ...]:
    return tuple(words.split())


def _name(record: type[ItemRecord] | type[UserRecord]) -> str:
    return f"words of {record.__tablename__}"
