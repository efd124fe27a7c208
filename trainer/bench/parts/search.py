"""Searching a store for users and items by what an analyst types: ids, their beginnings, words, letters.

The store is made: as many users as items, whose titles are words that are as unevenly common as those of a language.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from din_core.store import BehaviorStore, ingest, open_store
from trainer.bench.results import Row
from trainer.bench.sizes import Sizes
from trainer.bench.timing import percentiles, say, seconds_of
from trainer.datasets.four_tables import Tables, write_tables

PERCENTILES = (50, 95)
LETTERS = np.array(list("bcdfghjklmnprstvwz")), np.array(list("aeiou"))
WORDS = 20_000
TITLE = 4
"""Words"""


def search(sizes: Sizes) -> list[Row]:
    """Milliseconds until the first 20 and the number of all matches are there."""
    say(f"search, {sizes.search_rows:,} users and items")
    with tempfile.TemporaryDirectory(prefix="din-lens-bench-") as folder:
        tables = made_tables(sizes.search_rows)
        write_tables(tables, Path(folder) / "tables", "Made at random for a benchmark.\n")
        ingest(Path(folder) / "tables", f"sqlite:///{folder}/store.db")
        store = open_store(f"sqlite:///{folder}/store.db")
        try:
            return rows_of(store, tables, sizes.searches)
        finally:
            store.close()


def rows_of(store: BehaviorStore, tables: Tables, searches: int) -> list[Row]:
    """A row a kind of text."""
    rows = []
    for kind, typed in texts(tables, searches).items():
        ask: Callable[[str], Any] = store.search_users if "user" in kind else store.search_items
        spent = [seconds_of(partial(ask, text)) for text in typed]  # each text once: nothing is warm but the store
        found = [ask(text).total for text in typed]
        note = f"{np.mean(found):,.0f} matches on average, such as of “{typed[0]}”"
        rows.append(Row("search", kind, percentiles(spent, PERCENTILES), note))
    return rows


def texts(tables: Tables, searches: int) -> Mapping[str, list[str]]:
    """By kind: what is typed, so many of each."""
    draw = np.random.default_rng(1)
    users, items, titles = (
        draw.permutation(column.to_numpy())[:searches].tolist()
        for column in (tables.users["user_id"], tables.items["item_id"], tables.items["title"])
    )
    common = pd.Series(" ".join(titles).split()).value_counts()
    return {
        "user id": users,
        "beginning of a user id": [user[:-2] for user in users],
        "item id": items,
        "beginning of an item id": [item[:-2] for item in items],
        "a whole title": titles,
        "two words of a title": [" ".join(title.split()[1:3]) for title in titles],
        "part of a word": [title.split()[-1][1:-1] for title in titles],
        "the most common words": common.index[:searches].tolist(),
        "two letters": [title[:2] for title in titles],
        "a letter": [title[0] for title in titles],
        "nothing that there is": [f"{title.split()[0]} xq{place}" for place, title in enumerate(titles)],
    }


def made_tables(rows: int) -> Tables:
    """So many users and as many items."""
    draw = np.random.default_rng(0)
    words = made_words(draw)
    share = 1 / np.arange(1, len(words) + 1)
    titles = draw.choice(words, (rows, TITLE), p=share / share.sum())
    items = pd.DataFrame({"item_id": [f"item-{i:07d}" for i in range(rows)]})
    items["title"] = [" ".join(title) for title in titles]
    users = pd.DataFrame({"user_id": [f"user-{u:07d}" for u in range(rows)]})
    behaviors = pd.DataFrame({"user_id": users["user_id"][:1], "item_id": items["item_id"][:1], "timestamp": [0]})
    return Tables(items, users, behaviors, behaviors.assign(timestamp=1, label=1))


def made_words(draw: np.random.Generator) -> np.ndarray:
    """(WORDS,) different ones of two to four syllables."""
    first, second = (draw.choice(letters, (2 * WORDS, 4)) for letters in LETTERS)
    syllables = np.char.add(first, second)
    lengths = draw.integers(2, 5, 2 * WORDS)
    words = dict.fromkeys("".join(own[:length]) for own, length in zip(syllables, lengths, strict=True))
    return np.array(list(words)[:WORDS])
