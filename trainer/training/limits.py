"""What a training run is refused for before its first step: options beyond their limits, no room, no right to write."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import torch

from din_core.domain import CheckpointError, DinLensError
from din_core.model.config import ModelConfig
from din_core.model.network import InterestNetwork

MOST_WHOLE = 10**9
"""Of options that count something."""
MOST_EPOCHS = 1_000
MOST_BATCH = 1_000_000
"""Impressions a step."""
MOST_BUCKETS = 1_000
MOST_RATE = 10
MOST_SEED = 2**63 - 1
"""What torch's generators take."""
MOST_WIDTH = 4_096
"""Of an embedding or a hidden layer."""
MEMORY_BYTES = 36
"""Of one weight in training, in single precision: itself, as it started and in the best state, its gradient, its mean,
and Adam's two means; while the mean is evaluated, itself and the mean once more."""
FIXED_BYTES = 24
"""Of one number of a fixed vector: as the store has it, in the network, at the start and in the best state, and twice
more while the mean is evaluated."""
DISK_BYTES = 64
"""Of one weight: a saved state holds the weights, their mean, the best ones and Adam's means, of the best trial, of the
one that runs and once more as it is written anew; and the checkpoint."""


def within(name: str, value: float, least: float, most: float) -> None:
    """DinLensError when an option is beyond its limits, or no number."""
    if not least <= value <= most:
        raise DinLensError(f"{name} is {value}, but must be {least:,} to {most:,}; give another value")


def check_sizes(config: ModelConfig) -> None:
    """DinLensError for a width or a history beyond what any network here may have."""
    fields = (*config.item_fields, *config.user_fields, *config.context_fields)
    for field in fields:
        within(f"the width of the field {field.name}", field.width, 1, MOST_WIDTH)
    for name in ("tower_hidden", "unit_hidden"):
        for width in getattr(config, name):
            within(name, width, 1, MOST_WIDTH)
    within("max_history", config.max_history, 1, MOST_WHOLE)


def count_weights(config: ModelConfig) -> int:
    """Numbers of a network of this config, counted without memory for them; DinLensError where there can be none."""
    try:
        with torch.device("meta"):
            return sum(tensor.numel() for tensor in InterestNetwork(config).state_dict().values())
    except (RuntimeError, TypeError, ValueError, ArithmeticError) as error:
        reason = str(error).splitlines()[0]
        raise DinLensError(f"no network of these sizes can be built ({reason}); give other fields or widths") from error


def check_memory(config: ModelConfig, sharded: int = 0, workers: int = 1) -> None:
    """DinLensError where training a network of this config needs more memory than this machine has; of its weights
    `sharded` lie in equal parts on so many workers."""
    check_sizes(config)
    weights, memory = count_weights(config), _memory()
    fixed = config.item_fields[-1].rows * config.vector_length if config.vectors == "fixed" else 0
    held = weights - fixed - sharded + -(-sharded // workers)
    needed = held * MEMORY_BYTES + fixed * FIXED_BYTES
    if memory is not None and needed > memory:
        rows = ["a smaller --max-history"] if config.reads_ranks else []  # an embedding for each place in a history
        more = ["more --workers"] if sharded else []
        ways = ["a smaller --item-width", *rows, *more, "a larger --min-count"]
        whose = (
            f"{held:,} of the model's {weights:,} weights are with each worker"
            if sharded
            else (f"the model has {weights:,} weights")
        )
        raise DinLensError(
            f"{whose}, whose training takes {_gigabytes(needed)}, but this "
            f"machine has {_gigabytes(memory)} of memory; give {', '.join(ways[:-1])} or {ways[-1]}"
        )


def check_writable(out: Path) -> None:
    """CheckpointError where nothing can be written beside `out`, which stays as it is; its parent is made."""
    if "\0" in str(out):
        raise CheckpointError("the name of a folder cannot hold the character 0; name another one")
    folder = out.absolute().parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0")
            file.flush()
    except OSError as error:
        raise CheckpointError(
            f"{folder} cannot be written ({error.strerror or error}), so nothing was trained; name a folder on a disk "
            "that can be written and has room"
        ) from error


def check_room(out: Path, config: ModelConfig) -> None:
    """CheckpointError where the disk has less room than a run of this config writes at once."""
    folder = out.absolute().parent
    needed, free = count_weights(config) * DISK_BYTES, shutil.disk_usage(folder).free
    if free < needed:
        raise CheckpointError(
            f"{folder} has {_gigabytes(free)} of free room, but training this model needs {_gigabytes(needed)}; make "
            "room, or name a folder on another disk"
        )


def _memory() -> int | None:
    """Bytes of this machine; None where it does not tell."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def _gigabytes(n: int) -> str:
    return f"{n / 1e9:.2f} GB"
