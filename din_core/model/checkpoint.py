"""A checkpoint: a folder in the model hub's layout, enough to rebuild a network and to score.

`model.safetensors` holds the weights, `config.json` the architecture, `vocabulary.json` the known field
values, `metrics.json` what was measured, `README.md` the model card. Nothing in it is ever unpickled.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from din_core.domain import CheckpointError, ModelFailure
from din_core.domain.translatable import Translatable
from din_core.model.checkpoint_checks import check_finite, check_stored_weights
from din_core.model.config import ModelConfig
from din_core.model.external.building import build_network, unset_network
from din_core.model.external.network import ExternalNetwork
from din_core.model.external.probe import probe
from din_core.model.external.traits import ModuleTraits
from din_core.model.network import InterestNetwork
from din_core.model.stored.files import (
    CARD,
    CONFIG,
    FAITHFULNESS,
    METRICS,
    TRAITS,
    VOCABULARY,
    WEIGHTS,
    fingerprint,
    read_files,
)
from din_core.model.vocabulary import Vocabulary

__all__ = [
    "CARD",
    "CONFIG",
    "FAITHFULNESS",
    "METRICS",
    "TRAITS",
    "VOCABULARY",
    "WEIGHTS",
    "Checkpoint",
    "check_replaceable",
    "fingerprint",
    "load_checkpoint",
    "rewrite_checkpoint",
    "save_checkpoint",
]


@dataclass(frozen=True)
class Checkpoint:
    """A trained network with all that is needed to use it and to judge it."""

    folder: Path
    fingerprint: str
    """First digits of the SHA-256 of weights, config and vocabulary: names the checkpoint in links."""
    config: ModelConfig
    vocabulary: Vocabulary
    model: InterestNetwork
    """In evaluation mode, on the CPU."""
    metrics: Mapping[str, Any]
    card: str


def save_checkpoint(
    folder: Path,
    model: InterestNetwork,
    vocabulary: Vocabulary,
    metrics: Mapping[str, Any],
    card: str,
    *,
    half_tables: bool = False,
) -> None:
    """Write a checkpoint; an older one in the same place is replaced whole or not at all.

    `half_tables` rounds the item embeddings to half precision: nearly all of a checkpoint's bytes, and 11 bits are
    plenty for them. All else stays as it is, and everything is computed in single precision after loading.
    """
    with _replacing(folder) as written:
        weights = _apart(model, {name: tensor.detach().cpu() for name, tensor in model.state_dict().items()})
        if half_tables:
            weights |= {name: tensor.half() for name, tensor in weights.items() if name.startswith("item.")}
        save_file(weights, written / WEIGHTS)
        _write_json(written / CONFIG, model.config.to_dict())
        _write_json(written / VOCABULARY, vocabulary.to_dict(), indent=None)
        _write_json(written / METRICS, metrics)
        (written / CARD).write_text(card, encoding="utf-8")


def rewrite_checkpoint(checkpoint: Checkpoint, metrics: Mapping[str, Any], card: str) -> None:
    """Write a loaded checkpoint, whose weights may have been changed, in its own place with these metrics and card.

    It is replaced whole or not at all. Weights keep the precision that they are stored in, config and vocabulary
    their bytes. Where weights were changed the fingerprint is another, and what `faithfulness` measured, of the network
    before, is left out.
    """
    folder = checkpoint.folder.resolve()  # a link goes on leading to it
    stored = load_file(folder / WEIGHTS)
    state = checkpoint.model.state_dict()
    weights = {name: state[name].detach().cpu().to(old.dtype).contiguous() for name, old in stored.items()}
    changed = any(not torch.equal(weights[name], old) for name, old in stored.items())
    kept = {CONFIG, VOCABULARY, *([] if changed else [WEIGHTS, FAITHFULNESS])}
    with _replacing(folder) as written:
        for name in kept & {path.name for path in folder.iterdir()}:
            shutil.copyfile(folder / name, written / name)
        if changed:
            save_file(_apart(checkpoint.model, weights), written / WEIGHTS)
        _write_json(written / METRICS, metrics)
        (written / CARD).write_text(card, encoding="utf-8")


def _apart(model: InterestNetwork, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """As they are stored: each in memory of its own, which an owner's module may let several share."""
    own = {name: tensor.contiguous() for name, tensor in weights.items()}
    return {name: tensor.clone() for name, tensor in own.items()} if model.config.external else own


@contextmanager
def _replacing(folder: Path) -> Iterator[Path]:
    """A new folder to write into, which then takes the place of `folder`, whole or not at all."""
    check_replaceable(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    written = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        yield written
        for path in written.iterdir():
            path.chmod(0o644)  # mkdtemp and safetensors make what only the owner may read
        written.chmod(0o755)
        _put_in_place(written, folder)
    except BaseException as error:
        shutil.rmtree(written, ignore_errors=True)
        if isinstance(error, SafetensorError):
            raise CheckpointError(
                "{folder} cannot be written ({error}), and is as it was; make room, or name another folder",
                folder=str(folder),
                error=str(error),
            ) from error
        raise


def _put_in_place(written: Path, folder: Path) -> None:
    if not folder.exists():
        os.replace(written, folder)
        return
    replaced = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    os.replace(folder, replaced / "old")
    try:
        os.replace(written, folder)
    except OSError:
        os.replace(replaced / "old", folder)
        raise
    finally:
        shutil.rmtree(replaced)


def check_replaceable(folder: Path) -> None:
    """CheckpointError when `folder` holds anything that saving a checkpoint there would destroy."""
    if not folder.exists():
        return
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else {folder.name}
    strange = sorted(names - {WEIGHTS, CONFIG, VOCABULARY, METRICS, CARD, FAITHFULNESS})
    if strange or not folder.is_dir():
        raise CheckpointError(
            "{folder} holds {strange}, which is no part of a checkpoint; name a new folder, or one that "
            "holds a checkpoint only",
            folder=str(folder),
            strange=strange[0] if strange else Translatable("no folder"),
        )


def load_checkpoint(folder: Path) -> Checkpoint:
    """Read a checkpoint; CheckpointError names the folder, and the file that is missing, damaged or fits no other."""
    read = read_files(folder)
    model = _read_weights(folder / WEIGHTS, read.config).eval().requires_grad_(False)
    if isinstance(model, ExternalNetwork):
        model.traits = _traits(folder, model, read.metrics)
    return Checkpoint(folder, fingerprint(folder), read.config, read.vocabulary, model, read.metrics, read.card)


def _read_weights(path: Path, config: ModelConfig) -> InterestNetwork:
    try:
        built = _built(path.parent, config) if config.external else None
        check_stored_weights(path, config, built)
        model = unset_network(config) if built is None else built
        model.load_state_dict(load_file(path))
    except (OSError, RuntimeError, SafetensorError) as error:
        raise CheckpointError(
            "{path} is not readable as weights ({error}); train the checkpoint again",
            path=str(path),
            error=str(error).splitlines()[0],
        ) from error
    check_finite(path, model.state_dict())
    return model


def _built(folder: Path, config: ModelConfig) -> InterestNetwork:
    try:
        return build_network(config)
    except CheckpointError as error:
        raise CheckpointError("{path} cannot be used: {fault}", path=str(folder), fault=error.text) from error


def _traits(folder: Path, model: ExternalNetwork, metrics: Mapping[str, Any]) -> ModuleTraits | None:
    """What is known of a model that is not this project's: of a module as it is tried now, of a served one as it was
    measured, since a server may be away."""
    if model.config.served is not None:
        return ModuleTraits.from_dict(metrics.get(TRAITS))
    try:
        return probe(model)
    except ModelFailure as error:
        raise CheckpointError("{path} cannot be used: {fault}", path=str(folder), fault=error.text) from error


def _write_json(path: Path, value: object, indent: int | None = 1) -> None:
    separators = (",", ":") if indent is None else None
    text = json.dumps(value, indent=indent, separators=separators, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
