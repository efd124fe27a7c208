"""The public data that `prepare` reads from files: a reader each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

from trainer.datasets.ali_display_ads import read_ali_display_ads
from trainer.datasets.amazon_reviews import read_amazon_reviews
from trainer.datasets.fuxictr import read_fuxictr
from trainer.datasets.kuai import read_kuairand, read_kuairec
from trainer.datasets.mind import read_mind
from trainer.datasets.movielens import read_movielens
from trainer.datasets.recbole import read_recbole
from trainer.datasets.streams.input_files import InputFiles
from trainer.datasets.streams.raw_data import RawData
from trainer.datasets.streams.read_options import ReadOptions
from trainer.datasets.streams.row_checks import RowRejects
from trainer.datasets.taobao import LAST_POSITIVES, read_taobao
from trainer.datasets.wide_table import read_wide_table


@dataclass(frozen=True)
class Source:
    """How one shape of data is read."""

    read: Callable[[InputFiles, RowRejects, ReadOptions], RawData]
    options: tuple[str, ...] = ()
    """fields of `ReadOptions` that it knows"""
    last_positives: int | None = None
    """newest positives of a user that become impressions when nothing is said"""


WIDE_OPTIONS = tuple(own.name for own in fields(ReadOptions) if own.name != "min_rating")
SOURCES = {
    "movielens": Source(read_movielens, ("min_rating",)),
    "mind": Source(read_mind),
    "amazon-reviews": Source(read_amazon_reviews, ("min_rating",)),
    "taobao": Source(read_taobao, last_positives=LAST_POSITIVES),
    "ali-display-ads": Source(read_ali_display_ads),
    "recbole": Source(read_recbole, ("label", "min_rating")),
    "fuxictr": Source(read_fuxictr, WIDE_OPTIONS),
    "kuairec": Source(read_kuairec, ("min_rating",)),
    "kuairand": Source(read_kuairand, ("label",)),
    "wide-table": Source(read_wide_table, WIDE_OPTIONS),
}
"""By the name on the command line."""
