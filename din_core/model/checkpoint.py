"""A checkpoint: a folder in the model hub's layout, enough to rebuild a network and to score.

`model.safetensors` holds the weights, `config.json` the architecture, `vocabulary.json` the known field
values, `metrics.json` what was measured, `README.md` the model card. Nothing in it is ever unpickled.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from din_core.domain import CheckpointError
from din_core.domain.translatable import Translatable
from din_core.model.config import ModelConfig
from din_core.model.network import InterestNetwork
from din_core.model.vocabulary import Vocabulary

WEIGHTS, CONFIG, VOCABULARY, METRICS, CARD = (
    "model.safetensors",
    "config.json",
    "vocabulary.json",
    "metrics.json",
    "README.md",
)
FAITHFULNESS = "faithfulness.json"
"""What `python -m trainer faithfulness` may add to the folder."""
FINGERPRINT_DIGITS = 12


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
    check_replaceable(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    written = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        weights = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
        if half_tables:
            weights |= {name: tensor.half() for name, tensor in weights.items() if name.startswith("item.")}
        save_file(weights, written / WEIGHTS)
        _write_json(written / CONFIG, model.config.to_dict())
        _write_json(written / VOCABULARY, vocabulary.to_dict(), indent=None)
        _write_json(written / METRICS, metrics)
        (written / CARD).write_text(card, encoding="utf-8")
        for path in written.iterdir():
            path.chmod(0o644)  # mkdtemp and safetensors make what only the owner may read
        written.chmod(0o755)
        if folder.exists():
            replaced = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
            os.replace(folder, replaced / "old")
            try:
                os.replace(written, folder)
            except OSError:
                os.replace(replaced / "old", folder)
                raise
            finally:
                shutil.rmtree(replaced)
        else:
            os.replace(written, folder)
    except BaseException:
        shutil.rmtree(written, ignore_errors=True)
        raise


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
    """Read a checkpoint; CheckpointError names the folder and the file that is missing or damaged."""
    for name in (WEIGHTS, CONFIG, VOCABULARY):
        if not (folder / name).is_file():
            raise CheckpointError(
                "{folder} holds no {name}, so it is not a checkpoint; write one with `python -m trainer train`",
                folder=str(folder),
                name=name,
            )
    config = ModelConfig.from_dict(_read_json(folder / CONFIG))
    raw_vocabulary = _read_json(folder / VOCABULARY)
    try:
        vocabulary = Vocabulary.from_dict(raw_vocabulary)
        model = InterestNetwork(config)
        model.load_state_dict(load_file(folder / WEIGHTS))
    except (KeyError, TypeError, AttributeError, RuntimeError, SafetensorError) as error:
        reason = str(error).splitlines()[0]
        raise CheckpointError(
            "{folder} does not hold what its config.json says ({reason}); train it again",
            folder=str(folder),
            reason=reason,
        ) from error
    model.eval().requires_grad_(False)
    return Checkpoint(
        folder=folder,
        fingerprint=fingerprint(folder),
        config=config,
        vocabulary=vocabulary,
        model=model,
        metrics=_read_json(folder / METRICS) if (folder / METRICS).is_file() else {},
        card=(folder / CARD).read_text(encoding="utf-8") if (folder / CARD).is_file() else "",
    )


def fingerprint(folder: Path) -> str:
    """The same for two checkpoints exactly when weights, config and vocabulary are the same bytes."""
    digest = hashlib.sha256()
    for name in (WEIGHTS, CONFIG, VOCABULARY):
        digest.update(hashlib.sha256((folder / name).read_bytes()).digest())
    return digest.hexdigest()[:FINGERPRINT_DIGITS]


def _write_json(path: Path, value: object, indent: int | None = 1) -> None:
    separators = (",", ":") if indent is None else None
    text = json.dumps(value, indent=indent, separators=separators, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(
            "{path} is not readable JSON ({error}); train the checkpoint again", path=str(path), error=str(error)
        ) from error
