"""The state of an unfinished run on disk: written whole or not at all, never pickled."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from din_core.domain import CheckpointError
from din_core.model.config import ModelConfig
from trainer.training.fitting.options import FitOptions

STATE = "state.safetensors"


@dataclass(frozen=True)
class RunState:
    """Tensors and numbers that the next step depends on."""

    tensors: dict[str, Tensor]
    numbers: dict[str, Any]


def save_state(folder: Path, identity: Mapping[str, Any], state: RunState) -> None:
    """Replace the saved state in one step."""
    folder.mkdir(parents=True, exist_ok=True)
    new = folder / f"{STATE}.new"
    tensors = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in state.tensors.items()}
    try:
        save_file(tensors, new, {"identity": json.dumps(identity), "numbers": json.dumps(state.numbers)})
        os.replace(new, folder / STATE)
    except (OSError, SafetensorError) as error:
        new.unlink(missing_ok=True)
        raise CheckpointError(
            f"{new} cannot be written ({error}); make room and repeat the command, which goes on from the last saved "
            "state"
        ) from error


def load_state(folder: Path, identity: Mapping[str, Any]) -> RunState | None:
    """The saved state, None when there is none; CheckpointError when it belongs to another run."""
    path = folder / STATE
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise CheckpointError(f"{path} is damaged ({error}); pass --restart to begin anew") from error
    check_identity(folder, json.loads(metadata["identity"]), identity)
    return RunState(tensors, json.loads(metadata["numbers"]))


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
