"""State dicts of other libraries: read without unpickling anything but tensors."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from din_core.domain import DinLensError

SAVE = "torch.save(model.state_dict(), FILE)"


def read_state(path: Path) -> dict[str, Tensor]:
    """The tensors of a file of `torch.save(model.state_dict(), …)` or safetensors, by name; DinLensError for no such.

    `torch.load(weights_only=True)` alone reads it, so that no code in a file is run.
    """
    if not path.is_file():
        raise DinLensError(f"{path} is no file; name the library's saved weights with --weights")
    try:
        held = load_file(path) if path.suffix == ".safetensors" else _load(path)
    except SafetensorError as error:
        raise DinLensError(f"{path} is not readable as safetensors ({error}); save the weights again") from error
    if isinstance(held, Mapping) and isinstance(held.get("state_dict"), Mapping):
        held = held["state_dict"]
    if not isinstance(held, Mapping) or not held or not all(isinstance(own, Tensor) for own in held.values()):
        raise DinLensError(f"{path} holds {_what(held)}, but must hold a state dict alone; save it with {SAVE}")
    state = {str(name): tensor.detach() for name, tensor in held.items()}
    broken = [name for name, own in state.items() if own.is_floating_point() and not own.isfinite().all()]
    if broken:
        raise DinLensError(f"{path} holds numbers in {broken[0]} that are not finite; save a model that trained well")
    return state


def _load(path: Path) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of other pickle protocols: what the reader cannot read it refuses
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a damaged or foreign file makes of the reader
        raise DinLensError(
            f"{path} holds more than weights, or is damaged, and is not read, as unpickling it could run any code; "
            f"load it in the library's own environment and save its state dict alone, as by {SAVE}"
        ) from error


def _what(held: object) -> str:
    if isinstance(held, Mapping):
        strange = next((str(name) for name, own in held.items() if not isinstance(own, Tensor)), None)
        return "nothing" if strange is None else f"{strange}, which is no tensor"
    return f"an object of the type {type(held).__name__}"


def tensor_of(state: Mapping[str, Tensor], name: str, library: str) -> Tensor:
    """One tensor; DinLensError where the state dict, of whatever model it is, lacks it."""
    if name not in state:
        raise DinLensError(
            f"the weights hold no {name}, which {library}'s DIN has; they are of another model or release, and only "
            "those that README names are read"
        )
    return state[name]
