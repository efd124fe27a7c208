"""The machine: what it is, how busy, and how fast it multiplies matrices."""

from __future__ import annotations

import os
import platform
import statistics
from pathlib import Path

import torch

from trainer.bench.results import Row
from trainer.bench.sizes import Sizes
from trainer.bench.timing import seconds_of

REPEATS = 7
Product = tuple[int, int]
"""Inner and outer width of a product of many rows"""
UNIT = ((64, 80), (80, 40))
"""The activation unit's products a pair, at the sizes of the catalogue and of short histories"""
TOWER = ((259, 200), (200, 80))


def machine(sizes: Sizes) -> list[Row]:
    """The rate of each product by its number of rows n, and of large square matrices."""
    rows = [
        Row(
            "machine",
            f"(n × {inner}) · ({inner} × {outer})",
            {f"GFLOP/s, n = {n:,}": _rate(n, inner, outer) / 1e9 for n in sizes.matmul_rows},
        )
        for inner, outer in (*UNIT, *TOWER)
    ]
    side = min(2_048, max(sizes.matmul_rows))
    square = Row("machine", f"({side} × {side}) · ({side} × {side})", {"GFLOP/s": _rate(side, side, side) / 1e9})
    return [*rows, square]


def about() -> dict[str, str | int | float]:
    """What the figures were taken on."""
    gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else ""
    return {
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "threads": torch.get_num_threads(),
        "GPU": gpu,
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def load() -> float | None:
    """Programs that wanted a core, averaged over the last minute; None where the system does not say."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def matmul_rate(
    products: list[Product], sizes: Sizes, device: str = "cpu", precision: torch.dtype | None = None
) -> float:
    """FLOP/s of these products together, each at the number of rows that suits it best.

    In the precision of training where none is given: float32 with all threads, bfloat16 on a GPU.
    """
    precision = precision or (torch.bfloat16 if device.startswith("cuda") else torch.float32)
    work = [2 * inner * outer for inner, outer in products]
    best = [max(_rate(rows, *product, device, precision) for rows in sizes.matmul_rows) for product in products]
    return sum(work) / sum(w / rate for w, rate in zip(work, best, strict=True))


def copy_rate(sizes: Sizes, device: str) -> float:
    """Bytes/s read and written by a copy that no cache holds."""
    source = torch.zeros(sizes.copied_bytes // 4, device=device)
    target = torch.empty_like(source)
    target.copy_(source)
    return 2 * sizes.copied_bytes / statistics.median(seconds_of(lambda: target.copy_(source)) for _ in range(REPEATS))


def _rate(rows: int, inner: int, outer: int, device: str = "cpu", precision: torch.dtype = torch.float32) -> float:
    """FLOP/s, the median of a few; small products are repeated until they take a while."""
    a = torch.randn(rows, inner, device=device, dtype=precision)
    b, out = a.new_ones(inner, outer), a.new_empty(rows, outer)
    flop = 2 * rows * inner * outer
    times = min(1_000, max(1, int(4e8 / flop)))

    def multiply() -> None:
        for _ in range(times):
            torch.mm(a, b, out=out)

    multiply()
    return times * flop / statistics.median(seconds_of(multiply) for _ in range(REPEATS))


def _processor() -> str:
    """The name that the processor gives itself."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
