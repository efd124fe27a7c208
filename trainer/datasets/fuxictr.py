"""FuxiCTR's CSV: train.csv, valid.csv where there is one, and test.csv, one row an impression, sequences as `a^b`.

They are wide tables whose splits are given by their files. Where they have no times, train is before valid and valid
before test, and a user's rows are in the order in which its histories grow.
"""

from __future__ import annotations

from dataclasses import replace

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
_LABELS = ("label", "clk", "click", "is_click")
_HISTORIES = ("item_history", "item_his", "click_history", "item_id_history", "pos_items", "history")
_ENDS = ("_history", "_his")
_SEQUENCES = (*_ENDS, "_items", "_seq", "_sequence")
"""How names of sequences end, which are no context unless it is said."""


def read_fuxictr(files: InputFiles, rejects: RowRejects, options: ReadOptions) -> RawData:
    """A file for each split, in CSV or Parquet; DinLensError without train or test."""
    names = {split: (f"{split}*.csv", f"{split}*.parquet") for split in ("train", "test")}
    by_split = {
        "train": files.need(*names["train"])[0],
        "valid": files.find("val*.csv", "val*.parquet"),
        "test": files.need(*names["test"])[0],
    }
    paths = [path for path in by_split.values() if path is not None]
    columns = columns_of(paths[0])
    layout = layout_of(columns, _with_usual_names(columns, options))
    if options.context_fields is None:
        single = tuple(name for name in layout.context_fields if not name.endswith(_SEQUENCES))
        layout = replace(layout, context_fields=single)
    splits = {path: split for split, path in by_split.items() if path is not None}
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
