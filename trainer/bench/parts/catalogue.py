"""One user against a whole catalogue: time, memory, share of the machine's rate, and the naive formulation beside it.

Dimensions: C candidates, T behaviors, F item fields, D item embedding width.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from statistics import mean, median

import numpy as np
import torch
from torch import Tensor

from din_core.domain import History
from din_core.model.attention import ActivationUnit, WeightedSumPooling
from din_core.model.config import FieldConfig, ModelConfig
from din_core.model.network import InterestNetwork
from din_core.model.ragged import RaggedBatch
from din_core.scoring import Catalogue
from din_core.scoring.whole_catalogue.row_catalogue import RowCatalogue
from trainer.bench.data.bench_store import bench_store
from trainer.bench.memory import extra_bytes
from trainer.bench.padded_reference import unit_weight
from trainer.bench.parts.machine import UNIT, matmul_rate
from trainer.bench.results import Row
from trainer.bench.sizes import Sizes
from trainer.bench.timing import alternate, say, seconds_of

WIDTH = 32
"""Of each of two item fields: D is 64, as in UNIT."""
NAIVE_BYTES = 1 << 25
"""What the concatenated input of one naive tile takes: larger ones are slower."""
FEW_SECONDS = 10.0
"""A catalogue that takes longer is timed once, not in turns."""
TOP = 20


def catalogue(sizes: Sizes, store: str | None = None, checkpoint: str | None = None) -> list[Row]:
    """A row a catalogue; with a store and checkpoint, also how soon its users' true top 20 stands."""
    rows = [_row(candidates, behaviors, sizes) for candidates, behaviors in sizes.catalogues]
    return rows if store is None else [*rows, *_top(sizes, store, checkpoint)]


def _row(candidates: int, behaviors: int, sizes: Sizes) -> Row:
    say(f"catalogue, {candidates:,} × {behaviors}")
    network, rows, batch = synthetic_catalogue(candidates, behaviors)
    some = rows[: sizes.naive_candidates]

    everything = RowCatalogue(network, rows)
    histories = (replace(batch, count=batch.count * turn) for turn in count(1))  # else their projections are kept

    def whole() -> None:
        everything.scoring(next(histories)).finish()

    def naive() -> None:
        naive_logits(network, some, batch)

    seconds: list[float] = []
    extra = extra_bytes(lambda: seconds.append(seconds_of(whole)))
    rounds = 1 if seconds[0] > FEW_SECONDS else min(sizes.rounds, 3)
    before = matmul_rate(list(UNIT), sizes)
    spent = alternate({"naive": naive} if rounds == 1 else {"naive": naive, "whole": whole}, rounds)
    took = median(spent.get("whole", seconds))
    rate = mean([before, matmul_rate(list(UNIT), sizes)])
    slow = median(spent["naive"]) * candidates / len(some)
    values = {
        "seconds": took,
        "share of matmul rate": flop(candidates, behaviors) / took / rate,
        "× naive": slow / took,
        "naive, s": slow,
    }
    if extra is not None:
        values["extra MB"] = extra / 1e6
    return Row("catalogue", f"{candidates:,} candidates × {behaviors} behaviors", values)


def flop(candidates: int, behaviors: int) -> float:
    """Of the activation unit's two products, its last layer and the weighted sum, for every pair."""
    (d, h), (_, h2) = UNIT
    return 2.0 * candidates * behaviors * (d * h + h * h2 + h2 + d)


def synthetic_catalogue(candidates: int, behaviors: int) -> tuple[InterestNetwork, Tensor, RaggedBatch]:
    """An untrained DIN, (C, F) item field rows of all its items, and one history of the first of them."""
    torch.manual_seed(0)
    items = max(candidates, behaviors)
    fields = (FieldConfig("item_id", items + 1, WIDTH), FieldConfig("category", 195, WIDTH))
    network = InterestNetwork(ModelConfig("din", fields, (), ())).eval()
    rows = torch.stack([torch.arange(1, items + 1), torch.randint(1, 195, (items,))], 1)
    batch = RaggedBatch(
        behavior=rows[torch.randperm(items)[:behaviors]],
        count=torch.ones(behaviors),
        age=torch.ones(behaviors),
        behavior_offsets=(0, behaviors),
        candidate=rows[:1],
        candidate_offsets=(0, 1),
        profile=(),
        context=torch.zeros(1, 0, dtype=torch.int64),
    )
    return network, rows[:candidates], batch


@torch.inference_mode()
def naive_logits(network: InterestNetwork, rows: Tensor, batch: RaggedBatch) -> Tensor:
    """(n,) logits: [q, k, q−k, q∘k] concatenated for every pair of a tile, all threads on each product."""
    pooling = network.pooling
    assert isinstance(pooling, WeightedSumPooling)
    assert isinstance(pooling.unit, ActivationUnit)
    k = network.item(batch.behavior)  # (T, D)
    size = max(1, NAIVE_BYTES // (4 * 4 * k.numel()))
    others = network.others(batch)  # (1, U + X)
    logits = []
    for start in range(0, len(rows), size):
        tile = rows[start : start + size]
        q = network.item(tile)  # (n, D)
        pairs = (len(tile), *k.shape)
        weight = unit_weight(
            pooling.unit, q[:, None].expand(pairs), k[None].expand(pairs), batch.count.expand(pairs[:2])
        )
        counted = weight * batch.count  # (n, T)
        logits.append(network.head(others.expand(len(tile), -1), tile, q, counted @ k, counted.sum(1, keepdim=True)))
    return torch.cat(logits)


def _moments(everything: Catalogue, history: History, context: Mapping[str, str | None]) -> tuple[float, float]:
    """Seconds until the last of the best was scored, and until all were."""
    started = time.perf_counter()
    scoring = everything.scoring(history, context)
    scored = np.zeros(scoring.total)
    for part in scoring:
        scored[part.positions] = time.perf_counter() - started
    best, _ = scoring.top(TOP)
    return float(scored[best].max()), float(scored.max())


def _top(sizes: Sizes, store: str, checkpoint: str | None) -> list[Row]:
    """Seconds until the best 20 are the true ones, over users of a store."""
    soon, took = [], []
    with bench_store(sizes, store, checkpoint) as bench:
        items = bench.store.items(list(bench.store.bulk().items["item_id"]))
        everything = Catalogue(bench.scorer, items)
        for question in bench.questions:
            history = bench.store.history(question.user_id, question.before)
            stands, whole = _moments(everything, history, question.context)
            soon.append(stands)
            took.append(whole)
        name = f"{len(items):,} items of the store, {len(bench.questions)} users"
    values = {"seconds": median(took), "true top 20 after, s": median(soon)}
    values["true top 20 after, p90, s"] = float(np.percentile(soon, 90))
    values["users with it within 1 s"] = float(np.mean(np.array(soon) <= 1))
    return [Row("catalogue", name, values)]
