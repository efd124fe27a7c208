"""Ids as small integers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class IdCodes:
    """Each id's code: 0, 1, … in the order in which they came."""

    def __init__(self, ids: Iterable[str] = ()) -> None:
        """`ids`: those of the first codes."""
        self._codes: dict[str, int] = {own_id: code for code, own_id in enumerate(ids)}

    def __len__(self) -> int:
        return len(self._codes)

    def add(self, ids: pd.Series | Sequence[str]) -> Ints:
        """(N,) codes; new ids get new ones."""
        place, distinct = pd.factorize(np.asarray(ids, object))
        codes = self._codes
        return np.array([codes.setdefault(own_id, len(codes)) for own_id in distinct], np.int64)[place]

    def newest(self, count: int) -> list[str]:
        """The last ids that were new, in the order of their codes."""
        return [*islice(reversed(self._codes), count)][::-1]

    def find(self, ids: pd.Series) -> Ints:
        """(N,) codes, -1 for unknown ids."""
        return np.array([self._codes.get(own_id, -1) for own_id in ids], np.int64)

    def names(self) -> pa.Array:
        """The ids, by code."""
        return pa.array(list(self._codes), pa.string())
