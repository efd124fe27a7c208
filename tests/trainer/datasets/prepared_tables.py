"""Commands of `prepare` on small made files, and the tables that come out of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from trainer.__main__ import main
from trainer.datasets.four_tables import Tables, read_tables

Printed = pytest.CaptureFixture[str]


def prepare(printed: Printed, folder: Path, *command: str) -> tuple[dict[str, Any], Tables]:
    """What `prepare COMMAND --out folder/tables --json` prints, and its tables."""
    assert main(["prepare", *command, "--out", str(folder / "tables"), "--overwrite", "--json"]) == 0
    return json.loads(printed.readouterr().out), read_tables(folder / "tables")


def refuse(printed: Printed, folder: Path, *command: str) -> str:
    """The error of a command that fails and leaves nothing behind."""
    before = sorted(folder.iterdir())
    assert main(["prepare", *command, "--out", str(folder / "tables")]) == 1
    assert sorted(folder.iterdir()) == before
    return printed.readouterr().err


def rows(frame: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """Some columns of a table, row by row."""
    return [*frame[list(columns)].itertuples(index=False, name=None)]


def train_on(folder: Path) -> dict[str, Any]:
    """Load the tables into a store and train one short epoch on it; the metrics."""
    store = f"sqlite:///{folder / 'store.db'}"
    assert main(["ingest", str(folder / "tables"), "--store", store]) == 0
    command = ["train", "--store", store, "--model", "din", "--out", str(folder / "din"), "--epochs", "1"]
    assert main([*command, "--min-count", "1", "--compile", "off", "--device", "cpu"]) == 0
    metrics: dict[str, Any] = json.loads((folder / "din" / "metrics.json").read_text("utf-8"))
    return metrics
