"""What a model that is not this project's gave for a batch, held against what it must give: one sentence where not.

Dimensions: B candidates, T behaviors of the longest history.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from din_core.domain import ModelFailure
from din_core.domain.translatable import Translatable
from din_core.model.external.module_batch import ModuleBatch

LOGITS, WEIGHTS = Translatable("logits"), Translatable("weights")
EMBEDDINGS = Translatable("numbers of embeddings")


def checked_output(given: Any, batch: ModuleBatch, name: str) -> tuple[Tensor, Tensor]:
    """(B,) logits and (B, T) weights, 0 behind the end of a history; ModelFailure for anything else."""
    if not isinstance(given, tuple | list) or len(given) != 2 or not all(isinstance(one, Tensor) for one in given):
        raise ModelFailure(
            "{name} gave {found}, but must give two tensors, logits (B,) and weights (B, T); mend its forward",
            name=name,
            found=_kind(given),
        )
    logit, weight = given
    check_shape(tuple(logit.shape), tuple(batch.mask.shape[:1]), LOGITS, name)
    check_shape(tuple(weight.shape), tuple(batch.mask.shape), WEIGHTS, name)
    for what, numbers in ((LOGITS, logit), (WEIGHTS, weight[batch.mask])):
        if numbers.dtype not in FLOATS:
            raise ModelFailure(
                "{name} gave {what} of the type {kind}, but must give floating-point numbers; mend its forward",
                name=name,
                what=what,
                kind=str(numbers.dtype).removeprefix("torch."),
            )
        check_finite_output(numbers, what, name)
    return logit.float(), weight.float().masked_fill(~batch.mask, 0.0)


def checked_embeddings(given: Any, rows: Tensor, name: str) -> Tensor:
    """(n, D) of n items; ModelFailure for anything else."""
    if not isinstance(given, Tensor) or given.ndim != 2 or len(given) != len(rows):
        raise ModelFailure(
            "{name} embeds {n:,} items as {found}, but must give a tensor ({n:,}, D); mend its method embed",
            name=name,
            n=len(rows),
            found=str(tuple(given.shape)) if isinstance(given, Tensor) else type(given).__name__,
        )
    check_finite_output(given, EMBEDDINGS, name)
    return given.float()


FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


def check_shape(found: tuple[int, ...], wanted: tuple[int, ...], what: Translatable, name: str) -> None:
    """ModelFailure where an output has another shape."""
    if found != wanted:
        raise ModelFailure(
            "{name} gave {what} of shape {found}, but must give {wanted}: a logit for each candidate, and a weight for"
            " each of its behaviors up to the longest history's; mend the model",
            name=name,
            what=what,
            found=str(found),
            wanted=str(wanted),
        )


def check_finite_output(numbers: Tensor, what: Translatable, name: str) -> None:
    """ModelFailure where any number is NaN or infinite."""
    wrong = numbers.numel() - int(numbers.isfinite().sum())
    if wrong:
        raise ModelFailure(
            "{name} gave {wrong:,} of {n:,} {what} that are NaN or infinite, as a softmax over no behavior does; mend"
            " the model",
            name=name,
            wrong=wrong,
            n=numbers.numel(),
            what=what,
        )


def _kind(given: Any) -> str:
    if isinstance(given, tuple | list):
        return f"{type(given).__name__} ({', '.join(type(one).__name__ for one in given)})"
    return type(given).__name__
