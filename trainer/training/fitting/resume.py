"""The state of an unfinished run on disk: written whole or not at all, never pickled."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from din_core.domain import CheckpointError
from din_core.model.config import ModelConfig
from trainer.training.fitting.options import FitOptions

STATE = "state.safetensors"
NAMES = {torch.float32: "F32", torch.float64: "F64", torch.int64: "I64", torch.uint8: "U8"}
"""Of the types of numbers that a state holds, in the format's header."""
Layout = Mapping[str, tuple[torch.dtype, tuple[int, ...]]]
"""Type and shape of each tensor."""


@dataclass(frozen=True)
class StoredShards:
    """Which tensors of a state are those rows of a table that one of several processes holds."""

    rows: Mapping[str, int]
    """The whole table's, by the tensor's name or by what stands before its last dot."""

    def rows_of(self, name: str, dims: int) -> int | None:
        """Rows of the whole, of a tensor of so many dimensions; None where each process holds all of it."""
        return self.rows.get(name, self.rows.get(name.rpartition(".")[0])) if dims else None


WHOLE = StoredShards({})


@dataclass(frozen=True)
class RunState:
    """Tensors and numbers that the next step depends on."""

    tensors: dict[str, Tensor]
    numbers: dict[str, Any]
    shards: StoredShards = WHOLE


def save_state(folder: Path, identity: Mapping[str, Any], state: RunState) -> None:
    """Replace the saved state in one step."""
    tensors = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in state.tensors.items()}
    with _replacing(folder) as new:
        save_file(tensors, new, {"identity": json.dumps(identity), "numbers": json.dumps(state.numbers)})


def write_state(
    folder: Path,
    identity: Mapping[str, Any],
    numbers: Mapping[str, Any],
    layout: Layout,
    blocks: Callable[[str], Iterable[Tensor]],
) -> None:
    """As `save_state`, of tensors whose consecutive `blocks` are written one at a time."""
    names = in_file(layout)
    sizes = [math.prod(layout[name][1]) * layout[name][0].itemsize for name in names]
    ends = list(accumulate(sizes, initial=0))
    header: dict[str, Any] = {"__metadata__": {"identity": json.dumps(identity), "numbers": json.dumps(numbers)}}
    for name, *span in zip(names, ends, ends[1:], strict=False):
        dtype, shape = layout[name]
        header[name] = {"dtype": NAMES[dtype], "shape": shape, "data_offsets": span}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with _replacing(folder) as new, new.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name in names:
            for block in blocks(name):
                file.write(block.contiguous().numpy().data)


def in_file(layout: Layout) -> list[str]:
    """The order of tensors in a file: by the size of their numbers, so that each lies at a multiple of it."""
    return sorted(layout, key=lambda name: (-layout[name][0].itemsize, name))


@contextmanager
def _replacing(folder: Path) -> Iterator[Path]:
    """A new file to write, which then takes the place of the folder's state."""
    folder.mkdir(parents=True, exist_ok=True)
    new = folder / f"{STATE}.new"
    try:
        yield new
        os.replace(new, folder / STATE)
    except (OSError, SafetensorError) as error:
        new.unlink(missing_ok=True)
        raise CheckpointError(
            f"{new} cannot be written ({error}); make room and repeat the command, which goes on from the last saved "
            "state"
        ) from error


def load_state(folder: Path, identity: Mapping[str, Any]) -> RunState | None:
    """The saved state, None when there is none; CheckpointError when it belongs to another run."""
    if not (folder / STATE).is_file():
        return None
    with open_state(folder) as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return RunState(tensors, _numbers(folder, file, identity))


def read_layout(folder: Path, identity: Mapping[str, Any]) -> tuple[dict[str, Any], Layout] | None:
    """The numbers of the saved state, and what tensors it holds; None and CheckpointError as `load_state`."""
    if not (folder / STATE).is_file():
        return None
    types = {name: dtype for dtype, name in NAMES.items()}
    with open_state(folder) as file:
        found = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
        layout = {name: (types[own.get_dtype()], tuple(own.get_shape())) for name, own in found.items()}
        return _numbers(folder, file, identity), layout


@contextmanager
def open_state(folder: Path) -> Iterator[Any]:
    """The file of the saved state; CheckpointError where it is damaged."""
    path = folder / STATE
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except SafetensorError as error:
        raise CheckpointError(f"{path} is damaged ({error}); pass --restart to begin anew") from error


def _numbers(folder: Path, file: Any, identity: Mapping[str, Any]) -> dict[str, Any]:
    metadata = file.metadata()
    check_identity(folder, json.loads(metadata["identity"]), identity)
    numbers: dict[str, Any] = json.loads(metadata["numbers"])
    return numbers


def check_identity(folder: Path, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """CheckpointError when what lies in a folder was made by another run."""
    found, wanted = _with_defaults(found), _with_defaults(wanted)
    if found != wanted:
        raise CheckpointError(
            f"{folder} holds an unfinished run with {_difference(found, wanted)}; "
            "repeat its options to go on with it, or pass --restart to begin anew"
        )


def _with_defaults(identity: Mapping[str, Any]) -> dict[str, Any]:
    """An identity as JSON reads it, with the defaults of options that came after the release that wrote it."""
    full = dict(identity)
    if "config" in full:
        full["config"] = ModelConfig.from_dict(full["config"]).to_dict()
    if "options" in full:
        full["options"] = {**asdict(FitOptions()), **full["options"]}
    return dict(json.loads(json.dumps(full)))


def _difference(found: Any, wanted: Any, name: str = "run") -> str:
    """The first setting in which two identities differ, in words."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        for key in sorted(found.keys() | wanted.keys()):
            if found.get(key) != wanted.get(key):
                return _difference(found.get(key), wanted.get(key), key)
    return f"{name} = {found}, not {wanted}"
