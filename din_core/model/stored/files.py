"""The files of a checkpoint: their names, and what they say, but for the weights. No torch."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, Protocol

import numpy as np
from safetensors import SafetensorError, safe_open

from din_core.domain import CheckpointError, DinLensError
from din_core.domain.plain_json import plain_json
from din_core.domain.trust import FAITHFULNESS_FILE
from din_core.model.config import ModelConfig
from din_core.model.stored.file_checks import check_fields, check_metrics, check_vocabulary
from din_core.model.vocabulary import Vocabulary

WEIGHTS, CONFIG, VOCABULARY, METRICS, CARD = (
    "model.safetensors",
    "config.json",
    "vocabulary.json",
    "metrics.json",
    "README.md",
)
FAITHFULNESS = FAITHFULNESS_FILE
"""What `python -m trainer faithfulness` may add to the folder."""
TRAITS = "traits"
"""What `metrics.json` holds under this name of a served model: what `check-model` measured of it."""
FINGERPRINT_DIGITS = 12
LOG_HALF_LIFE = "pooling.log_half_life"
"""What the weights hold under this name of pooling by time decay."""


class CheckpointFacts(Protocol):
    """What a checkpoint says of itself, whoever computes its network."""

    @property
    def folder(self) -> Path: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def config(self) -> ModelConfig: ...
    @property
    def vocabulary(self) -> Vocabulary: ...
    @property
    def metrics(self) -> Mapping[str, Any]: ...
    @property
    def card(self) -> str: ...


@dataclass(frozen=True)
class CheckpointFiles:
    """What the files say, but for the weights."""

    config: ModelConfig
    vocabulary: Vocabulary
    metrics: Mapping[str, Any]
    card: str


@dataclass(frozen=True)
class WeightlessCheckpoint(CheckpointFiles):
    """A checkpoint whose network another machine computes."""

    folder: Path
    fingerprint: str
    """First digits of the SHA-256 of weights, config and vocabulary: names the checkpoint in links."""
    half_life: float | None
    """Days, of pooling by time decay, as trained."""

    @property
    def model(self) -> NoReturn:
        """DinLensError: it is not here."""
        raise network_elsewhere(self.config.title)


def network_elsewhere(name: str) -> DinLensError:
    """The error for who asks for a network that a cluster computes."""
    return DinLensError(
        "{name} is computed by the cluster that DIN_SCORER names, so its network is not here; unset DIN_SCORER",
        name=name,
    )


def read_weightless(folder: Path) -> WeightlessCheckpoint:
    """Read a checkpoint without its network; CheckpointError as `load_checkpoint` says it of all but the weights."""
    read = read_files(folder)
    return WeightlessCheckpoint(
        read.config,
        read.vocabulary,
        read.metrics,
        read.card,
        folder,
        fingerprint(folder),
        _half_life(folder / WEIGHTS) if read.config.pooling == "time decay" else None,
    )


def read_files(folder: Path) -> CheckpointFiles:
    """CheckpointError names the folder, and the file that is missing, damaged or fits no other."""
    for name in (WEIGHTS, CONFIG, VOCABULARY):
        if not (folder / name).is_file():
            raise CheckpointError(
                "{folder} holds no {name}, so it is not a checkpoint; write one with `python -m trainer train`",
                folder=str(folder),
                name=name,
            )
    config = _read_config(folder / CONFIG)
    check_fields(folder / CONFIG, config)
    vocabulary = _read_json(folder / VOCABULARY)
    check_vocabulary(folder / VOCABULARY, vocabulary, config)
    metrics = _read_json(folder / METRICS) if (folder / METRICS).is_file() else {}
    check_metrics(folder / METRICS, metrics)
    return CheckpointFiles(
        config=config,
        vocabulary=Vocabulary.from_dict(vocabulary, (own.name for own in config.item_fields if own.several)),
        metrics=metrics,
        card=_read_text(folder / CARD) if (folder / CARD).is_file() else "",
    )


def _half_life(path: Path) -> float:
    try:
        with safe_open(path, "numpy") as weights:
            return float(np.exp(weights.get_tensor(LOG_HALF_LIFE)))
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            "{path} is not readable as weights ({error}); train the checkpoint again",
            path=str(path),
            error=str(error).splitlines()[0],
        ) from error


def fingerprint(folder: Path) -> str:
    """The same for two checkpoints exactly when weights, config and vocabulary are the same bytes."""
    digest = hashlib.sha256()
    for name in (WEIGHTS, CONFIG, VOCABULARY):
        digest.update(hashlib.sha256((folder / name).read_bytes()).digest())
    return digest.hexdigest()[:FINGERPRINT_DIGITS]


def _read_config(path: Path) -> ModelConfig:
    raw = _read_json(path)
    try:
        return ModelConfig.from_dict(raw)
    except CheckpointError as error:
        raise CheckpointError("{path} cannot be used: {fault}", path=str(path), fault=error.text) from error


def _read_json(path: Path) -> Any:
    try:
        return plain_json(_read_text(path))
    except (ValueError, RecursionError) as error:
        raise CheckpointError(
            "{path} is not readable JSON ({error}); train the checkpoint again", path=str(path), error=str(error)
        ) from error


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise CheckpointError(
            "{path} is not written in UTF-8 (byte {place:,} is none of it); save it in UTF-8, or train the checkpoint"
            " again",
            path=str(path),
            place=error.start,
        ) from error
    except OSError as error:
        raise CheckpointError(
            "{path} cannot be read ({error}); give this program the right to",
            path=str(path),
            error=error.strerror or str(error),
        ) from error
