"""How fast a cluster answers, beside this machine: `python -m tests.cluster.measure DIR URL TOKEN_FILE`, while
`serve-cluster` serves the checkpoint of that folder."""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch

from din_core.domain import Behavior, History, Item, User
from din_core.explain import by_week, leave_one_out, path_split, removals
from din_core.model.checkpoint import load_checkpoint
from din_core.model.ragged import RaggedBatch
from din_core.scoring import Catalogue, Scorer, rescorer_for
from din_core.scoring.cluster.arrays import array_bytes, wire_arrays
from din_core.scoring.cluster.batch_payload import scores_bytes
from din_core.scoring.cluster.served_engine import on_cluster
from din_core.scoring.cluster.settings import ClusterAddress, token_of

BEHAVIORS, DAY, CATALOGUE = 300, 86_400, 10_000
CASES = ((1, 1, 200), (1, 16, 1_000), (500, 1, 20), (500, 4, 100))
"""Candidates of a request, callers, requests."""


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.cluster.measure", description=__doc__)
    parser.add_argument("checkpoint", type=Path, metavar="DIR")
    parser.add_argument("url", metavar="URL")
    parser.add_argument("token_file", type=Path, metavar="TOKEN_FILE")
    return parser


def made_items(scorer: Scorer, most: int = 500) -> list[Item]:
    """Known ones, each with fields at random."""
    draw, columns = random.Random(1), {name: own.values for name, own in scorer.checkpoint.vocabulary.item.items()}
    fields = {name: values for name, values in columns.items() if name != "item_id"}
    ids = draw.sample(columns["item_id"], min(most, len(columns["item_id"])))
    return [Item(one, fields={name: draw.choice(values) for name, values in fields.items()}) for one in ids]


def measure(scorer: Scorer, past: Sequence[History], items: Sequence[Item], case: tuple[int, int, int]) -> str:
    candidates, callers, requests = case

    def seconds(n: int) -> float:
        begun = time.perf_counter()
        scorer.score(past[n % len(past)], items[:candidates], {})
        return time.perf_counter() - begun

    with ThreadPoolExecutor(callers) as pool:
        list(pool.map(seconds, range(callers * 4)))
        begun = time.perf_counter()
        took = list(pool.map(seconds, range(requests)))
    rate = requests / (time.perf_counter() - begun)
    return (
        f"{rate:8,.1f} requests/s {rate * candidates:8,.0f} candidates/s  p50 {statistics.median(took) * 1e3:,.1f} ms"
    )


def effects(scorer: Scorer, history: History, candidate: Item) -> None:
    """What *Inspect* measures of a candidate: effects of behaviors, weeks and items, and the paths."""
    rescorer = rescorer_for(scorer, history, candidate, {})
    leave_one_out(rescorer)
    leave_one_out(rescorer, by_week(rescorer))
    removals(rescorer, "item", [behavior.item.item_id for behavior in rescorer.behaviors])
    path_split(rescorer)


def milliseconds(task: Callable[[int], object], repeats: int) -> float:
    """The median of some calls."""
    took = []
    for n in range(repeats):
        begun = time.perf_counter()
        task(n)
        took.append(time.perf_counter() - begun)
    return statistics.median(took) * 1e3


def main() -> None:
    args = make_parser().parse_args()
    torch.set_num_threads(1)
    local = Scorer(load_checkpoint(args.checkpoint))
    remote = on_cluster(local, ClusterAddress(args.url, token_of({}, args.token_file)))
    items = made_items(local)
    behaviors = tuple(Behavior(item, DAY * (n + 1)) for n, item in enumerate(items[:BEHAVIORS]))
    past = [History(User(str(n), {}), DAY * 1_000, behaviors) for n in range(64)]
    for case in CASES:
        asked = local.arrays([[local.prepare(past[0], items[: case[0]], {})]])
        with torch.inference_mode():
            output = local.local.placed(RaggedBatch.of(asked))
        sizes = len(array_bytes(wire_arrays(asked))), len(scores_bytes(output.logit, output.weight))
        print(f"{case[0]} candidates, {case[1]} callers: {sizes[0]:,} bytes sent, {sizes[1]:,} answered")
        for name, scorer in (("this machine", local), ("the cluster", remote)):
            print(f"  {name:14}{measure(scorer, past, items, case)}", flush=True)
    many = made_items(local, CATALOGUE)
    for name, scorer in (("this machine", local), ("the cluster", remote)):
        catalogue = Catalogue(scorer, many)
        whole = milliseconds(lambda n, own=catalogue: own.scoring(past[n], {}).finish(), 5)
        measured = milliseconds(lambda n, own=scorer: effects(own, past[n], items[-1]), 30)
        print(f"{name:14} effects p50 {measured:,.1f} ms  catalogue of {len(catalogue.items):,} p50 {whole:,.0f} ms")


if __name__ == "__main__":
    main()
