"""What is kept of every impression: one row each, and sums of activation weights over parts of its history.

Dimensions: M impressions, S of them with sums, U users, B bins.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from din_core.domain.results import Floats

Ints = NDArray[np.integer[Any]]

AGES = (0, 1, 2, 4, 8, 16, 32, 64, 128, 256)
"""Days from a behavior to the impression: where each bin begins; the last has no end."""
RANKS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
"""1 is the newest behavior, repeats counted: where each bin begins."""
REPEATS = (1, 2, 3, 5, 9, 17)
"""How often the history holds the item: where each bin begins."""
DIMENSIONS = ("age", "rank", "repeats", "category", "own_age")
"""What sums are told apart by; "own_age" is the age of behaviors in the candidate's own category alone."""
OTHER = "other"
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Model:
    """A checkpoint, as it was when the cases were made."""

    folder: str
    fingerprint: str
    title: str


@dataclass(frozen=True, slots=True)
class About:
    """What the rows are of."""

    split: str
    of: int
    """Impressions of the split; the rows are fewer where a sample was drawn."""
    impressions: int
    measured: int
    """Rows with effects: a random sample, or all."""
    summed: int
    """Rows with sums: a random sample, or all."""
    seed: int
    """Of the samples."""
    main: Model
    base: Model
    store: str
    """`fingerprint_of` the store's summary."""
    category_field: str | None
    """The item field that is called category here; None where items have no field."""
    behavior_categories: tuple[str, ...]
    """The most frequent ones, then OTHER: the bins of "category"."""
    made_at: str


@dataclass(frozen=True)
class Sums:
    """Of S impressions, over the behaviors of each bin, repeats counted."""

    row: Ints
    """(S,) which impressions, rising"""
    weight: Mapping[str, Floats]
    """By name of DIMENSIONS: (B, S) Σ of the weights of all occurrences"""
    count: Mapping[str, Ints]
    """By name of DIMENSIONS: (B, S) how many occurrences those are"""


@dataclass(frozen=True)
class Cases:
    """Every impression of a split (or of a sample of it), by user and time."""

    about: About
    user_ids: tuple[str, ...]
    """(U)"""
    profile: Mapping[str, tuple[tuple[str, ...], ...]]
    """By field name, each user's values, (U)"""
    item_ids: tuple[str, ...]
    """What the columns of items point into."""
    categories: tuple[str, ...]
    """What `item_category` points into."""
    item_category: Ints
    """(items,)"""
    user: Ints
    """(M,)"""
    item: Ints
    """(M,) the candidate"""
    time: Ints
    """(M,) seconds since 1970-01-01 UTC"""
    label: NDArray[np.bool_]
    """(M,)"""
    probability: Floats
    """(M,) by the main model"""
    base_probability: Floats
    """(M,) by the model that it is compared with"""
    behaviors: Ints
    """(M,) length of the history as the main model sees it, repeats counted"""
    distinct: Ints
    """(M,) the same, repeats folded"""
    intensity: Floats
    """(M,) Σ of all weights, repeats counted"""
    top_weight: Floats
    """(M,) the largest weight of one occurrence; NaN without behaviors"""
    top_item: Ints
    """(M,) whose it is; -1 without behaviors"""
    low_weight: Floats
    """(M,) the smallest weight of one occurrence; NaN without behaviors"""
    low_item: Ints
    """(M,) whose it is; -1 without behaviors"""
    tau: Floats
    """(M,) Kendall's τ-b of weights × counts and leave-one-out effects; NaN where not measured, or nothing to rank"""
    share: Floats
    """(M,) share of Σ|effect| that belongs to the strongest behavior; NaN where not measured, or without effects"""
    share_item: Ints
    """(M,) whose it is; -1 where there is none"""
    sums: Sums

    @property
    def category(self) -> Ints:
        """(M,) the candidate's."""
        return self.item_category[self.item]


def fingerprint_of(summary: Mapping[str, Any]) -> str:
    """Short hash of what a store's summary says: counts, fields, times and provenance. Another count, another hash."""
    text = json.dumps(summary, sort_keys=True, ensure_ascii=False, default=list)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
