"""`demo`: rebuild the embedded demo under assets/ from a store and its checkpoints."""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

from din_core.metrics.leaderboard_file import NAME as LEADERBOARD
from din_core.model.checkpoint import load_checkpoint
from din_core.store import open_store
from trainer.datasets.four_tables import read_tables
from trainer.demo.build import write_checkpoints, write_demo_cases, write_subset
from trainer.demo.example_impression import find_example
from trainer.training.freed_memory import keep_freed_memory

SHIPPED = (
    *("din", "din-glass", "din-softmax", "din-paper", "din-counts"),
    *("base", "base-sum", "base-decay", "dot", "dien"),
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("tables", type=Path, help="folder of the prepared tables")
    parser.add_argument("--store", required=True, help="URL of the store that holds all of them")
    parser.add_argument("--runs", type=Path, required=True, help="folder that `leaderboard` wrote")
    parser.add_argument("--seed", type=int, default=0, help="of the checkpoints to ship (%(default)s)")
    parser.add_argument("--models", default=",".join(SHIPPED), metavar="A,B", help="din, base and others (%(default)s)")
    parser.add_argument("--out", type=Path, default=Path("assets"), help="where to write (%(default)s)")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Write assets/demo and assets/checkpoints."""
    models = list(dict.fromkeys(["din", "base", *filter(None, args.models.split(","))]))
    checkpoints = {name: load_checkpoint(args.runs / f"{name}-{args.seed}") for name in models}
    keep_freed_memory()
    store = open_store(args.store)
    bulk = store.bulk()
    store.close()
    known = {user: any(rest) for user, *rest in bulk.users.itertuples(index=False)}
    items = read_tables(args.tables).items.dropna(subset="title")
    titles = {str(item): title for item, title in zip(items.item_id, items.title, strict=True)}
    example = find_example(bulk, checkpoints["din"], checkpoints["base"], known, titles)
    opening = args.out / "demo" / "opening.json"
    opening.unlink(missing_ok=True)
    shutil.rmtree(args.out / "demo" / "cases", ignore_errors=True)
    tables = write_subset(args.tables, args.out / "demo", overwrite=True)
    opening.write_text(json.dumps(example) + "\n", encoding="utf-8")
    size = write_checkpoints(checkpoints, args.out / "checkpoints", args.runs / LEADERBOARD)
    cases = write_demo_cases(args.out / "demo", args.out / "checkpoints")
    return {"tables": tables, "checkpoint_bytes": size, "cases_bytes": cases, "opening": example}


def render(result: dict[str, Any]) -> str:
    """What was written, and how large it is."""
    total = sum(result["tables"].values())
    return (
        f"tables {total / 1e6:.1f} MB, checkpoints {result['checkpoint_bytes'] / 1e6:.1f} MB, "
        f"cases {result['cases_bytes'] / 1e6:.1f} MB; "
        f"opens on user {result['opening']['user_id']}, item {result['opening']['item_id']}"
    )
