"""What training data a store holds, as a checkpoint's metrics record it, and whether it is fit for training."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from din_core.domain import DinLensError
from din_core.domain.translatable import sentence_of
from din_core.store import BulkTables, DataFault, StoreSummary


def data_facts(bulk: BulkTables, summary: StoreSummary) -> dict[str, Any]:
    """Provenance, sizes, times (seconds) and a fingerprint; equal for two stores that train alike."""
    return {
        "provenance": summary.provenance,
        "train_impressions": int((bulk.impression_split == "train").sum()),
        "valid_impressions": int((bulk.impression_split == "valid").sum()),
        "first_timestamp": summary.first_timestamp,
        "last_timestamp": summary.last_timestamp,
        "fingerprint": _fingerprint(bulk),
        **({} if summary.vectors is None else {"items_with_vectors": summary.vectors.items}),
    }


def _fingerprint(bulk: BulkTables) -> str:
    """Short hash of all that training may read: everything but the test impressions."""
    digest = hashlib.sha256()
    used = bulk.impression_split != "test"
    columns = {name: bulk.impression_context[name][used] for name in bulk.impression_context}
    columns |= {f"item {name}": bulk.items[name] for name in bulk.items}
    columns |= {f"user {name}": bulk.users[name] for name in bulk.users}
    if bulk.item_price is not None:
        columns["item price"] = pd.Series(bulk.item_price)
    for name, values in columns.items():
        digest.update(str(name).encode())
        digest.update(pd.util.hash_array(values.to_numpy()).tobytes())
    for behaviors in (bulk.behavior_user, bulk.behavior_item, bulk.behavior_time):
        digest.update(behaviors.data)
    for impressions in (bulk.impression_user, bulk.impression_item, bulk.impression_time):
        digest.update(impressions[used].data)
    digest.update(bulk.impression_label[used].tobytes())
    digest.update((bulk.impression_split[used] == "valid").tobytes())
    return digest.hexdigest()[:12]


def check_data(faults: Sequence[DataFault], say: Callable[[str], None]) -> None:
    """DinLensError with all faults that forbid training; the others are said."""
    forbidding = [str(fault.text) for fault in faults if fault.no_training]
    if forbidding:
        raise DinLensError(f"no model can be trained on this store: {'; '.join(forbidding)}")
    for fault in faults:
        say(sentence_of(f"check the data: {fault.text}"))
