"""The compiled functions of training, called on tensors; compiled once a process, where there is a C compiler.

They stand in for PyTorch's operations where a tensor is on a CPU and in single precision, from `use` on. Nothing
uses them unasked: training does.

Dimensions as in `ragged.py`: G histories, N behaviors, M candidates, P pairs, D embedding width, H hidden width;
n rows of k channels.
"""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from din_core.model.native.compiler import compile_library
from din_core.model.native.hidden import Mlp, Pass, Standard, wide
from din_core.model.ragged import RaggedBatch

if TYPE_CHECKING:
    from din_core.model.native.adam import AdamSlots
    from din_core.model.native.tower import TowerSettings
    from din_core.model.native.unit import UnitSettings

PARTS = ("moments", "dice", "features", "embeddings", "pairs", "softmax", "evolution", "layers", "unit", "tower")
OF_TRAINING = ("slices", "loss", "adam")
SOURCES = tuple(Path(__file__).with_name(f"{part}.c") for part in (*PARTS, *OF_TRAINING))
CHUNKS = 16
"""As in blocks.h."""
Addresses = ctypes.Array[Any]
Argument = Tensor | float | None | Addresses


class Kernels:
    """One method a function of the C sources; all tensors are contiguous, on the CPU, and float32 but for offsets and
    rows.

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

    def moments_move(
        self, mean: Tensor, variance: Tensor, momentum: float, batches: Tensor, to_mean: Tensor, to_variance: Tensor
    ) -> None:
        """In place: batches () + 1, and the running values (k,) towards those of the batch (k,)."""
        self._call("moments_move", mean, variance, momentum, len(mean), batches, to_mean, to_variance)

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

    def features(self, others: Tensor, q: Tensor, v: Tensor, intensity: Tensor, widths: Tensor, knee: float) -> Tensor:
        """others (M, O), q (M, D), v (M, D or 2D), intensity (M, I), widths (F,) int64 adding up to v's → (M, O + D +
        2 · v's + F + I); see features.c."""
        sizes = others.shape[1], q.shape[1], v.shape[1], len(widths), intensity.shape[1]
        x = q.new_empty(len(q), sizes[0] + sizes[1] + 2 * sizes[2] + sizes[3] + sizes[4])
        self._call("features", others, q, v, intensity, widths, knee, len(q), *sizes, x)
        return x

    def features_backward(
        self, others: Tensor, q: Tensor, v: Tensor, intensity: Tensor, widths: Tensor, knee: float, grad: Tensor
    ) -> tuple[Tensor, ...]:
        """What `features` read, and the gradient of what it gave → gradients of others, q, v and intensity."""
        sizes = others.shape[1], q.shape[1], v.shape[1], len(widths), intensity.shape[1]
        found = tuple(torch.empty_like(x) for x in (others, q, v, intensity))
        self._call("features_backward", q, v, intensity, widths, knee, grad, len(q), *sizes, *found)
        return found

    def gather(self, rows: Tensor, tables: Sequence[Tensor]) -> Tensor:
        """rows (n, F) int64, F tables → (n, Σ widths)."""
        widths = _widths(tables)
        out = tables[0].new_empty(len(rows), sum(widths))
        self._call("gather", rows, addresses(*tables), widths, *rows.shape, out)
        return out

    def scatter(self, read: Sequence[tuple[Tensor, Tensor]], tables: Sequence[Tensor]) -> list[Tensor]:
        """Of each reader rows (n, F) int64 and the gradient (n, Σ widths) of what it read → each table's gradient."""
        found = [torch.empty_like(table) for table in tables]
        readers, n = addresses(*(member for reader in read for member in reader)), _longs(len(rows) for rows, _ in read)
        lengths = _longs(len(table) for table in tables)
        self._call("scatter", readers, n, len(read), addresses(*found), lengths, _widths(tables), len(tables))
        return found

    def slices(self, values: Tensor, starts: NDArray[np.int64], offsets: NDArray[np.int64]) -> Tensor:
        """Slices of values (., …) end to end: slice i begins at starts[i] and lies at offsets[i] to offsets[i + 1]."""
        out = values.new_empty(int(offsets[-1]), *values.shape[1:])
        if out.numel():
            bytes_row = values.element_size() * values[0].numel()
            where = torch.from_numpy(starts), torch.from_numpy(offsets)
            self._call("slices", values, *where, len(starts), bytes_row, out)
        return out

    def rows_of(self, table: Tensor, rows: Tensor) -> Tensor:
        """table (., F) int64, rows (n,) → (n, F)."""
        out = table.new_empty(len(rows), table.shape[1])
        self._call("rows_of", table, rows, *out.shape, out)
        return out

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

    def pair_pool(self, weight: Tensor, k: Tensor, batch: RaggedBatch) -> tuple[Tensor, Tensor]:
        """weight (P,), k (N, D) → (M, D): Σ_t count[t] · weight[t, c] · k[t], and (M,): Σ_t count[t] · weight[t, c]."""
        m, d = len(batch.candidate), k.shape[1]
        v, total = k.new_empty(m, d), k.new_empty(m)
        self._call("pair_pool", weight, batch.count, k, v, total, d, *_blocks(batch))
        return v, total

    def pair_pool_backward(
        self, weight: Tensor, k: Tensor, d_v: Tensor, d_total: Tensor, batch: RaggedBatch
    ) -> tuple[Tensor, Tensor]:
        """weight (P,), k (N, D), d_v (M, D), d_total (M,) → gradients of weight and k."""
        d_weight, d_k = torch.empty_like(weight), torch.empty_like(k)
        reads = (weight, batch.count, k, d_v, d_total)
        self._call("pair_pool_backward", *reads, d_weight, d_k, k.shape[1], *_blocks(batch))
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

    def unit_forward(
        self, q: Tensor, k: Tensor, mlp: Mlp, room: Pass, settings: UnitSettings, batch: RaggedBatch
    ) -> tuple[Tensor, Tensor]:
        """q (M, D), k (N, D), mlp on 4D or 3D numbers; fills `room` and moves running values → weights (P,) and (3, H,
        D) for the way back, of the kernels' widths."""
        d, (h, h2) = q.shape[1], mlp.channels
        weight, parts = q.new_empty(batch.pair_total), q.new_empty(3, wide(h), wide(d))
        own = addresses(*mlp[2:], *settings.first, *settings.second)
        n = batch.pair_total
        reads = (q, k, batch.count, mlp.first, mlp.first_bias, int(settings.paper), own, _pass(room, n, mlp), parts)
        sizes = (len(q), len(k), n, d, h, h2)
        self._call("unit_forward", *reads, settings.momentum, settings.epsilon, *sizes, weight, *_blocks(batch))
        return weight, parts

    def unit_backward(
        self,
        q: Tensor,
        k: Tensor,
        mlp: Mlp,
        read: Pass,
        parts: Tensor,
        grad: Tensor,
        paper: bool,
        batch: RaggedBatch,
        onto: tuple[Tensor, Tensor] | tuple[None, None] = (None, None),
    ) -> tuple[Tensor, Tensor, Mlp]:
        """What `unit_forward` read and left, grad (P,) → gradients of q, k and mlp; the first two with what they have
        from elsewhere, `onto`."""
        d, (h, h2), found = q.shape[1], mlp.channels, mlp.room()
        d_q, d_k = q.new_empty(len(q), wide(d)), k.new_empty(len(k), wide(d))
        sizes, own = (len(q), len(k), len(grad), d, h, h2), _pass(read, len(grad), mlp)
        writes = (d_q, d_k, found.first, found.first_bias, addresses(*found[2:]))
        self._call("unit_backward", q, k, int(paper), own, parts, grad, *sizes, *onto, *writes, *_blocks(batch))
        return d_q[:, :d], d_k[:, :d], found

    def tower_forward(self, x: Tensor, mlp: Mlp, room: Pass, settings: TowerSettings) -> tuple[Tensor, Standard]:
        """x (M, W); fills `room` and moves running values → logits (M,), and what of the input the way back reads."""
        (n, w), (h, h2) = x.shape, mlp.channels
        logit, left = x.new_empty(n), Standard(x.new_empty(n, wide(w)), x.new_empty(w), x.new_empty(wide(h), wide(w)))
        own = addresses(*mlp[2:], *settings.first, *settings.second)
        reads = (x, mlp.first, mlp.first_bias, addresses(*settings.input), own, _pass(room, n, mlp), *left)
        constants = (settings.momentum, settings.epsilon, settings.input_epsilon, settings.still)
        self._call("tower_forward", *reads, *constants, n, w, h, h2, logit)
        return logit, left

    def tower_backward(self, standard: Standard, mlp: Mlp, read: Pass, grad: Tensor) -> tuple[Tensor, Mlp]:
        """What `tower_forward` left, grad (M,) → gradients of x (M, W) and mlp."""
        (n, w), (h, h2), found = (len(grad), len(standard.scale)), mlp.channels, mlp.room()
        d_x = grad.new_empty(n, w)
        writes = (d_x, found.first, found.first_bias, addresses(*found[2:]))
        self._call("tower_backward", _pass(read, n, mlp), *standard, grad, n, w, h, h2, *writes)
        return d_x, found

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

    def log_loss(self, logit: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        """logit and label (M,) → () the mean log loss, and its gradient (M,)."""
        loss, d_logit = logit.new_empty(()), torch.empty_like(logit)
        self._call("log_loss", logit, label, len(logit), loss, d_logit)
        return loss, d_logit

    def adam(
        self,
        slots: AdamSlots,
        grads: Sequence[Tensor],
        learning_rate: float,
        betas: tuple[float, float],
        epsilon: float,
        decay: float,
    ) -> None:
        """A step of several tensors, whose moments and own steps move too."""
        n = len(slots.lengths)
        self._call("adam", addresses(*grads), *slots, n, float(learning_rate), *betas, epsilon, float(decay))

    def _call(self, name: str, *args: Argument) -> None:
        function = getattr(self._library, name)
        if function.argtypes is None:
            function.argtypes = [_kind(value) for value in args]
        function(*map(_argument, args))


def _kind(value: Argument) -> type[ctypes.c_void_p | ctypes.c_long | ctypes.c_float]:
    if value is None or isinstance(value, Tensor | ctypes.Array):
        return ctypes.c_void_p
    return ctypes.c_long if isinstance(value, int) else ctypes.c_float


def _argument(value: Argument) -> float | ctypes.Array[Any] | None:
    return _address(value) if isinstance(value, Tensor) else value


def _address(tensor: Tensor) -> int:
    assert tensor.is_contiguous(), tensor.stride()
    return tensor.data_ptr()


def addresses(*members: Tensor | None) -> Addresses:
    """A C struct of pointers."""
    found: list[Any] = [None if one is None else _address(one) for one in members]
    return (ctypes.c_void_p * len(found))(*found)


def _pass(room: Pass, n: int, mlp: Mlp) -> ctypes.Array[Any]:
    """The C struct of a pass of n rows."""
    start, bytes_each = _address(room.numbers), room.numbers.element_size()
    parts: list[Any] = [start + bytes_each * at for at in accumulate(Pass.sizes(n, mlp)[:-1], initial=0)]
    parts += [None if one is None else _address(one) for one in (room.keep, room.second_keep)]
    return (ctypes.c_void_p * len(parts))(*parts)


def _longs(numbers: Iterable[int]) -> ctypes.Array[ctypes.c_long]:
    found = tuple(numbers)
    return (ctypes.c_long * len(found))(*found)


def _widths(tables: Sequence[Tensor]) -> ctypes.Array[ctypes.c_long]:
    return _longs(table.shape[1] for table in tables)


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
    bent = kernels.features(s[:, :0], s, s, s, torch.tensor([3]), 4.0)[:, 3:6]
    found = (*kernels.moments(s, torch.ones(41))[:2], kernels.dice(s, zero, zero, one), bent)
    expected = (mean, variance, s * s.sigmoid(), (4 * s).asinh())
    return all(torch.allclose(f, e, rtol=1e-5, atol=1e-5) for f, e in zip(found, expected, strict=True))
