"""What every checkpoint says of a seeded sample of test impressions, in one NumPy file.

Dimensions: M impressions, T distinct behaviors of one history, F weights a behavior has (1, or one an item field).
"""

from __future__ import annotations

import os
import tempfile
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from din_core.domain import DinLensError
from din_core.explain import leave_one_out
from din_core.scoring import Scorer, load_scorers, rescorer_for
from din_core.store import open_store
from trainer.evaluation.faithfulness.sampled_impressions import (
    SampledImpression,
    keys,
    read_impressions,
    sample_positions,
)

Record = Mapping[str, NDArray[Any]]
"""`checkpoint/quantity` → its numbers end to end, and IMPRESSION → (M,) which impressions they are of."""
QUANTITIES = ("probability", "logit", "weight", "effect")
"""(M,), (M,), (Σ F·T,) activation weights, (Σ T,) leave-one-out effects on the logit."""
IMPRESSION = ("user_id", "item_id", "timestamp")


def record_numbers(store_url: str, checkpoints: Path, path: Path, impressions: int, seed: int) -> Record:
    """Score and explain a sample of the test split with every checkpoint, and write all of it in the place of `path`.

    DinLensError where the file cannot be written (told before the minutes of computing), or there is nothing to score.
    """
    _check_place(path)
    scorers = load_scorers(checkpoints)
    found: dict[str, list[NDArray[Any]]] = defaultdict(list)
    with closing(open_store(store_url)) as store:
        bulk = store.bulk()
        chosen, _ = sample_positions(bulk, "test", impressions, seed)
        if not len(chosen):
            raise DinLensError("{store} holds 0 impressions of the split test; give another --store", store=store_url)
        for one in tqdm(read_impressions(store, bulk, chosen), total=len(chosen), unit="impressions", disable=None):
            for name, scorer in scorers.items():
                for quantity, values in zip(QUANTITIES, _numbers(scorer, one), strict=True):
                    found[f"{name}/{quantity}"].append(values)
    columns = zip(*keys(bulk, chosen), strict=True)
    record = {name: np.array(column) for name, column in zip(IMPRESSION, columns, strict=True)}
    record |= {name: np.concatenate(values) for name, values in found.items()}
    _write(record, path)
    return record


def read_record(path: Path) -> Record:
    """DinLensError where the file is none that `record_numbers` wrote, or is damaged."""
    try:
        with np.load(path, allow_pickle=False) as file:
            record = dict(file)
    except (OSError, ValueError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise _unreadable(path, str(error) or type(error).__name__) from error
    missing = [name for name in IMPRESSION if name not in record]
    if missing:
        raise _unreadable(path, f"it holds no {missing[0]}")
    for name in _numbered(record):
        if record[name].dtype.kind != "f":
            raise _unreadable(path, f"{name} is of type {record[name].dtype}, not floating point")
    return record


def _numbered(record: Record) -> Iterator[str]:
    return (name for name in record if name not in IMPRESSION)


def _numbers(scorer: Scorer, one: SampledImpression) -> tuple[NDArray[Any], ...]:
    """In the order of QUANTITIES: (1,), (1,), (F·T,), (T,)."""
    scores = scorer.score(one.history, [one.candidate], one.context)
    weights = [scores.weight] if scores.field_weight is None else list(scores.field_weight.values())
    effects = leave_one_out(rescorer_for(scorer, one.history, one.candidate, one.context)).values
    return scores.probability, scores.logit, np.concatenate(weights, axis=None), effects


def _check_place(path: Path) -> None:
    if path.is_dir():
        raise DinLensError("{path} is a folder; name a file", path=str(path))
    if not path.absolute().parent.is_dir():
        raise DinLensError("{path} is in no folder that exists; make it first", path=str(path))


def _write(record: Record, path: Path) -> None:
    """In one step: a call that is stopped leaves an older file as it is."""
    with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.absolute().parent) as scratch:
        made = Path(scratch) / "record.npz"
        np.savez(made, **record)
        os.replace(made, path)


def _unreadable(path: Path, reason: str) -> DinLensError:
    return DinLensError(
        "{path} cannot be read ({reason}); write it with `python -m tests.numbers record`",
        path=str(path),
        reason=reason,
    )
