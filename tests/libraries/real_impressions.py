"""Impressions of a store as padded ids, and how far an imported checkpoint is from what a library says of them.

M impressions, T behaviors that a model reads of each.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from din_core.domain import History
from din_core.domain.results import Floats
from din_core.model.checkpoint import load_checkpoint
from din_core.scoring import Scorer
from din_core.store import BehaviorStore, ingest, open_store
from tests.trainer.planted_tables import planted_tables
from trainer.__main__ import main

LENGTH, COMPARED = 12, 1000
"""Behaviors that the libraries' models read: fewer than most users have. Impressions that are compared."""
ITEM_FEATURES = ("item_id", "category")
Asked = tuple[History, str, dict[str, str | None]]


@dataclass
class RealImpressions:
    """A store, and what is read of each of its impressions."""

    store: BehaviorStore
    url: str
    vocabulary: dict[str, dict[str, int]]
    columns: dict[str, Tensor]
    """Feature -> (M,) ids"""
    past: dict[str, Tensor]
    """Item feature -> (M, T) ids, 0 behind the last behavior"""
    length: Tensor
    """(M,)"""
    label: Tensor
    """(M,) float"""
    asked: list[Asked]
    """(M) history, candidate and context, as the scorer takes them"""

    @property
    def others(self) -> list[str]:
        """Features that are none of items."""
        return [name for name in self.columns if name not in ITEM_FEATURES]

    def part(self, rows: Tensor) -> RealImpressions:
        """Some of the impressions."""
        columns, past = ({name: own[rows] for name, own in of.items()} for of in (self.columns, self.past))
        asked = [self.asked[row] for row in rows.tolist()]
        return RealImpressions(
            self.store, self.url, self.vocabulary, columns, past, self.length[rows], self.label[rows], asked
        )


def real_impressions(folder: Path) -> RealImpressions:
    """Planted shoppers in a store, items with none to three tags; the rarest values have no id, as libraries leave them
    out."""
    url = f"sqlite:///{folder / 'store.db'}"
    tables = planted_tables(folder / "tables", users=40)
    items = pd.read_csv(tables / "items.csv").drop(columns="title")
    items["tags"] = ["|".join(f"t{(row + n) % 5}" for n in range(row % 4)) for row in range(len(items))]
    items.to_csv(tables / "items.csv", index=False)
    ingest(tables, url)
    store = open_store(url)
    bulk = store.bulk()
    users, items = bulk.users["user_id"].tolist(), bulk.items["item_id"].tolist()
    rows = zip(
        bulk.impression_user,
        bulk.impression_item,
        bulk.impression_time,
        bulk.impression_context["place"],
        strict=True,
    )
    asked = [(store.history(users[user], int(time)), items[item], {"place": place}) for user, item, time, place in rows]
    return read_impressions(store, url, asked, bulk.impression_label, LENGTH)


def read_impressions(
    store: BehaviorStore, url: str, asked: list[Asked], label: Sequence[float] | Floats, length: int
) -> RealImpressions:
    """What a library reads of these histories and candidates: of each, the newest `length` behaviors."""
    bulk = store.bulk()
    category = dict(zip(bulk.items["item_id"], bulk.items["category"], strict=True))
    profile = [{name: own[0] for name, own in past.user.fields.items()} for past, _, _ in asked]
    values = {
        "item_id": [item for _, item, _ in asked],
        "category": [category[item] for _, item, _ in asked],
        "user_id": [past.user.user_id for past, _, _ in asked],
        **{name: [own[name] for own in profile] for name in profile[0]},
        **{name: [shown[name] for _, _, shown in asked] for name in asked[0][2]},
    }
    vocabulary = {name: _ids(own) for name, own in values.items()}
    seen = [past.behaviors[-length:] for past, _, _ in asked]
    past = {
        "item_id": [[own.item.item_id for own in one] for one in seen],
        "category": [[category[own.item.item_id] for own in one] for one in seen],
    }
    return RealImpressions(
        store,
        url,
        vocabulary,
        {name: torch.tensor([_id(vocabulary[name], value) for value in own]) for name, own in values.items()},
        {name: _padded(vocabulary[name], own, length) for name, own in past.items()},
        torch.tensor([len(one) for one in seen]),
        torch.as_tensor(np.asarray(label, np.float32)),
        asked,
    )


def _ids(values: Sequence[str]) -> dict[str, int]:
    """Ids from 1 on by frequency, but for a tenth of the values; the last for those."""
    kept = [value for value, _ in Counter(values).most_common()]
    kept = kept[: max(2, len(kept) - len(kept) // 10)]
    ids = {"__PAD__": 0, **{value: at for at, value in enumerate(kept, 1)}}
    return ids | {"__OOV__": len(ids)}


def _id(ids: dict[str, int], value: str | None) -> int:
    return ids.get(value or "", ids["__OOV__"])


def _padded(ids: dict[str, int], past: list[list[str]], length: int) -> Tensor:
    rows = torch.zeros(len(past), length, dtype=torch.int64)
    for at, values in enumerate(past):
        rows[at, : len(values)] = torch.tensor([_id(ids, value) for value in values], dtype=torch.int64)
    return rows


def train(network: nn.Module, chance: Callable[[RealImpressions], Tensor], impressions: RealImpressions) -> None:
    """Two epochs of Adam: `chance` gives (n,) probabilities of some impressions."""
    optimizer, rng = torch.optim.Adam(network.parameters(), lr=5e-3), np.random.default_rng(0)
    network.train()
    for _ in range(2):
        for rows in np.array_split(rng.permutation(len(impressions.label)), 12):
            batch = impressions.part(torch.from_numpy(rows))
            optimizer.zero_grad()
            nn.functional.binary_cross_entropy(chance(batch), batch.label).backward()
            optimizer.step()
    network.eval()


def write_and_import(
    folder: Path, library: str, state: object, features: object, impressions: RealImpressions, *more: str
) -> Scorer:
    """The library's files, `import-checkpoint`, and the scorer of what it wrote."""
    torch.save(state, folder / "din.pt")
    (folder / "features.json").write_text(json.dumps(features), "utf-8")
    (folder / "vocabulary.json").write_text(json.dumps(impressions.vocabulary), "utf-8")
    words = ["--weights", "din.pt", "--features", "features.json", "--vocabulary", "vocabulary.json", "--out", "din"]
    paths = [word if word.startswith("--") else str(folder / word) for word in words]
    assert main(["import-checkpoint", "--from", library, "--max-history", str(LENGTH), *paths, *more]) == 0
    return Scorer(load_checkpoint(folder / "din"))


def assert_exact(scorer: Scorer, asked: RealImpressions, chance: Tensor, weights: Sequence[Tensor]) -> None:
    """`chance` (n,) and each item field's `weights` (n, T) are what the scorer says, to 1e-5."""
    for row, (past, item_id, context) in enumerate(asked.asked):
        found = scorer.score(past, [asked.store.item(item_id)], context)
        assert abs(float(found.probability[0]) - float(chance[row])) < 1e-5
        own = [found.weight] if found.field_weight is None else list(found.field_weight.values())
        for mine, theirs in zip(own, weights, strict=True):
            length = int(asked.length[row])
            np.testing.assert_allclose(mine[0], theirs[row, :length].numpy(), atol=1e-5, rtol=1e-5)
