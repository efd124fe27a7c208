"""Whether the weights of a checkpoint are those of its config: every fault is one sentence that names the file and the
fault."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor

from din_core.domain import CheckpointError
from din_core.model.config import ModelConfig
from din_core.model.external.building import unset_network
from din_core.model.network import InterestNetwork

FLOATS = ("F16", "BF16", "F32", "F64")
"""What weights may be stored as, in the words of safetensors."""
MOST_NUMBERS = 2**34
"""Weights of a network that is built at all: 64 GiB."""


def check_stored_weights(path: Path, config: ModelConfig, built: InterestNetwork | None = None) -> None:
    """CheckpointError where the weights in `path` are not those of a model of this config.

    Names, shapes and types are read from the head of the file, and no memory is taken for weights. A model that is not
    this project's is `built` already, as its constructor may read values, and may hold numbers of any type.
    """
    wanted = _shapes(path, config) if built is None else shapes_of(built.state_dict())
    with safe_open(path, framework="pt") as file:
        found = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
        for name in (*wanted, *found):
            if name not in found:
                raise CheckpointError(
                    "{path} holds no {name}, which a model of its config.json has; train the checkpoint again",
                    path=str(path),
                    name=name,
                )
            if name not in wanted:
                raise CheckpointError(
                    "{path} holds {name}, which a model of its config.json does not have; train the checkpoint again",
                    path=str(path),
                    name=name,
                )
            shape, kind = tuple(found[name].get_shape()), found[name].get_dtype()
            _check_stored(path, name, shape, wanted[name], kind if built is None else FLOATS[0])


def _check_stored(path: Path, name: str, shape: tuple[int, ...], wanted: tuple[int, ...], kind: str) -> None:
    if shape != wanted:
        raise CheckpointError(
            "{path} holds {name} as {found}, but its config.json makes it {wanted}; train the checkpoint again",
            path=str(path),
            name=name,
            found=_by(shape),
            wanted=_by(wanted),
        )
    if kind not in FLOATS:
        raise CheckpointError(
            "{path} holds {name} in the type {kind}, but weights are one of {known}; train the checkpoint again",
            path=str(path),
            name=name,
            kind=kind,
            known=", ".join(FLOATS),
        )


def _shapes(path: Path, config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """Of a model of this config, without memory for its weights."""
    try:
        with torch.device("meta"):
            state = unset_network(config).state_dict()
        if sum(tensor.numel() for tensor in state.values()) > MOST_NUMBERS:
            raise OverflowError(f"more than {MOST_NUMBERS:,} weights")
    except (RuntimeError, TypeError, ValueError, ArithmeticError) as error:
        raise CheckpointError(
            "{path} describes no model that can be built ({error}); train the checkpoint again",
            path=str(path.with_name("config.json")),
            error=str(error).splitlines()[0],
        ) from error
    return shapes_of(state)


def shapes_of(state: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    """By name."""
    return {name: tuple(tensor.shape) for name, tensor in state.items()}


def check_finite(path: Path, state: Mapping[str, Tensor]) -> None:
    """CheckpointError where any of the loaded weights is NaN or infinite, or a variance whose root would be NaN."""
    for name, tensor in state.items():
        wrong = tensor.numel() - int(tensor.isfinite().sum())
        if wrong:
            raise CheckpointError(
                "{path} holds {wrong:,} of {n:,} numbers of {name} that are NaN or infinite, so the model gives no"
                " scores; train the checkpoint again, at a lower learning rate",
                path=str(path),
                wrong=wrong,
                n=tensor.numel(),
                name=name,
            )
        if name.endswith("variance") and bool((tensor < 0).any()):
            raise CheckpointError(
                "{path} holds {name} below 0, which no variance is, so the model gives no scores; train the checkpoint"
                " again",
                path=str(path),
                name=name,
            )


def _by(shape: Any) -> str:
    return "×".join(map(str, shape)) or "1"
