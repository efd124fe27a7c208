"""FuxiCTR's CSV: train.csv, valid.csv and test.csv, one row an impression, sequences as `a^b`.

They are wide tables whose splits are given by their files. Where they have no times, rows are taken to be in the order
of time: train, then valid, then test.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from din_core.domain import DinLensError
from trainer.datasets.streams.input_files import InputFiles
from trainer.datasets.streams.raw_data import RawData
from trainer.datasets.streams.read_options import ReadOptions
from trainer.datasets.streams.row_checks import RowRejects
from trainer.datasets.wide_table import columns_of, layout_of, wide_data

PROVENANCE = (
    "Source: tables in FuxiCTR's shape ({files}), under the terms of the data that they were made of. "
    "{behaviors}{order}\n"
)
_SPLITS = ("train", "valid", "test")
_LABELS = ("label", "clk", "click", "is_click")
_HISTORIES = ("item_history", "item_his", "click_history", "item_id_history", "pos_items", "history")
_ENDS = ("_history", "_his")


def read_fuxictr(files: InputFiles, rejects: RowRejects, options: ReadOptions) -> RawData:
    """Three files of splits, in CSV or Parquet; DinLensError where one is missing."""
    by_split = {split: files.need(f"{split}*.csv", f"{split}*.parquet")[0] for split in _SPLITS}
    paths = list(by_split.values())
    columns = columns_of(paths[0])
    layout = layout_of(columns, _with_usual_names(columns, options))
    splits: dict[Path, str] = {path: split for split, path in by_split.items()}
    return wide_data(paths, layout, files, rejects, splits=splits, provenance=PROVENANCE)


def _with_usual_names(columns: list[str], options: ReadOptions) -> ReadOptions:
    """The options, and what FuxiCTR's data sets call the columns where they say nothing."""

    def usual(names: tuple[str, ...]) -> str | None:
        return next((name for name in names if name in columns), None)

    if options.split is not None:
        raise DinLensError(f"--split is {options.split}, but fuxictr takes splits from the files' names; leave it out.")
    history = options.history or usual(_HISTORIES)
    pairs = [f"{name}={column}" for name, column in _beside(columns, history).items()] if history else []
    return replace(
        options,
        label=options.label or usual(_LABELS),
        history=history,
        history_fields=options.history_fields or ",".join(pairs),
        item_fields=options.item_fields or ",".join(pair.split("=")[0] for pair in pairs),
        separator=options.separator or "^",
    )


def _beside(columns: list[str], history: str) -> dict[str, str]:
    """Field of the candidate -> sequence of its values: cate_id and cate_history."""
    found = {}
    for column in columns:
        stem = next((column.removesuffix(end) for end in _ENDS if column.endswith(end)), None)
        field = next((name for name in (stem, f"{stem}_id") if name in columns), None)
        if stem is not None and field is not None and column != history:
            found[field] = column
    return found
