"""Arrays that are made piece by piece."""

from __future__ import annotations

import numpy as np
import pytest

from din_core.store.growing_array import GrowingArray


@pytest.mark.parametrize("most", [1 << 20, 100, 0])
def test_pieces_are_joined_in_memory_or_in_a_mapped_file(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(GrowingArray, "most_bytes", most)
    growing = GrowingArray(np.int64)
    for start in range(0, 50, 10):
        growing.append(np.arange(start, start + 10, dtype=np.int32))
    found = growing.finish()
    assert isinstance(found, np.memmap) == (most < 50 * 8)
    assert (found.dtype, found.tolist()) == (np.int64, [*range(50)])
    found[0] = 7
    assert found[0] == 7


def test_texts_and_nothing_at_all_are_arrays_too(monkeypatch: pytest.MonkeyPatch) -> None:
    assert GrowingArray("<U5").finish().tolist() == []
    monkeypatch.setattr(GrowingArray, "most_bytes", 0)
    texts = GrowingArray("<U5")
    texts.append(np.array(["train", "test"]))
    assert texts.finish().tolist() == ["train", "test"]
