"""How often a user's history repeats the candidate: the hand-made features of the baselines.

Only lines strictly earlier than the impression count; labels and how long ago something happened take no part. Where
items have several values of a field, a count is the mean of those of the candidate's values.
N lines, M impressions, K keys (the item itself and each item field); users, items and keys are codes from 0,
and the key -1 is a missing value, which repeats nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Events:
    """Users meeting items at times: the lines of all histories, or the impressions."""

    user: Ints
    item: Ints
    time: Ints


@dataclass(frozen=True)
class SeveralKeys:
    """Keys of items that may have several: end to end, with an offset an item and one more."""

    keys: Ints
    offsets: Ints

    def of(self, items: Ints) -> tuple[Ints, Ints]:
        """items (n,) → (e,) which of the n, and (e,) one of its keys."""
        starts, lengths = self.offsets[items], self.offsets[items + 1] - self.offsets[items]
        which = np.repeat(np.arange(len(items)), lengths)
        return which, self.keys[np.arange(len(which)) + np.repeat(starts - (lengths.cumsum() - lengths), lengths)]


Keys = Ints | SeveralKeys
"""By item: its one key, or several."""


def mean_counts_before(lines: Events, impressions: Events, keys: Keys) -> Ints | NDArray[np.float64]:
    """(M,) `counts_before`, of several keys the mean; 0 for a candidate without any."""
    if not isinstance(keys, SeveralKeys):
        return counts_before(lines, impressions, keys)
    (past, past_key), (shown, shown_key) = keys.of(lines.item), keys.of(impressions.item)
    counts = counts_before(
        Events(lines.user[past], past_key, lines.time[past]),
        Events(impressions.user[shown], shown_key, impressions.time[shown]),
        np.arange(int(keys.keys.max(initial=-1)) + 1),
    )
    m = len(impressions.item)
    return np.bincount(shown, counts, minlength=m) / np.maximum(np.bincount(shown, minlength=m), 1)


def counts_before(lines: Events, impressions: Events, key_of_item: Ints) -> Ints:
    """(M,) lines of the impression's user, strictly earlier, whose item has the candidate's key.

    `key_of_item` maps item codes to keys: item codes themselves, categories, or all 0 for every line.
    """
    times = np.unique(lines.time)
    line_key, wanted_key = key_of_item[lines.item], key_of_item[impressions.item]
    n_keys = max(int(key_of_item.max(initial=0)) + 1, 1)
    known = line_key >= 0
    # A (user, key) pair that occurs becomes a code, so that (pair, time) fits one sortable integer.
    pairs, pair = np.unique(lines.user[known] * n_keys + line_key[known], return_inverse=True)
    sorted_lines = np.sort(pair * (len(times) + 1) + np.searchsorted(times, lines.time[known]))

    wanted = impressions.user * n_keys + wanted_key
    wanted_pair = np.searchsorted(pairs, wanted)
    found = wanted_key >= 0
    found[found] = wanted_pair[found] < len(pairs)
    found[found] = pairs[wanted_pair[found]] == wanted[found]

    start = wanted_pair[found] * (len(times) + 1)
    end = start + np.searchsorted(times, impressions.time[found], side="left")
    counts = np.zeros(len(wanted), dtype=np.int64)
    counts[found] = np.searchsorted(sorted_lines, end) - np.searchsorted(sorted_lines, start)
    return counts


def seen_before(lines: Events, impressions: Events) -> Bools:
    """(M,) whether the user's history holds the candidate itself; without that it is new to the user."""
    return counts_before(lines, impressions, _items_themselves(lines, impressions)) > 0


def repeat_features(lines: Events, impressions: Events, fields: Mapping[str, Keys]) -> tuple[Floats, list[str]]:
    """(M, 2K + 1) features of the user's own history, and their names.

    log(1 + n) for the number n of earlier lines with the candidate's item and with each of its field values,
    each n as a share of the history's length (0 for an empty one), and log(1 + length). `fields` maps a
    field's name to its value code, or several, by item.
    """
    items = _items_themselves(lines, impressions)
    length = counts_before(lines, impressions, np.zeros_like(items))
    columns, names = [np.log1p(length)], ["log length"]
    for name, key_of_item in {"item": items, **fields}.items():
        count = mean_counts_before(lines, impressions, key_of_item)
        columns += [np.log1p(count), count / np.maximum(length, 1)]
        names += [f"log same {name}", f"share same {name}"]
    return np.stack(columns, axis=1).astype(np.float32), names


def popularity_features(lines: Events, impressions: Events, fields: Mapping[str, Keys]) -> tuple[Floats, list[str]]:
    """(M, K) features and their names: log(1 + n) for all users' earlier lines with each key.

    What a repeat is worth depends on how common the repeated thing is.
    """
    anyone = Events(np.zeros_like(lines.user), lines.item, lines.time)
    shown = Events(np.zeros_like(impressions.user), impressions.item, impressions.time)
    keys = {"item": _items_themselves(lines, impressions), **fields}
    columns = [np.log1p(mean_counts_before(anyone, shown, key_of_item)) for key_of_item in keys.values()]
    return np.stack(columns, axis=1).astype(np.float32), [f"log anyone's {name}" for name in keys]


def _items_themselves(lines: Events, impressions: Events) -> Ints:
    return np.arange(max(lines.item.max(initial=-1), impressions.item.max(initial=-1)) + 1, dtype=np.int64)
