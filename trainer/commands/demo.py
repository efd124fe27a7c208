"""`demo`: rebuild the embedded demo under assets/ from a store and its checkpoints."""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

from din_core.domain import CheckpointError
from din_core.model.checkpoint import load_checkpoint
from din_core.store import open_store
from trainer.demo import write_subset
from trainer.opening import find_example
from trainer.tables import read_tables
from trainer.train import keep_freed_memory

MAX_CHECKPOINT_BYTES = 16_000_000


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("tables", type=Path, help="folder of the prepared tables")
    parser.add_argument("--store", required=True, help="SQLAlchemy URL of the store that holds all of them")
    parser.add_argument("--din", type=Path, required=True, help="checkpoint folder of the DIN")
    parser.add_argument("--base", type=Path, required=True, help="checkpoint folder of the base model")
    parser.add_argument("--out", type=Path, default=Path("assets"), help="where to write (%(default)s)")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Write assets/demo and assets/checkpoints."""
    checkpoints = {"din": args.din, "base": args.base}
    din, base = (load_checkpoint(folder) for folder in checkpoints.values())
    size = sum(file.stat().st_size for folder in checkpoints.values() for file in folder.iterdir())
    if size > MAX_CHECKPOINT_BYTES:
        raise CheckpointError(
            f"the checkpoints take {size:,} bytes > {MAX_CHECKPOINT_BYTES:,}; train with a higher --min-count"
        )
    keep_freed_memory()
    store = open_store(args.store)
    bulk = store.bulk()
    store.close()
    known = {user: any(rest) for user, *rest in bulk.users.itertuples(index=False)}
    items = read_tables(args.tables).items.dropna(subset="title")
    titles = {str(item): title for item, title in zip(items.item_id, items.title, strict=True)}
    example = find_example(bulk, din, base, known, titles)
    opening = args.out / "demo" / "opening.json"
    opening.unlink(missing_ok=True)
    tables = write_subset(args.tables, args.out / "demo", overwrite=True)
    opening.write_text(json.dumps(example) + "\n", encoding="utf-8")
    for name, folder in checkpoints.items():
        target = args.out / "checkpoints" / name
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(folder, target)
    return {"tables": tables, "checkpoint_bytes": size, "opening": example}


def render(result: dict[str, Any]) -> str:
    """What was written, and how large it is."""
    total = sum(result["tables"].values())
    return (
        f"tables {total / 1e6:.1f} MB, checkpoints {result['checkpoint_bytes'] / 1e6:.1f} MB; "
        f"opens on user {result['opening']['user_id']}, item {result['opening']['item_id']}"
    )
