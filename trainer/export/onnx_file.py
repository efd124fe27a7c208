"""Writing a network as ONNX, and holding what onnxruntime computes against what the network does."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from din_core.domain import DinLensError
from din_core.model.checkpoint import Checkpoint
from din_core.model.config import ModelConfig
from din_core.model.network import InterestNetwork
from din_core.model.ragged import Multi, RaggedBatch
from trainer.export.feeds import feeds, input_specs, structured
from trainer.export.one_history import OneHistory

OPSET = 18
TOLERANCE = 1e-5
OUTPUTS = ("probability", "logit", "weight")
PACKAGES = ("onnx", "onnxruntime", "onnxscript")
CASES = ((0, 1), (1, 1), (1, 3), (2, 4), (7, 1), (30, 12), (200, 5))
"""Behaviors and candidates of the histories that a file is checked on."""


class _ByName(nn.Module):
    """A network on one history whose inputs come as a tuple in the order of `input_specs`."""

    def __init__(self, network: InterestNetwork) -> None:
        super().__init__()
        self.inner = OneHistory(network)
        self.names = [spec.name for spec in input_specs(network.config)]

    def forward(self, values: tuple[Tensor, ...]) -> tuple[Tensor, Tensor, Tensor]:
        given = structured(self.inner.network.config, dict(zip(self.names, values, strict=True)))
        found: tuple[Tensor, Tensor, Tensor] = self.inner(*given)
        return found


def check_packages() -> None:
    """DinLensError where a package is missing that only the export needs."""
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise DinLensError(
            f"the package {missing[0]} is not installed; `pip install -r requirements-export.txt` installs it"
        )


def write_onnx(checkpoint: Checkpoint, path: Path) -> None:
    """Write the file, with its lengths free."""
    specs = input_specs(checkpoint.config)
    batch = random_batch(checkpoint.config, 5, 3, seed=1)
    arrays = feeds(checkpoint.config, batch)
    example = tuple(torch.from_numpy(arrays[spec.name]) for spec in specs)
    free = tuple({place: torch.export.Dim.DYNAMIC for place in range(len(spec.shape))} for spec in specs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _ByName(checkpoint.model).eval(),
            (example,),
            str(path),
            input_names=[spec.name for spec in specs],
            output_names=list(OUTPUTS),
            dynamic_shapes=(free,),
            opset_version=OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )


def random_batch(config: ModelConfig, behaviors: int, candidates: int, seed: int) -> RaggedBatch:
    """One history with rows drawn from all that the network has, unknown ones too."""
    draw = np.random.default_rng(seed)

    def rows(n: int) -> Tensor:
        columns = [
            draw.integers(0, len_of_sets(own.rows) if own.several else own.rows, n) for own in config.item_fields
        ]
        return torch.from_numpy(np.array(columns, np.int64).reshape(len(columns), n).T.copy())

    sets = tuple(_random_sets(own.rows, draw) if own.several else None for own in config.item_fields)
    counts = draw.integers(1, 6, behaviors) if config.folds else np.ones(behaviors)
    age = np.sort(draw.exponential(30.0, behaviors))[::-1].copy()
    kinds = config.behavior_fields
    return RaggedBatch(
        behavior=rows(behaviors),
        count=torch.from_numpy(counts.astype(np.float32)),
        age=torch.from_numpy(age.astype(np.float32)),
        behavior_offsets=(0, behaviors),
        candidate=rows(candidates),
        candidate_offsets=(0, candidates),
        profile=tuple(_random_values(own.rows, draw) for own in config.user_fields),
        context=torch.from_numpy(
            np.array([draw.integers(0, own.rows, candidates) for own in config.context_fields], np.int64)
            .reshape(len(config.context_fields), candidates)
            .T.copy()
        ),
        behavior_type=torch.from_numpy(draw.integers(0, kinds[0].rows, behaviors)) if kinds else None,
        sets=sets if any(own.several for own in config.item_fields) else (),
    )


def len_of_sets(rows: int) -> int:
    """Sets that are drawn of a field with so many rows, the unknown one first."""
    return min(rows, 20)


def _random_sets(rows: int, draw: np.random.Generator) -> Multi:
    own = [[0]] + [
        sorted(set(draw.integers(1, rows, draw.integers(1, 4)).tolist())) for _ in range(len_of_sets(rows) - 1)
    ]
    lengths = torch.tensor([len(one) for one in own])
    return Multi(torch.tensor([row for one in own for row in one]), lengths.cumsum(0) - lengths)


def _random_values(rows: int, draw: np.random.Generator) -> Multi:
    n = int(draw.integers(0, 4)) if rows > 1 else 0
    return Multi(torch.from_numpy(draw.integers(1, max(rows, 2), n)), torch.zeros(1, dtype=torch.int64))


def session(path: Path) -> Any:
    """What runs the file, on one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def run(opened: Any, given: Mapping[str, NDArray[np.generic]]) -> dict[str, NDArray[np.float32]]:
    """Outputs by name."""
    return dict(zip(OUTPUTS, opened.run(list(OUTPUTS), dict(given)), strict=True))


@torch.no_grad()
def check_file(path: Path, checkpoint: Checkpoint) -> dict[str, float]:
    """The largest difference from the network in each output, a part of the value where that is above 1.

    DinLensError where one is above TOLERANCE.
    """
    opened = session(path)
    worst = dict.fromkeys(OUTPUTS, 0.0)
    for seed, (behaviors, candidates) in enumerate(CASES):
        batch = random_batch(checkpoint.config, behaviors, candidates, seed)
        output = checkpoint.model(batch)
        wanted = {
            "probability": output.logit.sigmoid().numpy(),
            "logit": output.logit.numpy(),
            "weight": output.weight.numpy().reshape(behaviors, candidates, *output.weight.shape[1:]),
        }
        found = run(opened, feeds(checkpoint.config, batch))
        for name in OUTPUTS:
            worst[name] = max(worst[name], difference(found[name], wanted[name]))
    for name, value in worst.items():
        if not value <= TOLERANCE:
            raise DinLensError(
                f"{name} of the exported file differs by {value:.1e} from the network's, the limit is {TOLERANCE:g}; "
                "nothing was written"
            )
    return worst


def difference(found: NDArray[Any], wanted: NDArray[Any]) -> float:
    """The largest, a part of the wanted value where that is above 1; infinite for another shape."""
    if found.shape != wanted.shape:
        return float("inf")
    if not wanted.size:
        return 0.0
    return float((np.abs(found - wanted) / np.maximum(1.0, np.abs(wanted))).max())
