"""Advice to the system on mapped memory changes no value, and what it cannot do ends nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from trainer.training import mapped_memory
from trainer.training.mapped_memory import IN_ORDER, RANDOM, WILL_NEED, advise, advise_rows


@pytest.mark.parametrize("advice", [IN_ORDER, RANDOM, WILL_NEED, None, 12_345])
def test_values_stay_whatever_is_advised(tmp_path: Path, advice: int | None) -> None:
    values = np.arange(30_000, dtype=np.int64).reshape(-1, 3)
    values.tofile(tmp_path / "values")
    mapped = torch.from_numpy(np.memmap(tmp_path / "values", np.int64, "r+", shape=values.shape))
    advise([mapped, torch.zeros(0), torch.tensor(1.0).reshape(1), mapped.T], advice)
    advise_rows(mapped, [(0, 10), (999, 10_000), (5, 5)], advice)
    assert torch.equal(mapped, torch.from_numpy(values))


def test_the_system_is_told_whole_pages_of_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int, int]] = []
    monkeypatch.setattr(
        mapped_memory, "_madvise", lambda: lambda begin, size, advice: told.append((begin.value, size.value, advice))
    )
    rows = torch.arange(5_000, dtype=torch.int64)
    advise_rows(rows, [(1_000, 3_000)], 1)
    ((begin, size, advice),) = told
    assert begin % mapped_memory.mmap.PAGESIZE == 0
    assert begin <= rows.data_ptr() + 8_000 < begin + mapped_memory.mmap.PAGESIZE
    assert (begin + size, advice) == (rows.data_ptr() + 24_000, 1)


def test_a_system_without_advice_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapped_memory, "_madvise", lambda: None)
    advise([torch.arange(3)], RANDOM)
