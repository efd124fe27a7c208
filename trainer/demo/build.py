"""The embedded demo: a part of the prepared tables, and checkpoints, small enough to live in the repository."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from din_core.cases import write_cases
from din_core.domain import DinLensError
from din_core.model.checkpoint import FAITHFULNESS, Checkpoint, check_replaceable, fingerprint, save_checkpoint
from din_core.store import ingest
from trainer.datasets.four_tables import PROVENANCE, Tables, read_tables, write_tables
from trainer.demo.cases import CasesOptions, make_cases
from trainer.evaluation.faithfulness.model_card_section import section, with_section
from trainer.training.calibration.calibrate import RECORD
from trainer.training.calibration.sentences import is_worse, worse_on_validation

MAX_BYTES = 8_000_000
MAX_CHECKPOINT_BYTES = 27_000_000
MAX_CASES_BYTES = 1_500_000
EFFECTS, SUMS = 2000, 3400
"""What `python -m trainer cases` is given for the demo: samples, as all would be too large."""
HALF_PRECISION = "This copy holds its item embeddings in half precision"
HALF_PRECISION_NOTE = f"\n{HALF_PRECISION}, to keep the demo small; its figures were measured before that.\n"
_LEVEL = 19  # slow to write, as fast to read


def subset(tables: Tables) -> Tables:
    """Users with a known profile field, their whole histories and test impressions, and the items of both."""
    known = tables.users.drop(columns="user_id").notna().any(axis="columns")
    users = tables.users[known]
    behaviors = tables.behaviors[tables.behaviors.user_id.isin(users.user_id)]
    shown = tables.impressions
    shown = shown[(shown.split == "test") & shown.user_id.isin(users.user_id)]
    used = set(behaviors.item_id) | set(shown.item_id)
    return Tables(tables.items[tables.items.item_id.isin(used)], users, behaviors, shown)


def write_subset(tables: Path, out: Path, *, overwrite: bool = False, max_bytes: int = MAX_BYTES) -> dict[str, int]:
    """Write the subset of the tables in folder `tables` to `out`; returns bytes by file name.

    DinLensError when the result is larger than `max_bytes`; nothing is written then.
    """
    provenance = tables / PROVENANCE
    text = provenance.read_text(encoding="utf-8") if provenance.is_file() else ""

    def check(folder: Path) -> None:
        total = sum(file.stat().st_size for file in folder.iterdir())
        if total > max_bytes:
            raise DinLensError(
                f"The demo tables take {total:,} bytes > {max_bytes:,}; use smaller tables than {tables}."
            )

    write_tables(subset(read_tables(tables)), out, text, overwrite=overwrite, level=_LEVEL, check=check)
    return {file.name: file.stat().st_size for file in sorted(out.iterdir())}


def write_checkpoints(checkpoints: Mapping[str, Checkpoint], out: Path, leaderboard: Path) -> int:
    """Write the checkpoints to `out`, with item embeddings in half precision, and the leaderboard where there is one.

    What `faithfulness` measured of one comes along, in its file and on its card. Returns their bytes. Older
    checkpoints in `out` are gone. DinLensError when the new ones are too large, or when `out` holds anything but
    checkpoints and a leaderboard, or a model is worse than the base rate; nothing is written then.
    """
    for model, one in checkpoints.items():
        held = one.metrics.get(RECORD)
        if held and is_worse(held):
            raise DinLensError(f"{model} ({one.folder}) cannot be shipped: {worse_on_validation(held)}")
    for old in out.glob("*"):
        if old.name != leaderboard.name:
            check_replaceable(old)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as name:
        written = Path(name) / out.name
        for model, one in checkpoints.items():
            measured = _faithfulness(one, model)
            card = one.card if measured is None else with_section(one.card, section(measured))
            card += "" if HALF_PRECISION in card else HALF_PRECISION_NOTE  # it is there where a copy is copied
            save_checkpoint(written / model, one.model, one.vocabulary, one.metrics, card, half_tables=True)
            if measured is not None:
                copied = {**measured, "copy_fingerprint": fingerprint(written / model)}
                text = json.dumps(copied, indent=1, ensure_ascii=False) + "\n"
                (written / model / FAITHFULNESS).write_text(text, encoding="utf-8")
        size = sum(file.stat().st_size for file in written.glob("*/*"))
        if size > MAX_CHECKPOINT_BYTES:
            raise DinLensError(
                f"The checkpoints take {size:,} bytes > {MAX_CHECKPOINT_BYTES:,}; ship fewer models, or train them "
                "with a higher --min-count."
            )
        if leaderboard.is_file():
            shutil.copy(leaderboard, written)
        shutil.rmtree(out, ignore_errors=True)
        written.replace(out)
    return size


def _faithfulness(one: Checkpoint, model: str) -> dict[str, Any] | None:
    """What `faithfulness` wrote beside a checkpoint, under the name that it is shipped by; None where it wrote nothing.

    The fingerprint stays that of the network that was measured; that of the copy is put beside it.
    """
    path = one.folder / FAITHFULNESS
    if not path.is_file():
        return None
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if found["fingerprint"] == one.fingerprint:
            return {**found, "checkpoint": model}
    except (ValueError, KeyError, TypeError):
        raise DinLensError(f"{path} is not what `faithfulness` writes; measure the checkpoint again") from None
    raise DinLensError(
        f"{path} is of checkpoint {found['fingerprint']}, but this one is {one.fingerprint}; measure it again"
    )


def write_demo_cases(tables: Path, checkpoints: Path, max_bytes: int = MAX_CASES_BYTES) -> int:
    """Write the cases of `din` against `base` on these tables into the folder `cases` beside them; returns their bytes.

    DinLensError when they are larger than `max_bytes`; nothing is written then.
    """
    out = tables / "cases"
    with tempfile.TemporaryDirectory(dir=tables.parent) as name:
        url = f"sqlite:///{Path(name) / 'demo.db'}"
        ingest(tables, url)
        options = CasesOptions(url, checkpoints / "din", checkpoints / "base", effects=EFFECTS, sums=SUMS)
        written = Path(name) / out.name
        size = write_cases(make_cases(options), written)
        if size > max_bytes:
            raise DinLensError(f"The demo's cases take {size:,} bytes > {max_bytes:,}; ship sums of fewer impressions.")
        shutil.rmtree(out, ignore_errors=True)
        written.replace(out)
    return size
