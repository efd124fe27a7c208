"""Texts that repeat a lot, as numbers."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


class TextCodes:
    """The different texts of a column in the order in which they came; a text's code is its place."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._code_of = {text: code for code, text in enumerate(texts)}

    @property
    def texts(self) -> list[str]:
        """By code."""
        return list(self._code_of)

    def of(self, column: pa.Array) -> NDArray[np.int32]:
        """The codes of a column of texts, -1 for null; new texts get the next ones."""
        encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        known = self._code_of
        distinct = [
            -1 if text is None else known.setdefault(text, len(known)) for text in encoded.dictionary.to_pylist()
        ]
        indices = encoded.indices.fill_null(len(distinct)).to_numpy(zero_copy_only=False)
        codes: NDArray[np.int32] = np.array([*distinct, -1], dtype=np.int32)[indices]
        return codes
