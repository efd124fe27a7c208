"""The compiled functions of training, called on tensors; compiled once a process, where there is a C compiler.

They stand in for PyTorch's operations where a tensor is on a CPU and in single precision, from `use` on. Nothing
uses them unasked: training does.

Dimensions as in `ragged.py`: G histories, N behaviors, M candidates, P pairs, D embedding width, H hidden width;
n rows of k channels.
"""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor

from din_core.model.native.compiler import compile_library
from din_core.model.ragged import RaggedBatch

SOURCES = tuple(
    Path(__file__).with_name(name)
    for name in ("moments.c", "dice.c", "asinh.c", "embeddings.c", "pairs.c", "softmax.c", "evolution.c", "unit.c")
)
CHUNKS = 16
"""As in blocks.h."""
LANES = 16
"""What widths are multiples of in unit.c, for vectors of any machine."""


class Kernels:
    """One method a function of the C sources; all tensors are contiguous, on the CPU, and but for offsets float32.

    Each call lets other Python threads run.
    """

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library

    def moments(self, s: Tensor, weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """s (n, k), weight (n,) → mean (k,), biased variance (k,), total weight ()."""
        n, k = s.shape
        mean, variance, total = s.new_empty(k), s.new_empty(k), s.new_empty(())
        parts = torch.empty(CHUNKS * (1 + 4 * k), dtype=torch.float64)
        self._call("moments", s, weight, n, k, parts, mean, variance, total)
        return mean, variance, total

    def standardise(self, s: Tensor, mean: Tensor, rate: Tensor) -> Tensor:
        """s (n, k), the rest (k,) → (n, k): (s − mean)·rate."""
        z = torch.empty_like(s)
        self._call("standardise", s, mean, rate, z, *s.shape)
        return z

    def standardise_backward(self, z: Tensor, grad: Tensor, rate: Tensor) -> Tensor:
        """z and grad (n, k), rate (k,) → gradient of s (n, k), mean and rate being the batch's own."""
        n, k = z.shape
        parts, sums, d_s = torch.empty(CHUNKS * 2 * k, dtype=torch.float64), z.new_empty(2 * k), torch.empty_like(z)
        self._call("standardise_backward", z, grad, rate, n, k, parts, sums, d_s)
        return d_s

    def dice(self, s: Tensor, alpha: Tensor, mean: Tensor, rate: Tensor) -> Tensor:
        """s (n, k), the rest (k,) → (n, k)."""
        y = torch.empty_like(s)
        self._call("dice_forward", s, alpha, mean, rate, y, *s.shape)
        return y

    def dice_backward(
        self, s: Tensor, grad: Tensor, alpha: Tensor, mean: Tensor, rate: Tensor, weight: Tensor, total: Tensor
    ) -> tuple[Tensor, Tensor]:
        """s and grad (n, k), weight (n,), total (), the rest (k,) → gradients of s (n, k) and of alpha (k,)."""
        n, k = s.shape
        parts, sums, d_s = torch.empty(CHUNKS * 3 * k, dtype=torch.float64), s.new_empty(3, k), torch.empty_like(s)
        self._call("dice_backward", s, grad, alpha, mean, rate, weight, total, n, k, parts, sums, d_s)
        return d_s, sums[2]

    def asinh(self, x: Tensor, knee: float) -> Tensor:
        """asinh(knee·x), of any shape."""
        y = torch.empty_like(x)
        self._call("asinh_forward", x, knee, y, x.numel())
        return y

    def asinh_backward(self, x: Tensor, knee: float, grad: Tensor) -> Tensor:
        """x and grad of one shape → gradient of x."""
        d_x = torch.empty_like(x)
        self._call("asinh_backward", x, knee, grad, d_x, x.numel())
        return d_x

    def gather(self, rows: Tensor, tables: Sequence[Tensor]) -> Tensor:
        """rows (n, F) int64, F tables → (n, Σ widths)."""
        widths = [table.shape[1] for table in tables]
        out = tables[0].new_empty(len(rows), sum(widths))
        self._call("gather", rows, _addresses(tables), torch.tensor(widths), *rows.shape, out)
        return out

    def scatter(self, rows: Tensor, grad: Tensor, tables: Sequence[Tensor]) -> list[Tensor]:
        """rows (n, F) int64, grad (n, Σ widths) → each table's gradient."""
        grads = [torch.zeros_like(table) for table in tables]
        widths = torch.tensor([table.shape[1] for table in tables])
        self._call("scatter", rows, _addresses(grads), widths, *rows.shape, grad)
        return grads

    def pair_products(self, q: Tensor, k: Tensor, batch: RaggedBatch) -> Tensor:
        """q (M, D), k (N, D) → (P, D): q[c] ∘ k[t]."""
        out = q.new_empty(batch.pair_total, q.shape[1])
        self._call("pair_products", q, k, out, q.shape[1], *_blocks(batch))
        return out

    def pair_add_(self, out: Tensor, from_q: Tensor, from_k: Tensor, batch: RaggedBatch) -> Tensor:
        """In place: out (P, H) + from_q (M, H) of the candidate + from_k (N, H) of the behavior."""
        self._call("pair_add", from_q, from_k, out, out.shape[1], *_blocks(batch))
        return out

    def pair_products_backward(self, q: Tensor, k: Tensor, grad: Tensor, batch: RaggedBatch) -> tuple[Tensor, Tensor]:
        """q (M, D), k (N, D), grad (P, D) → gradients of q and k."""
        d_q, d_k = torch.zeros_like(q), torch.zeros_like(k)
        self._call("pair_products_backward", q, k, grad, d_q, d_k, q.shape[1], *_blocks(batch))
        return d_q, d_k

    def pair_add_backward(self, grad: Tensor, batch: RaggedBatch) -> tuple[Tensor, Tensor]:
        """grad (P, H) → its sums over each candidate's pairs (M, H) and over each behavior's (N, H)."""
        h = grad.shape[1]
        of_candidate, of_behavior = grad.new_zeros(len(batch.candidate), h), grad.new_zeros(len(batch.behavior), h)
        self._call("pair_add_backward", grad, of_candidate, of_behavior, h, *_blocks(batch))
        return of_candidate, of_behavior

    def pair_pool(self, weight: Tensor, k: Tensor, batch: RaggedBatch) -> Tensor:
        """weight (P,), k (N, D) → (M, D): Σ_t count[t] · weight[t, c] · k[t]."""
        out = k.new_zeros(len(batch.candidate), k.shape[1])
        self._call("pair_pool", weight, batch.count, k, out, k.shape[1], *_blocks(batch))
        return out

    def pair_pool_backward(self, weight: Tensor, k: Tensor, grad: Tensor, batch: RaggedBatch) -> tuple[Tensor, Tensor]:
        """weight (P,), k (N, D), grad (M, D) → gradients of weight and k."""
        d_weight, d_k = torch.empty_like(weight), torch.zeros_like(k)
        self._call("pair_pool_backward", weight, batch.count, k, grad, d_weight, d_k, k.shape[1], *_blocks(batch))
        return d_weight, d_k

    def pair_count(self, batch: RaggedBatch) -> Tensor:
        """(P,) repeats of each pair's behavior."""
        out = batch.count.new_empty(batch.pair_total)
        self._call("pair_count", batch.count, out, *_blocks(batch))
        return out

    def pair_sum(self, weight: Tensor, batch: RaggedBatch) -> Tensor:
        """weight (P,) → (M,): Σ_t count[t] · weight[t, c]."""
        out = weight.new_zeros(len(batch.candidate))
        self._call("pair_sum", weight, batch.count, out, *_blocks(batch))
        return out

    def pair_sum_backward(self, grad: Tensor, batch: RaggedBatch) -> Tensor:
        """grad (M,) → gradient of weight (P,)."""
        d_weight = grad.new_empty(batch.pair_total)
        self._call("pair_sum_backward", grad, batch.count, d_weight, *_blocks(batch))
        return d_weight

    def pair_softmax(self, weight: Tensor, batch: RaggedBatch) -> Tensor:
        """weight (P,) → (P,): exp(w) / Σ_t count[t]·exp(w[t])."""
        share = torch.empty_like(weight)
        self._call("pair_softmax", weight, batch.count, share, *_blocks(batch))
        return share

    def pair_softmax_backward(self, share: Tensor, grad: Tensor, batch: RaggedBatch) -> Tensor:
        """share, as `pair_softmax` gave it, and grad (P,) → gradient of weight (P,)."""
        d_weight = torch.empty_like(share)
        self._call("pair_softmax_backward", share, batch.count, grad, d_weight, *_blocks(batch))
        return d_weight

    def unit_first(
        self, q: Tensor, k: Tensor, from_q: Tensor, from_k: Tensor, product: Tensor, batch: RaggedBatch
    ) -> Tensor:
        """q (M, D), k (N, D), from_q (M, H), from_k (N, H), product (D, H) → (P, H): the first layer. In this and the
        other functions of unit.c, H and H₂ are multiples of 16; a Dice is its (4, ·) rows α, 1 − α, mean, rate."""
        (p, d), h = (batch.pair_total, q.shape[1]), product.shape[1]
        s = q.new_empty(p, h)
        self._call("unit_first", q, k, from_q, from_k, product, s, p, d, _wide(d), h, *_blocks(batch))
        return s

    def unit_second(self, s: Tensor, dice: Tensor, second: Tensor, bias: Tensor) -> Tensor:
        """s (P, H), dice (4, H), second (H, H₂), bias (H₂,) → (P, H₂)."""
        again = s.new_empty(len(s), len(bias))
        self._call("unit_second", s, dice, second, bias, again, *s.shape, len(bias))
        return again

    def unit_last(self, again: Tensor, dice: Tensor, last: Tensor, bias: float) -> Tensor:
        """again (P, H₂), dice (4, H₂), last (H₂,) → (P,)."""
        weight = again.new_empty(len(again))
        self._call("unit_last", again, dice, last, bias, weight, *again.shape)
        return weight

    def unit_last_sums(self, again: Tensor, dice: Tensor, last: Tensor, grad: Tensor) -> Tensor:
        """again (P, H₂), dice (4, H₂), last (H₂,), grad (P,) → (4, H₂): two sums for the gradient of `again`, then the
        gradients of α and of last."""
        h = again.shape[1]
        parts, sums = torch.empty(CHUNKS * 4 * h, dtype=torch.float64), again.new_empty(4, h)
        self._call("unit_last_sums", again, dice, last, grad, *again.shape, parts, sums)
        return sums

    def unit_second_backward(
        self,
        s: Tensor,
        dice: Tensor,
        again: Tensor,
        again_dice: Tensor,
        last: Tensor,
        grad: Tensor,
        last_sums: Tensor,
        count: Tensor,
        total: Tensor,
        second: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """last_sums as `unit_last_sums` gives them, count (P,), total (), second (H₂, H) → gradient (P, H) of what the
        second layer read; (3, H): two sums for the gradient of s, then α's; (H + 1, H₂): the layer's and its bias's."""
        (p, h), h2 = s.shape, len(last)
        read = (s, dice, again, again_dice, last, grad, last_sums, count, total, second)
        parts, room = torch.empty(CHUNKS * 3 * h, dtype=torch.float64), s.new_empty(CHUNKS, h + 1, h2)
        d_y, sums, d_second = torch.empty_like(s), s.new_empty(3, h), s.new_empty(h + 1, h2)
        self._call("unit_second_backward", *read, p, h, h2, parts, room, d_y, sums, d_second)
        return d_y, sums, d_second

    def unit_first_backward(
        self,
        q: Tensor,
        k: Tensor,
        s: Tensor,
        dice: Tensor,
        d_y: Tensor,
        sums: Tensor,
        count: Tensor,
        total: Tensor,
        product: Tensor,
        batch: RaggedBatch,
    ) -> tuple[Tensor, ...]:
        """d_y and sums as `unit_second_backward` gives them, product (H, D and more) → gradients of q, k, from_q and
        from_k, and (D and more, H) of the product's weights."""
        (p, h), d, wide = s.shape, q.shape[1], product.shape[1]
        d_q, d_k = torch.zeros_like(q), torch.zeros_like(k)
        of_q, of_k, d_product = q.new_zeros(len(q), h), k.new_zeros(len(k), h), q.new_empty(wide, h)
        writes = (d_q, d_k, of_q, of_k, q.new_empty(CHUNKS, wide, h), d_product)
        read = (q, k, s, dice, d_y, sums, count, total, product)
        self._call("unit_first_backward", *read, *writes, p, d, wide, h, *_blocks(batch))
        return d_q, d_k, of_q, of_k, d_product

    def evolve(
        self,
        kind: int,
        projected: Tensor,
        bias: Tensor,
        hidden: Tensor,
        attention: Tensor,
        behavior: Tensor,
        pair: Tensor,
        state: Tensor,
        before: Tensor,
        gates: Tensor,
    ) -> None:
        """A step of the n candidates that take part; state (M, D), before (P, D) and gates (P, 4D) are written to."""
        reads = (kind, projected, bias, hidden, attention, behavior, pair)
        self._call("evolve", *reads, state, before, gates, len(pair), state.shape[1])

    def evolve_backward(
        self,
        kind: int,
        attention: Tensor,
        pair: Tensor,
        before: Tensor,
        gates: Tensor,
        d_state: Tensor,
        d_hidden: Tensor,
        d_attention: Tensor,
    ) -> None:
        """The same step backwards; gates (P, 4D), d_state (M, D), d_hidden (P, 3D), d_attention (P,) are written to."""
        writes = (gates, d_state, d_hidden, d_attention)
        self._call("evolve_backward", kind, attention, pair, before, *writes, len(pair), d_state.shape[1])

    def evolve_inputs(
        self, kind: int, projected: Tensor, attention: Tensor, gates: Tensor, d_attention: Tensor, batch: RaggedBatch
    ) -> Tensor:
        """After all steps: gradient of projected (N, 3D); d_attention (P,) is written to."""
        d_projected, d = torch.zeros_like(projected), projected.shape[1] // 3
        self._call("evolve_inputs", kind, projected, attention, gates, d_projected, d_attention, d, *_blocks(batch))
        return d_projected

    def _call(self, name: str, *args: Tensor | int | float) -> None:
        getattr(self._library, name)(*map(_argument, args))


def _argument(value: Tensor | int | float) -> ctypes.c_void_p | ctypes.c_long | ctypes.c_float:
    if isinstance(value, int):
        return ctypes.c_long(value)
    if isinstance(value, float):
        return ctypes.c_float(value)
    assert value.is_contiguous(), value.stride()
    return ctypes.c_void_p(value.data_ptr())


def _addresses(tables: Sequence[Tensor]) -> Tensor:
    assert all(table.is_contiguous() for table in tables)
    return torch.tensor([table.data_ptr() for table in tables])


def _wide(width: int) -> int:
    return -(-width // LANES) * LANES


def _blocks(batch: RaggedBatch) -> tuple[Tensor, Tensor, Tensor, int]:
    behaviors, candidates, pairs = batch.blocks
    return behaviors, candidates, pairs, batch.groups


class _Process:
    tried = False
    compiled: Kernels | None = None
    in_use: Kernels | None = None


def use(wanted: bool = True) -> bool:
    """Whether tensors go through the kernels from now on, in every thread: where wanted, and where they compile."""
    if wanted and not _Process.tried:
        _Process.tried = True
        try:
            _Process.compiled = _compiled()
        except (OSError, subprocess.SubprocessError):
            _Process.compiled = None
    _Process.in_use = _Process.compiled if wanted else None
    return _Process.in_use is not None


@contextmanager
def used(wanted: bool) -> Iterator[None]:
    """`use` inside of the block, and what was before after it."""
    before = _Process.in_use is not None
    use(wanted)
    try:
        yield
    finally:
        use(before)


def kernels_for(*tensors: Tensor) -> Kernels | None:
    """The kernels, where they are in use and can read these tensors."""
    if _Process.in_use is None:
        return None
    readable = all(x.device.type == "cpu" and x.dtype == torch.float32 for x in tensors)
    return _Process.in_use if readable else None


def _compiled() -> Kernels | None:
    """With threads, or without where compiler or process has no OpenMP; None where they compute something else."""
    try:
        library = compile_library(SOURCES, parallel=True)
    except (OSError, subprocess.SubprocessError):
        library = compile_library(SOURCES)
    return Kernels(library) if library and _agree(Kernels(library)) else None


def _agree(kernels: Kernels) -> bool:
    s, zero, one = torch.linspace(-30, 30, 123).reshape(41, 3), torch.zeros(3), torch.ones(3)
    variance, mean = torch.var_mean(s, 0, correction=0)
    found = (*kernels.moments(s, torch.ones(41))[:2], kernels.dice(s, zero, zero, one), kernels.asinh(s, 4.0))
    expected = (mean, variance, s * s.sigmoid(), (4 * s).asinh())
    return all(torch.allclose(f, e, rtol=1e-5, atol=1e-5) for f, e in zip(found, expected, strict=True))
