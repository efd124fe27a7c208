"""The items as a model's activation unit reads them: distinct embeddings, neighbours, and how well categories part.

Dimensions: C items, U distinct embeddings among them, D width, n points of a map.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from din_core.domain import Item
from din_core.domain.results import Floats
from din_core.scoring import Scorer
from din_core.scoring.engine import no_vectors
from din_core.scoring.request_encoder import item_rows

Places = NDArray[np.int64]

ITEM_FIELD = "item_id"
"""The item field that is the item itself; its row 0 is shared by all that training saw too seldom."""
ROWS = 256
"""Embeddings compared with all others at once: some tens of MB."""
SMALLEST = 1e-12
"""Length of a vector that is taken for more than 0."""
LEAST_AROUND = 20
"""Nearest neighbours of each chosen embedding that may join its map."""


@dataclass(frozen=True, eq=False)
class ItemSpace:
    """The distinct embeddings of a list of items. Items with equal rows share one, and are one point of any map."""

    vectors: Floats
    """(U, D)"""
    place: Places
    """(C,) which embedding each item has"""
    count: Places
    """(U,) how many items share it"""
    first: Places
    """(U,) the first item that has it"""
    known: NDArray[np.bool_]
    """(U,) whether training knew the item itself, and not only its other fields"""

    @cached_property
    def unit(self) -> Floats:
        """(U, D) vectors of length 1, 0 where the vector is 0: their products are cosines."""
        length = np.linalg.norm(self.vectors, axis=1, keepdims=True)
        unit: Floats = self.vectors / np.maximum(length, SMALLEST)
        return unit

    def holders(self, embedding: int) -> Places:
        """Positions of the items that share this embedding."""
        return np.flatnonzero(self.place == embedding)


@dataclass(frozen=True)
class Plane:
    """The two directions along which the embeddings vary most."""

    points: Floats
    """(U, 2)"""
    share: tuple[float, float]
    """Of the embeddings' total variance."""


@dataclass(frozen=True)
class Separation:
    """How often the nearest neighbours of an embedding are of its own category."""

    share: float
    """Of the k nearest neighbours, averaged over the embeddings asked."""
    chance: float
    """What neighbours drawn at random would give."""
    error: float | None
    """Standard error of `share` from sampling; None where every embedding was asked."""
    asked: int
    of: int
    """Embeddings of one known category: those that can be asked, and all that can be neighbours."""
    k: int


def item_space(scorer: Scorer, items: Sequence[Item], field: str | None = None) -> ItemSpace:
    """The embeddings of `items`: all fields end to end, as the activation unit reads them, or one field's alone.

    DinLensError for a model that shows none.
    """
    names = list(scorer.checkpoint.vocabulary.item)
    kept = list(range(len(names))) if field is None else [names.index(field)]
    rows, sets = item_rows(scorer.checkpoint.vocabulary, items)
    names = [names[at] for at in kept]
    distinct, first, place, count = np.unique(
        rows[:, kept], axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    if scorer.config.external and field is not None:
        raise no_vectors(scorer.name, field)
    vectors = scorer.engine.item_vectors(rows[first], sets)
    if field is not None:
        ends = np.cumsum([own.width for own in scorer.config.item_fields])
        vectors = np.split(vectors, ends[:-1], axis=1)[kept[0]]
    known = distinct[:, names.index(ITEM_FIELD)] > 0 if ITEM_FIELD in names else np.ones(len(distinct), bool)
    return ItemSpace(vectors, place.reshape(-1), count, first, known)


def one_category(space: ItemSpace, category: Sequence[str | None]) -> list[str | None]:
    """(U) the category that all items of an embedding have; None where they differ or it is missing."""
    names, code = np.unique([name or "" for name in category], return_inverse=True)
    low, high = np.full(len(space.count), len(names)), np.full(len(space.count), -1)
    np.minimum.at(low, space.place, code)
    np.maximum.at(high, space.place, code)
    return [str(names[a]) or None if a == b else None for a, b in zip(low, high, strict=True)]


def plane(vectors: Floats) -> Plane:
    """Principal components by the eigenvectors of the covariance; exact, and the same whenever it is asked.

    Each direction points to where its largest part is positive. Vectors of one number have no second direction.
    """
    x = np.asarray(vectors, np.float64)
    x = x - x.mean(0)
    value, vector = np.linalg.eigh(x.T @ x / max(1, len(x)))
    value = value.clip(min=0)
    found, share = np.zeros((len(x), 2)), [0.0, 0.0]
    for axis in range(min(2, x.shape[1])):
        direction = vector[:, -1 - axis]
        direction = direction * np.sign(direction[np.abs(direction).argmax()])
        found[:, axis] = x @ direction
        share[axis] = float(value[-1 - axis] / value.sum()) if value.sum() else 0.0
    return Plane(found, (share[0], share[1]))


def neighbours(space: ItemSpace, embedding: int, k: int) -> tuple[Places, Floats]:
    """The k other embeddings of largest cosine, nearest first, and their cosines. Exact."""
    cosine = space.unit @ space.unit[embedding]
    cosine[embedding] = -np.inf
    best = np.argsort(-cosine, kind="stable")[: min(k, len(cosine) - 1)]
    return best, cosine[best]


def around(space: ItemSpace, chosen: Sequence[int], most: int) -> Places:
    """At most `most` embeddings: the chosen ones in their order, then their neighbours, each one's nearest first."""
    kept = dict.fromkeys(list(dict.fromkeys(chosen))[:most])
    centres = list(kept)
    if not centres:
        return np.empty(0, np.int64)
    k = min(len(space.count), 1 + max(LEAST_AROUND, 2 * most // len(centres)))
    near = np.concatenate([_nearest(space.unit[part] @ space.unit.T, k) for part in _pieces(np.array(centres))])
    for embedding in near.T.reshape(-1).tolist():
        if len(kept) == most:
            break
        kept.setdefault(embedding)
    return np.array(list(kept), np.int64)


def separation(
    space: ItemSpace, category: Sequence[str | None], k: int = 10, most: int = 1000, seed: int = 0
) -> Separation | None:
    """`category` (C) of the items; more than `most` embeddings are sampled, but neighbours are sought among all.

    Left out are embeddings whose items differ in category or have none, and those that stand for items which
    training did not know: it gave them nothing of their own. None where fewer than two are left.
    """
    names = np.array([name or "" for name in one_category(space, category)])
    usable = np.flatnonzero((names != "") & space.known)
    if len(usable) < 2:
        return None
    code = np.unique(names[usable], return_inverse=True)[1].reshape(-1)
    asked = np.arange(len(usable))
    if len(usable) > most:
        asked = np.sort(np.random.default_rng(seed).choice(len(usable), most, replace=False))
    unit, k = space.unit[usable], min(k, len(usable) - 1)
    shares = np.concatenate([_same(unit, code, part, k) for part in _pieces(asked)])
    alike = np.bincount(code)[code[asked]] - 1
    sampled = len(asked) < len(usable)
    return Separation(
        share=float(shares.mean()),
        chance=float(alike.mean() / (len(usable) - 1)),
        error=float(shares.std(ddof=1) / len(asked) ** 0.5) if sampled else None,
        asked=len(asked),
        of=len(usable),
        k=k,
    )


def _pieces(places: Places) -> list[Places]:
    return [places[start : start + ROWS] for start in range(0, len(places), ROWS)]


def _nearest(cosine: Floats, k: int) -> Places:
    """(n, U) → (n, k) the places of the largest in each row, largest first; what is found becomes −∞.

    k passes over the row: fewer numbers are moved than by a partition, as k is far below U.
    """
    every, found = np.arange(len(cosine)), np.empty((len(cosine), k), np.int64)
    for rank in range(k):
        found[:, rank] = cosine.argmax(1)
        cosine[every, found[:, rank]] = -np.inf
    return found


def _same(unit: Floats, code: Places, part: Places, k: int) -> Floats:
    """(len(part),) share of the k nearest that have the same code."""
    cosine = unit[part] @ unit.T
    cosine[np.arange(len(part)), part] = -np.inf
    shares: Floats = (code[_nearest(cosine, k)] == code[part][:, None]).mean(1)
    return shares
