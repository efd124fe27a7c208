"""Tables of millions of rows into a store, and what the pages ask of it; of a given store the latter alone."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from din_core.domain import Impression
from din_core.store import BehaviorStore, ingest, open_store
from din_core.store.queries.opposite_outcome import opposite_impressions
from trainer.bench.memory import extra_bytes
from trainer.bench.results import Row
from trainer.bench.sizes import Sizes
from trainer.bench.timing import percentiles, say, seconds_of
from trainer.datasets.four_tables import TablesWriter
from trainer.datasets.synthetic import SyntheticTables

PERCENTILES = (50, 95)
FOUND = 5
"""Impressions of the opposite outcome that are asked for."""
AFTER_ALL = 2**40
"""A time that all behaviors are earlier than."""


def ingesting(sizes: Sizes, store: str | None) -> list[Row]:
    """Seconds, memory and disk by million rows; then milliseconds by question."""
    if store is not None:
        return _asked(store, sizes)
    with tempfile.TemporaryDirectory(prefix="din-lens-bench-") as folder:
        tables, path = Path(folder) / "tables", Path(folder) / "store.db"
        say(f"ingest, {sizes.ingested_behaviors:,} behaviors")
        made = SyntheticTables(sizes.ingested_behaviors, seed=0)
        rows = made.users + made.items + made.behaviors + made.impressions
        found = [
            _measured("make tables", rows, partial(_write, made, tables), tables),
            _measured("ingest", rows, partial(ingest, tables, f"sqlite:///{path}"), path),
        ]
        return found + _asked(f"sqlite:///{path}", sizes)


def _write(made: SyntheticTables, out: Path) -> None:
    with TablesWriter(out) as writer:
        made.write(writer, lambda what, done, total: None)
        writer.commit("Made at random for a benchmark.\n")


def _measured(name: str, rows: int, task: Callable[[], object], out: Path) -> Row:
    spent = list[float]()

    def run() -> None:
        cpu = time.process_time()
        spent.append(seconds_of(task))
        spent.append(time.process_time() - cpu)

    peak = extra_bytes(run)
    size = sum(file.stat().st_size for file in (out.iterdir() if out.is_dir() else [out]))
    millions = rows / 1e6
    values = {"s/M rows": spent[0] / millions, "CPU s/M rows": spent[1] / millions, "GB/M rows": size / 1e9 / millions}
    values |= {} if peak is None else {"peak, GB": peak / 1e9}
    return Row("ingest", name, values, f"{rows:,} rows, {rows / spent[0]:,.0f} a second")


def _asked(url: str, sizes: Sizes) -> list[Row]:
    """Each question of several users, each of them once: nothing is warm but the store."""
    store = open_store(url)
    try:
        shown = _impressions(store, sizes)
        rows = []
        for name, ask in _questions(store).items():
            spent = [seconds_of(partial(ask, one)) for one in shown]
            rows.append(Row("ingest", name, percentiles(spent, PERCENTILES)))
        return rows
    finally:
        store.close()


def _impressions(store: BehaviorStore, sizes: Sizes) -> list[Impression]:
    """One of each of some users that have any."""
    summary = store.summary()
    draw = np.random.default_rng(0)
    user_ids = [
        user.user_id for user in store.search_users("", limit=min(summary.n_users, 50 * sizes.searches)).matches
    ]
    found = list[Impression]()
    for place in draw.permutation(len(user_ids)).tolist():
        own = store.impressions(user_ids[place])
        found += own[:1]
        if len(found) == sizes.searches:
            break
    return found


def _questions(store: BehaviorStore) -> Mapping[str, Callable[[Impression], object]]:
    """By name, what a page asks for an impression."""
    return {
        "all of a user's history": lambda one: store.history(one.user_id, AFTER_ALL),
        "a user's impressions": lambda one: store.impressions(one.user_id),
        "the user's id typed": lambda one: store.search_users(one.user_id),
        "the item's title typed": lambda one: store.search_items(one.item.label),
        "the first users": lambda one: store.search_users(""),
        "the opposite outcome": lambda one: opposite_impressions(store, one, FOUND),
        "the opposite outcome turned": lambda one: opposite_impressions(
            store, replace(one, label=1 - (one.label or 0)), FOUND
        ),
        "sizes and times": lambda one: store.summary(),
        "all that is counted": lambda one: store.facts(),
        "what is at fault": lambda one: store.data_faults(),
    }
