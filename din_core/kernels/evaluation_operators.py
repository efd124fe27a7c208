"""The operators of evaluation: no gradients, one thread but for `pair_weights`.

Dimensions as in `model/ragged.py`; H and H₂ are hidden widths of the activation unit. The C code reads widths that are
multiples of VECTOR or ROWS: `padded` fills up with zeros.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad

from din_core.kernels.batch import batch_arguments
from din_core.kernels.operators import FLOAT, POINTER, SIZE, address, c_function, operator
from din_core.model.dice import EPSILON, Dice

VECTOR, ROWS = 16, 8
"""WIDTH of product.h, the most LANES of multiply.h on any machine; and its most ROWS."""
CHANNELS = 256
"""The most hidden channels that `history_weights` takes; as in scoring/history.c."""

_asinh = c_function("scoring_asinh", POINTER, FLOAT, SIZE)
_dice = c_function("scoring_dice", POINTER, POINTER, SIZE, SIZE)
_pair_weights = c_function("scoring_pair_weights", *[POINTER] * 15, FLOAT, *[SIZE] * 5, POINTER)
_history_weights = c_function("scoring_history_weights", *[POINTER] * 9, FLOAT, *[SIZE] * 6, POINTER)


class UnitConstants(NamedTuple):
    """What an activation unit does behind its first layer's products, as the C code reads it; float32."""

    first: Tensor
    """(4, H) `dice_numbers`"""
    second: Tensor
    """(H, H₂)"""
    second_bias: Tensor
    """(H₂,)"""
    next: Tensor
    """(4, H₂) `dice_numbers`"""
    last: Tensor
    """(H₂,)"""
    bias: float


def _compute_asinh(y: Tensor, scale: float) -> None:
    _asinh(address(y), scale, y.numel())


def _compute_dice(y: Tensor, numbers: Tensor) -> None:
    _require(numbers.shape == (4, y.shape[1]), "Dice's numbers", numbers)
    _dice(address(y), address(numbers), *y.shape)


def _compute_pair_weights(
    q: Tensor,
    k: Tensor,
    from_q: Tensor,
    from_k: Tensor,
    behavior: Tensor,
    candidate: Tensor,
    offsets: Tensor,
    pairs: int,
    product: Tensor,
    first: Tensor,
    second: Tensor,
    second_bias: Tensor,
    next: Tensor,
    last: Tensor,
    bias: float,
) -> Tensor:
    (d, f), (h, h2) = (q.shape[1], behavior.shape[1]), second.shape
    *spans, histories = batch_arguments(offsets, [k, behavior], [q, candidate])
    _require(not (h % VECTOR or h2 % VECTOR), "channels", second)
    _require(product.shape == (d + f, h), "the product's matrix", product)
    _require(first.shape == (4, h) and next.shape == (4, h2), "Dice's numbers", first)
    _require(from_q.shape == (len(q), h) and from_k.shape == (len(k), h), "sums", from_q)
    _require(len(behavior) == len(k) and candidate.shape == (len(q), f), "rows", candidate)
    weight = q.new_empty(pairs)
    rows = [address(own, torch.int64) for own in (behavior, candidate)]
    constants = [address(x) for x in (product, first, second, second_bias, next, last)]
    places = [address(x) for x in (q, k, from_q, from_k)]
    _pair_weights(*places, *rows, *spans, *constants, bias, histories, d, f, h, h2, address(weight))
    return weight


def _compute_history_weights(
    queries: Tensor,
    matrices: Tensor,
    matches: Tensor,
    of_match: Tensor,
    first: Tensor,
    second: Tensor,
    second_bias: Tensor,
    next: Tensor,
    last: Tensor,
    bias: float,
) -> Tensor:
    (t, d, h), n, h2 = matrices.shape, queries.shape[1], second.shape[1]
    _require(not (n % VECTOR or h % ROWS or h2 % ROWS) and h <= CHANNELS, "candidates and channels", matrices)
    _require(len(queries) == d and second.shape[0] == h, "the first layer", queries)
    _require(matches.shape == (t, len(of_match), n) and of_match.shape[1] == h, "match flags", matches)
    _require(first.shape == (4, h) and next.shape == (4, h2), "Dice's numbers", first)
    weight = queries.new_empty(t, n)
    read = [queries, matrices, matches, of_match, first, second, second_bias, next, last]
    _history_weights(*map(address, read), bias, n, t, d, len(of_match), h, h2, address(weight))
    return weight


def _require(holds: bool, what: str, shown: Tensor) -> None:
    if not holds:
        raise ValueError(f"{what} do not fit: shape {tuple(shown.shape)}")


UNIT = "Tensor first, Tensor second, Tensor second_bias, Tensor next, Tensor last, float bias"

asinh_ = operator(
    "asinh_(Tensor(a!) y, float scale) -> ()",
    _compute_asinh,
    fake=lambda y, scale: None,
)
"""In place: y becomes asinh(scale · y)."""

dice_ = operator(
    "dice_(Tensor(a!) y, Tensor numbers) -> ()",
    _compute_dice,
    fake=lambda y, numbers: None,
)
"""In place: y (n, H) becomes Dice(y); numbers (4, H) as `dice_numbers` gives them."""

pair_weights = operator(
    "pair_weights(Tensor q, Tensor k, Tensor from_q, Tensor from_k, Tensor behavior, Tensor candidate, "
    f"Tensor offsets, SymInt pairs, Tensor product, {UNIT}) -> Tensor",
    _compute_pair_weights,
    fake=lambda q, k, from_q, from_k, behavior, candidate, offsets, pairs, *_: q.new_empty(pairs),
)
"""(P,) activation weights: q (M, D), k (N, D); from_q (M, H) and from_k (N, H), which the product's part is added to;
behavior (N, F) and candidate (M, F) rows whose equal known values are match flags; offsets (3, G + 1);
product (D + F, H); then `UnitConstants`. H and H₂ multiples of VECTOR."""

history_weights = operator(
    f"history_weights(Tensor queries, Tensor matrices, Tensor matches, Tensor of_match, {UNIT}) -> Tensor",
    _compute_history_weights,
    fake=lambda queries, matrices, *_: queries.new_empty(matrices.shape[0], queries.shape[1]),
)
"""(T, n) activation weights: queries (D, n), matrices (T, D, H), matches (T, F, n), of_match (F, H), then
`UnitConstants`. n is a multiple of VECTOR, H and H₂ are of ROWS, and H is at most CHANNELS."""


def dice_numbers(dice: Dice) -> Tensor:
    """(4, H) α, 1 − α, mean and 1/√(variance + ε) of Dice with running statistics."""
    rate = torch.rsqrt(dice.moments.variance + EPSILON)
    return torch.stack([dice.alpha, 1 - dice.alpha, dice.moments.mean, rate])


def padded(x: Tensor, multiple: int) -> Tensor:
    """(..., H) → contiguous, with zeros behind so that H is a multiple."""
    missing = -x.shape[-1] % multiple
    return (pad(x, (0, missing)) if missing else x).contiguous()
