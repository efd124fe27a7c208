"""RecBole's atomic files: NAME.inter, NAME.item and NAME.user, tab-separated, with a header of `field:type`.

With a `label` field, or a rating and the least one of a positive, a row of NAME.inter is an impression. Otherwise every
row is a positive, and negatives are drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from din_core.domain import DinLensError
from trainer.datasets.streams.delimited import Format, check_columns, delimited, header_of
from trainer.datasets.streams.input_files import InputFiles
from trainer.datasets.streams.raw_data import RawData, no_rows
from trainer.datasets.streams.read_options import ReadOptions
from trainer.datasets.streams.row_checks import Fault, RowRejects, clean_ids, missing_ids, numbers, seconds
from trainer.datasets.wide_table import FIRST_TIME, RESERVED

PROVENANCE = (
    "Source: RecBole's atomic files {files}, under the terms of the data that they were made of. {rows}{order}\n"
)
_SHOWN = "A row is an impression, with label 1 where {label}; behaviors are those with label 1."
_DRAWN = (
    "All rows are behaviors and, once their user has a history, positives; negatives are drawn from the positives of "
    "all users in the same week."
)
_FORMAT = Format("\t", quoted=False)
_TITLES = ("title", "item_name", "movie_title", "name", "item_title")
_SPLITS = ("train", "valid", "test")


@dataclass(frozen=True)
class _Fields:
    """The fields of an atomic file: name -> type, in the file's order."""

    types: dict[str, str]

    @classmethod
    def of(cls, path: Path) -> _Fields:
        """DinLensError where a field has no type."""
        parts = [name.rsplit(":", 1) for name in header_of(path, _FORMAT)]
        bare = [part[0] for part in parts if len(part) != 2]
        if bare:
            raise DinLensError(f"{path} names a field {bare[0]!r} without its type; atomic files say user_id:token.")
        return cls(dict(parts))

    def single(self, *without: str) -> tuple[str, ...]:
        """Fields other than sequences of numbers, which have no meaning here."""
        return tuple(name for name, kind in self.types.items() if kind != "float_seq" and name not in without)


def read_recbole(files: InputFiles, rejects: RowRejects, options: ReadOptions) -> RawData:
    """All .inter files; .item and .user where they are given. DinLensError without .inter or its fields."""
    paths = files.need("*.inter")
    fields = _Fields.of(paths[0])
    label = options.label or ("label" if "label" in fields.types else None)
    needed = [
        "user_id",
        "item_id",
        *([label] if label else []),
        *(["rating"] if options.min_rating is not None else []),
    ]
    for path in paths:
        check_columns(path, list(_Fields.of(path).types), needed)
    splits = {
        path: split for path in paths for split in _SPLITS if path.name.removesuffix(".gz").split(".")[-2] == split
    }
    splits = splits if set(splits.values()) == set(_SPLITS) and len(splits) == len(paths) else {}
    paths = sorted(paths, key=lambda path: _SPLITS.index(splits[path]) if splits else 0)
    rows = _Interactions(paths, label, options.min_rating, splits, fields, files)
    items, users = files.all("*.item"), files.all("*.user")
    return RawData(
        provenance=rows.provenance(),
        events=partial(rows.events, rejects),
        items=partial(_entities, items, "item_id", files, rejects) if items else no_rows,
        users=partial(_entities, users, "user_id", files, rejects) if users else no_rows,
        item_fields=_named(items, "item_id"),
        user_fields=_named(users, "user_id"),
        behavior_fields=("rating",) if "rating" in fields.types else (),
        context_fields=rows.context,
        only_positives=not rows.explicit,
        repeats=rows.explicit,
        splits_given=bool(splits),
    )


@dataclass(frozen=True)
class _Interactions:
    paths: list[Path]
    label: str | None
    least: float | None
    splits: dict[Path, str]
    fields: _Fields
    files: InputFiles

    @property
    def explicit(self) -> bool:
        """Whether rows say that a user did not act."""
        return self.label is not None or self.least is not None

    @property
    def context(self) -> tuple[str, ...]:
        """Fields of an impression: none where negatives are drawn, which were not shown anywhere."""
        own = self.fields.single(*RESERVED, "rating", self.label or "label")
        return tuple(name for name in own if self.fields.types[name] != "token_seq") if self.explicit else ()

    def provenance(self) -> str:
        """What provenance.txt says."""
        label = f"{self.label} is 1" if self.label else f"the rating is {self.least} or more"
        order = "" if "timestamp" in self.fields.types else " There are no times: rows are in the order of time."
        rows = _SHOWN.format(label=label) if self.explicit else _DRAWN
        return PROVENANCE.format(files=", ".join(path.name for path in self.paths), rows=rows, order=order)

    def events(self, rejects: RowRejects) -> Iterator[pd.DataFrame]:
        """The rows of all files."""
        before = 0
        for path in self.paths:
            for rows in _rows(path, self.files, rejects):
                made, faults = self._checked(rows, before)
                before += len(rows)
                good = rejects.keep(path.name, made, faults, rows)
                yield good.assign(split=self.splits[path]) if self.splits else good

    def _checked(self, rows: pd.DataFrame, before: int) -> tuple[pd.DataFrame, list[Fault]]:
        """Events and their faults."""
        made = pd.DataFrame({"user_id": clean_ids(rows.user_id), "item_id": clean_ids(rows.item_id)}, rows.index)
        faults = [missing_ids("user_id", made.user_id), missing_ids("item_id", made.item_id)]
        if "timestamp" in rows:
            made["timestamp"], wrong = seconds("timestamp", rows.timestamp)
            faults += wrong
        else:
            made["timestamp"] = FIRST_TIME + before + np.arange(len(rows))
        if "rating" in rows:
            made["rating"] = numbers(rows.rating)
            faults.append(("rating", "rating is no number", made.rating.isna().to_numpy()))
        made["label"] = np.int8(1)
        if self.label is not None:
            found = numbers(rows[self.label])
            faults.append((self.label, f"{self.label} is neither 0 nor 1", ~np.isin(found, (0, 1))))
            made["label"] = (found == 1).astype(np.int8)
        elif self.least is not None:
            made["label"] = (made.rating >= self.least).astype(np.int8)
        context = {name: rows[name].str.strip() for name in self.context}
        return made.assign(behavior=made.label == 1, **context), faults


def _rows(path: Path, files: InputFiles, rejects: RowRejects) -> Iterator[pd.DataFrame]:
    """The rows of a file, its fields named without their types."""
    for rows in delimited(path, _FORMAT, rejects, files.progress):
        yield rows.rename(columns=lambda name: str(name).rsplit(":", 1)[0])


def _named(paths: list[Path], own_id: str) -> tuple[str, ...]:
    """Names of the fields as they are written."""
    names = _Fields.of(paths[0]).single(own_id) if paths else ()
    title = _title(names) if own_id == "item_id" else None
    return tuple("title" if name == title else name for name in names)


def _title(names: tuple[str, ...]) -> str | None:
    return next((name for name in _TITLES if name in names), None)


def _entities(paths: list[Path], own_id: str, files: InputFiles, rejects: RowRejects) -> Iterator[pd.DataFrame]:
    """Items or users; sequences of tokens as `a|b`, but for a title's words."""
    for path in paths:
        fields = _Fields.of(path)
        check_columns(path, list(fields.types), [own_id])
        names = fields.single(own_id)
        title = _title(names) if own_id == "item_id" else None
        for rows in _rows(path, files, rejects):
            made = {own_id: clean_ids(rows[own_id])}
            for name in names:
                text = rows[name].str.strip()
                if name == title:
                    made["title"] = text
                elif fields.types[name] == "token_seq":
                    made[name] = text.str.replace(r"\s+", "|", regex=True)
                else:
                    made[name] = pd.Series(numbers(text), rows.index) if name in ("price", "rating") else text
            yield pd.DataFrame(made)
