"""The public data that `prepare` reads from files: a reader each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from trainer.datasets.mind import read_mind
from trainer.datasets.movielens import read_movielens
from trainer.datasets.streams.input_files import InputFiles
from trainer.datasets.streams.raw_data import RawData
from trainer.datasets.streams.read_options import ReadOptions
from trainer.datasets.streams.row_checks import RowRejects


@dataclass(frozen=True)
class Source:
    """How one shape of data is read."""

    read: Callable[[InputFiles, RowRejects, ReadOptions], RawData]
    options: tuple[str, ...] = ()
    """fields of `ReadOptions` that it knows"""
    last_positives: int | None = None
    """newest positives of a user that become impressions when nothing is said"""


SOURCES = {
    "movielens": Source(read_movielens, ("min_rating",)),
    "mind": Source(read_mind),
}
"""By the name on the command line."""
