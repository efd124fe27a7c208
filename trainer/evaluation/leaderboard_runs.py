"""The leaderboard: every model trained alike, measured together, one table."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from din_core.domain import CheckpointError, DinLensError
from din_core.metrics import Estimate, Measured, is_worse_than_base_rate
from din_core.model.checkpoint import METRICS, Checkpoint, check_replaceable, load_checkpoint
from din_core.store import open_store
from trainer.evaluation.evaluate import Split, read_bulk
from trainer.evaluation.markdown_table import aligned
from trainer.evaluation.weight_figures import as_markdown as weights_as_markdown
from trainer.evaluation.weight_figures import weight_figures
from trainer.training.calibration.calibrate import RECORD
from trainer.training.data_facts import data_facts
from trainer.training.fields.pretrained_vectors import read_item_vectors, vector_use, with_vectors
from trainer.training.fields.training_vocabulary import build_vocabulary
from trainer.training.freed_memory import keep_freed_memory
from trainer.training.recipes import RECIPES
from trainer.training.train import TrainOptions, unfinished_folder
from trainer.training.up_to_date import settings_difference

REFERENCE = "base"
"""Average pooling: what RelaImpr is measured against."""
FILES = ("leaderboard.json", "leaderboard.md")

TrainAll = Callable[[Sequence[TrainOptions]], Mapping[str, str]]
"""Trains runs and returns the failures, each run's name -> why; whatever fails, the others are trained."""
Say = Callable[[str], None]


def name_of(run: TrainOptions) -> str:
    """A run's name, which is its folder's: MODEL-SEED."""
    return run.out.name


def leaderboard(
    runs: Sequence[TrainOptions],
    split: str,
    out: Path,
    train_all: TrainAll,
    *,
    restart: bool = False,
    as_fitted: bool = False,
    say: Say = lambda _: None,
) -> dict[str, Any]:
    """Train what is not finished yet, measure all on `split`, write `out`/leaderboard.json and .md; the former.

    `runs` are of one store, each with a folder of its own. With `restart`, checkpoints made with other options and
    unfinished runs are deleted first; without it, other options are a CheckpointError before anything is trained. With
    `as_fitted` runs may have been fitted in any way, all seeds of a model in the same.
    DinLensError names the runs that failed, after the table of the models that are complete is written.
    """
    keep_freed_memory()
    missing = _missing(runs, restart, as_fitted, say)
    say(f"{len(runs) - len(missing)} of {len(runs)} runs are finished")
    failures = train_all(missing) if missing else {}
    folders: dict[str, list[TrainOptions]] = {name: [] for name in RECIPES}
    for run in runs:
        folders[run.model].append(run)
    failed = {run.model for run in runs if name_of(run) in failures}
    complete = {model: made for model, made in folders.items() if made and model not in failed}
    if complete:
        say(f"measuring {len(complete)} models on the {split} split")
    board = measure(complete, split) if complete else {}
    if board:
        write(board, out)
    if failures:
        reasons = "; ".join(f"{name}: {why}" for name, why in failures.items())
        raise DinLensError(
            f"{len(failures)} of {len(runs)} runs failed ({reasons}); the table holds the other {len(complete)} "
            "models; mend the cause and repeat the command: what is finished is not trained again"
        )
    return board


def _missing(runs: Sequence[TrainOptions], restart: bool, as_fitted: bool, say: Say) -> list[TrainOptions]:
    """The runs without a finished checkpoint, once those in the way are deleted or refused."""
    finished = [run for run in runs if run.out.exists()]
    if finished:
        store = open_store(runs[0].store)
        bulk, summary = store.bulk(), store.summary()
        use = vector_use(runs[0].vectors, summary)
        vectors = read_item_vectors(store, use)
        store.close()
        data = data_facts(bulk, summary)
        # One command line has one min_count and one set of fields.
        known = build_vocabulary(
            bulk,
            runs[0].min_count,
            runs[0].fields.chosen(bulk, summary.unfit_fields),
            buckets=runs[0].buckets,
        )
        vocabulary = with_vectors(known, vectors)
        checkpoints = [load_checkpoint(run.out) for run in finished]
        if as_fitted:
            _check_seeds(finished, checkpoints)
        for run, checkpoint in zip(finished, checkpoints, strict=True):
            differs = settings_difference(checkpoint, run, vocabulary, data, summary.vectors, fitting=not as_fitted)
            if differs and not restart:
                raise CheckpointError(
                    f"{run.out} holds a finished {run.model} with {differs}; repeat its options to use it, "
                    "or pass --restart to delete it and train it anew"
                )
            if differs:
                say(f"{name_of(run)} had {differs}: training it anew")
                check_replaceable(run.out)
                shutil.rmtree(run.out)
    missing = [run for run in runs if not run.out.exists()]
    if restart:
        for run in missing:
            shutil.rmtree(unfinished_folder(run.out), ignore_errors=True)
    return missing


def _check_seeds(runs: Sequence[TrainOptions], checkpoints: Sequence[Checkpoint]) -> None:
    """CheckpointError where two seeds of a model were fitted differently: their mean would be no model's."""
    first: dict[str, tuple[str, dict[str, Any]]] = {}
    for run, checkpoint in zip(runs, checkpoints, strict=True):
        options = {**checkpoint.metrics.get("options", {}), "seed": None}
        other, same = first.setdefault(run.model, (name_of(run), options))
        if any(options[name] != same[name] for name in options.keys() & same.keys()):  # both record it
            raise CheckpointError(
                f"{name_of(run)} and {other} were trained with different options, so they have no mean; measure one "
                "seed with --seeds, or train both alike"
            )


def measure(models: Mapping[str, Sequence[TrainOptions]], split: str) -> dict[str, Any]:
    """The table of finished runs by model, as leaderboard.json has it; without REFERENCE among them, no RelaImpr."""
    first = next(iter(models.values()))[0]
    store = open_store(first.store)
    summary = store.summary()
    store.close()
    on = Split(read_bulk(first.store), split, first.device)
    loaded, measured = {}, {}
    for model, runs in models.items():
        checkpoints = [load_checkpoint(run.out) for run in runs]
        measured[model] = on.rows.measure([on.predict(checkpoint).probability for checkpoint in checkpoints])
        loaded[model] = checkpoints
    reference = measured.get(REFERENCE)
    counts = on.counts()
    return {
        "split": split,
        "reference": REFERENCE,
        **{name: counts[name] for name in ("impressions", "users", "skipped_users")},
        **on.base_rate(),
        "provenance": summary.provenance,
        "made_at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "rows": [
            {
                **_facts(model, loaded[model], runs),
                **{name: _json(measured[model].estimate(name)) for name in ("auc", "gauc", "log_loss", "ece")},
                "rela_impr": _json(_over(measured[model], reference)),
                "weights": weight_figures(loaded[model]),
            }
            for model, runs in models.items()
        ],
    }


def _facts(model: str, checkpoints: Sequence[Checkpoint], runs: Sequence[TrainOptions]) -> dict[str, Any]:
    for checkpoint in checkpoints:
        for name in ("parameters", "seconds", "device", "options"):
            if checkpoint.metrics.get(name) is None:
                raise CheckpointError(
                    f"{checkpoint.folder / METRICS} holds no {name}, which the table needs; delete {checkpoint.folder} "
                    "and repeat the command to train it anew"
                )
    metrics = [checkpoint.metrics for checkpoint in checkpoints]
    return {
        "model": model,
        "title": _title(checkpoints[0]),
        "seeds": [run.fit.seed for run in runs],
        "parameters": metrics[0]["parameters"],
        "seconds": round(float(np.mean([one["seconds"] for one in metrics])), 1),
        "device": ", ".join(sorted({one["device"] for one in metrics})),
        "epochs": runs[0].fit.epochs,
        "without_calibration": sum(RECORD not in one for one in metrics),
    }


def _title(checkpoint: Checkpoint) -> str:
    """The network's name, and how it was fitted where that is what a row is about."""
    fitted_by = checkpoint.metrics["options"].get("regularisation", "decay")
    return checkpoint.config.title + ("" if fitted_by == "decay" else " · MBA")


def _over(measured: Measured, reference: Measured | None) -> Estimate | None:
    return measured.rela_impr(reference) if reference else None


def _json(found: Estimate | None) -> dict[str, Any] | None:
    return None if found is None else {**asdict(found), "each": list(found.each)}


def write(board: Mapping[str, Any], out: Path) -> None:
    """Replace both files of an older table, each in one step."""
    out.mkdir(parents=True, exist_ok=True)
    texts = (json.dumps(board, indent=1, ensure_ascii=False), as_markdown(board))
    for name, text in zip(FILES, texts, strict=True):
        new = out / f".{name}.new"
        new.write_text(text + "\n", encoding="utf-8")
        os.replace(new, out / name)


def as_markdown(board: Mapping[str, Any]) -> str:
    """The tables in Markdown, their columns aligned for a terminal: of quality, and of weights beside effects."""
    head = ["model", "seeds", "AUC", "95 %", "GAUC", "log loss", "ECE", "RelaImpr", "minutes", "parameters"]
    base = board.get("base_rate_log_loss")  # tables of earlier versions have none
    of_base = "" if base is None else f"; log loss of the base rate, {board['base_rate']:.1%} for all: {base:.4f}"
    table = aligned(head, [_cells(row) for row in board["rows"]])
    note = (
        f"{board['split']} split, {board['impressions']:,} impressions of {board['users']:,} users with both outcomes; "
        "mean ± sd over seeds; "
        "95 %: interval of the mean AUC under drawing users anew; minutes: training of one seed"
        f"{of_base}."
    )
    warnings = _warnings(board["rows"], base)
    return "\n".join([*table, "", note, *warnings, "", *weights_as_markdown(board["rows"])])


def _warnings(rows: Sequence[Mapping[str, Any]], base: float | None) -> list[str]:
    """Which models are worse than the base rate, and which runs cannot be compared by log loss and ECE."""
    lines = []
    worse = [row["title"] for row in rows if is_worse_than_base_rate(row["log_loss"]["mean"], base)]
    if worse:
        lines += ["", f"Worse than the base rate by log loss, so not to be shipped: {', '.join(worse)}."]
    older = [
        f"{row['title']} ({row['without_calibration']} of {len(row['seeds'])} runs)"
        for row in rows
        if row.get("without_calibration")
    ]
    if older:
        lines += [
            "",
            f"Trained before runs were calibrated: {', '.join(older)}; `python -m trainer calibrate` does it.",
        ]
    return lines


def _cells(row: Mapping[str, Any]) -> list[str]:
    bounds, gain = row["auc"], row["rela_impr"]
    return [
        row["title"],
        str(len(row["seeds"])),
        _spread(row["auc"]),
        "-" if bounds is None or bounds["low"] is None else f"{bounds['low']:.4f} to {bounds['high']:.4f}",
        _spread(row["gauc"]),
        *("-" if row[name] is None else f"{row[name]['mean']:.4f}" for name in ("log_loss", "ece")),
        "-" if gain is None else f"{gain['mean']:+.1%}",
        f"{row['seconds'] / 60:.1f}",
        f"{row['parameters']:,}",
    ]


def _spread(metric: Mapping[str, Any] | None) -> str:
    if metric is None:
        return "-"
    return f"{metric['mean']:.4f}" + ("" if metric["sd"] is None else f" ± {metric['sd']:.4f}")
