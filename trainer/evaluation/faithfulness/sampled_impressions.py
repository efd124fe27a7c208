"""A sample of a split's impressions, each opened with every checkpoint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from din_core.domain import DinLensError, History, Item
from din_core.store import BehaviorStore, BulkTables
from trainer.training.samples import impressions_of


@dataclass(frozen=True, slots=True)
class Shown:
    """One impression with its history."""

    user: int
    """Position in the store."""
    history: History
    candidate: Item
    context: dict[str, str | None]


def sampled(bulk: BulkTables, split: str, sample: int, seed: int) -> tuple[NDArray[np.int64], int]:
    """Positions of `sample` impressions of a split (all of them for 0), by user and time, and how many there are."""
    if sample < 0 or seed < 0:
        name, value = ("sample", sample) if sample < 0 else ("seed", seed)
        raise DinLensError(f"{name} is {value}, but must be 0 or more; give another --{name}")
    every = impressions_of(bulk, split)
    if not sample or sample >= len(every):
        return every, len(every)
    chosen = np.random.default_rng(seed).choice(len(every), sample, replace=False)
    return every[np.sort(chosen)], len(every)


def keys(bulk: BulkTables, rows: NDArray[np.int64]) -> list[tuple[str, str, int]]:
    """user_id, item_id, timestamp of the impressions at these positions."""
    users = bulk.users["user_id"].to_numpy()[bulk.impression_user[rows]]
    items = bulk.items["item_id"].to_numpy()[bulk.impression_item[rows]]
    return list(zip(users, items, bulk.impression_time[rows].tolist(), strict=True))


def shown(store: BehaviorStore, bulk: BulkTables, chosen: NDArray[np.int64]) -> Iterator[Shown]:
    """The impressions at these positions; those of one user at one time share a history."""
    user_ids, item_ids = bulk.users["user_id"].to_numpy(), bulk.items["item_id"].to_numpy()
    candidates = bulk.impression_item[chosen]
    unique = np.unique(candidates)
    items = dict(zip(unique.tolist(), store.items(item_ids[unique].tolist()), strict=True))
    contexts = {str(name): bulk.impression_context[name].to_numpy() for name in bulk.impression_context}
    history: History | None = None
    for row, item in zip(chosen.tolist(), candidates.tolist(), strict=True):
        user, time = int(bulk.impression_user[row]), int(bulk.impression_time[row])
        if history is None or (history.user.user_id, history.as_of) != (user_ids[user], time):
            history = store.history(user_ids[user], time)
        context = {name: values[row] for name, values in contexts.items()}
        yield Shown(user, history, items[item], context)
