"""A store with a checkpoint, and questions about its users: a given one, or one made in a folder.

Rescoring, serving and explaining ask them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from din_core.domain import DinLensError, History, Item
from din_core.model.checkpoint import Checkpoint, load_checkpoint
from din_core.model.config import FieldConfig, ModelConfig
from din_core.model.network import InterestNetwork
from din_core.scoring import Scorer
from din_core.store import BehaviorStore, BulkTables, ingest, open_store
from trainer.bench.sizes import Sizes
from trainer.datasets.four_tables import Tables, write_tables
from trainer.training.fields.training_vocabulary import build_vocabulary

END = 1_500_000_000
"""When the made world's impressions are shown"""
WIDTH = 32


@dataclass(frozen=True, slots=True)
class Question:
    """One candidate for one user at a time."""

    user_id: str
    before: int
    item_id: str
    context: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class BenchStore:
    """What is asked, and who answers."""

    store: BehaviorStore
    scorer: Scorer
    questions: tuple[Question, ...]
    """One a user"""

    def read(self, question: Question) -> tuple[History, Item]:
        """From the store."""
        return self.store.history(question.user_id, question.before), self.store.item(question.item_id)


@contextmanager
def bench_store(sizes: Sizes, url: str | None, checkpoint: str | None) -> Iterator[BenchStore]:
    """The store and checkpoint given, else made ones; DinLensError where one is given without the other."""
    if (url is None) != (checkpoint is None):
        missing = "--checkpoint" if checkpoint is None else "--store"
        raise DinLensError(f"{missing} is missing; give --store and --checkpoint together, or neither")
    with tempfile.TemporaryDirectory(prefix="din-lens-bench-") as folder:
        if url is None:
            write_tables(_tables(sizes), Path(folder) / "tables", "Made at random for a benchmark.\n")
            url = f"sqlite:///{folder}/store.db"
            ingest(Path(folder) / "tables", url)
        store = open_store(url)
        try:
            bulk = store.bulk()
            found = _checkpoint(bulk) if checkpoint is None else load_checkpoint(Path(checkpoint))
            yield BenchStore(store, Scorer(found), _questions(bulk, sizes))
        finally:
            store.close()


def _tables(sizes: Sizes) -> Tables:
    """Users with as many distinct behaviors each, and one impression."""
    draw = np.random.default_rng(0)
    rows = [field.rows - 1 for field in sizes.shapes[0].fields]
    items = pd.DataFrame({"item_id": [f"item {i}" for i in range(rows[0])]})
    items["title"] = items["item_id"].str.capitalize()
    items["category"] = [f"category {c}" for c in draw.integers(0, rows[1], rows[0])]
    users = [f"user {u}" for u in range(sizes.store_users)]
    behaviors = pd.concat(
        pd.DataFrame(
            {
                "user_id": user,
                "item_id": items["item_id"].to_numpy()[draw.permutation(rows[0])[: sizes.store_behaviors]],
                "timestamp": np.sort(draw.integers(END - 31_536_000, END, sizes.store_behaviors)),
            }
        )
        for user in users
    )
    shown = items["item_id"].to_numpy()[draw.integers(0, rows[0], len(users))]
    impressions = pd.DataFrame(
        {"user_id": users, "item_id": shown, "timestamp": END, "label": np.arange(len(users)) % 2, "split": "train"}
    )
    return Tables(items, pd.DataFrame({"user_id": users}), behaviors, impressions)


def _checkpoint(bulk: BulkTables) -> Checkpoint:
    """An untrained DIN on every value that occurs."""
    vocabulary = build_vocabulary(bulk, min_count=1)
    config = ModelConfig("din", tuple(FieldConfig(name, v.rows, WIDTH) for name, v in vocabulary.item.items()), (), ())
    torch.manual_seed(0)
    return Checkpoint(Path(), "untrained", config, vocabulary, InterestNetwork(config).eval(), {}, "")


def _questions(bulk: BulkTables, sizes: Sizes) -> tuple[Question, ...]:
    """The newest impression of users whose histories are about as long as asked for, or the longest there are."""
    newest = np.append(np.flatnonzero(np.diff(bulk.impression_user)), len(bulk.impression_user) - 1)
    users = bulk.impression_user[newest]
    lengths = np.bincount(bulk.behavior_user, minlength=len(bulk.users))[users]
    far = np.abs(lengths - sizes.store_behaviors)
    return tuple(
        Question(
            user_id=str(bulk.users["user_id"].iloc[bulk.impression_user[i]]),
            before=int(bulk.impression_time[i]),
            item_id=str(bulk.items["item_id"].iloc[bulk.impression_item[i]]),
            context=bulk.impression_context.iloc[i].to_dict(),
        )
        for i in newest[np.argsort(far, kind="stable")[: sizes.store_users]]
    )
