"""The tally of a store's rows as one text, so that an append counts its own rows alone."""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode
from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from din_core.store.queries.line_tally import LineTally, SplitTally

MOST_CONTEXTS = 1 << 17
"""Different contexts of one table; a store with more is counted anew at each append."""


def to_text(tally: LineTally, kinds: list[str]) -> str:
    """About a byte a user; empty where there are too many contexts to be kept."""
    if max(len(tally.behavior_contexts), len(tally.impression_contexts)) > MOST_CONTEXTS:
        return ""
    splits = {
        nth: [_packed(np.packbits(own.seen)), own.impressions, own.positives, own.first, own.last]
        for nth, own in tally.by_split.items()
    }
    return json.dumps(
        {
            "users": tally.users,
            "per_user": _packed(tally.per_user.astype("<i8")),
            "kinds": kinds,
            "counts": [[*counts.items()] for counts in _counters(tally)],
            "span": tally.span,
            "splits": [*splits.items()],
            "weeks": [[*key, *counts] for key, counts in tally.by_week.items()],
        },
        ensure_ascii=False,
    )


def from_text(text: str) -> tuple[LineTally, list[str]]:
    """What `to_text` wrote."""
    found = json.loads(text)
    users = int(found["users"])
    tally = LineTally(users, span=None if found["span"] is None else tuple(found["span"]))
    tally.per_user[:] = np.frombuffer(_unpacked(found["per_user"]), "<i8")
    for counts, pairs in zip(_counters(tally), found["counts"], strict=True):
        counts.update({code: rows for code, rows in pairs})
    for nth, (seen, impressions, positives, first, last) in found["splits"]:
        held = np.unpackbits(np.frombuffer(_unpacked(seen), np.uint8), count=users).astype(bool)
        tally.by_split[nth] = SplitTally(held, impressions, positives, first, last)
    for week, nth, rows, positives in found["weeks"]:
        tally.by_week[week, nth][:] = rows, positives
    return tally, found["kinds"]


def _counters(tally: LineTally) -> tuple[Counter[int], Counter[int], Counter[int]]:
    return tally.kinds, tally.behavior_contexts, tally.impression_contexts


def _packed(values: NDArray[Any]) -> str:
    return b64encode(zlib.compress(values.tobytes())).decode()


def _unpacked(text: str) -> bytes:
    return zlib.decompress(b64decode(text))
