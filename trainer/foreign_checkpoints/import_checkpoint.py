"""From a library's files to a checkpoint of ours, with a card that names what differs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from din_core.domain import DinLensError
from din_core.model.checkpoint import check_replaceable, fingerprint, save_checkpoint
from din_core.model.config import Evolution
from din_core.model.library.options import LayerActivation
from trainer.foreign_checkpoints.assemble import assemble
from trainer.foreign_checkpoints.field_mapping import parse_mapping
from trainer.foreign_checkpoints.foreign_model import ForeignModel
from trainer.foreign_checkpoints.imported_card import imported_card
from trainer.foreign_checkpoints.options import ForeignFiles
from trainer.foreign_checkpoints.readers.deepctr_torch import read_deepctr_torch
from trainer.foreign_checkpoints.readers.fuxictr import read_fuxictr
from trainer.foreign_checkpoints.readers.recbole import read_recbole
from trainer.foreign_checkpoints.readers.torch_rechub import read_torch_rechub
from trainer.foreign_checkpoints.state_files import read_state
from trainer.foreign_checkpoints.value_ids import read_json, read_value_ids

READERS: Mapping[str, Callable[[ForeignFiles], ForeignModel]] = {
    "fuxictr": read_fuxictr,
    "deepctr-torch": read_deepctr_torch,
    "torch-rechub": read_torch_rechub,
    "recbole": read_recbole,
}
"""Library -> what reads its files."""


@dataclass(frozen=True)
class ImportOptions:
    """What to import, and where to."""

    library: str
    weights: Path
    features: Path
    vocabulary: Path
    out: Path
    fields: tuple[str, ...] = ()
    """`FEATURE=ROOM.FIELD` each"""
    max_history: int | None = None
    softmax: bool = False
    unit_activation: LayerActivation | None = None
    unit_output: LayerActivation = "none"
    tower_activation: LayerActivation | None = None
    evolution: Evolution | None = None


def import_checkpoint(options: ImportOptions) -> dict[str, Any]:
    """Write the checkpoint; what it is, as a dict. DinLensError for what is not read; then nothing is written."""
    check_replaceable(options.out)
    model = READERS[options.library](_files(options))
    network, vocabulary = assemble(model)
    config = network.config
    imported = {
        "library": options.library,
        "features": {own.feature: f"{own.room}.{own.name}" for own in model.fields},
        "imported_at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "files": {name: getattr(options, name).name for name in ("weights", "features", "vocabulary")},
    }
    parameters = sum(own.numel() for own in network.parameters())
    metrics = {"model": config.architecture, "title": config.title, "parameters": parameters, "imported": imported}
    save_checkpoint(options.out, network, vocabulary, metrics, imported_card(model, config, metrics))
    return {"checkpoint": str(options.out), "fingerprint": fingerprint(options.out), **metrics}


def _files(options: ImportOptions) -> ForeignFiles:
    if options.softmax and options.unit_output != "none":
        raise DinLensError("--softmax and --unit-output are both given, but no library has both; leave one out")
    state = read_state(options.weights)
    return ForeignFiles(
        state=state,
        features=read_json(options.features, "the library's feature map or columns with --features"),
        mapping=parse_mapping(options.fields, read_value_ids(options.vocabulary)),
        max_history=options.max_history,
        softmax=options.softmax,
        unit_activation=options.unit_activation,
        unit_output=options.unit_output,
        tower_activation=options.tower_activation,
        evolution=options.evolution,
    )
