"""The DIN of other libraries, where they are installed: the same data, equal sizes, padded to the window.

Only their networks are timed, with Adam, on batches that lie in memory ready-made: their data loaders, metrics and
regularisers, which would cost them more, are left out. Nothing here is needed for anything else, and a library that
is absent or breaks says so in its row.

Dimensions: B impressions of a batch, T the window.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from statistics import median
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from trainer.bench.data.synthetic_samples import synthetic_samples, unshared
from trainer.bench.parts.training import model_steps
from trainer.bench.results import Row
from trainer.bench.sizes import Shape, Sizes
from trainer.bench.timing import alternate, say
from trainer.training.freed_memory import keep_freed_memory
from trainer.training.samples import Samples

OURS = "DIN Lens"
UNIT, TOWER = [80, 40], [200, 80]
BATCHES = 8
"""Different ones that a peer trains on, in turns."""
SHORTER = 16
"""How many steps of ours take about as long as one of a peer's."""


@dataclass(frozen=True, slots=True)
class Padded:
    """A batch as the libraries read it."""

    columns: Mapping[str, Tensor]
    """item, category (B,), hist_item, hist_category (B, T), length, user (B,)"""
    label: Tensor
    """(B,)"""


@dataclass(frozen=True, slots=True)
class Turn:
    """Some steps timed together. The first of them find caches full of another's data, so turns last about as long."""

    steps: Callable[[], None]
    impressions: int


Peer = Callable[[Shape], tuple[nn.Module, Callable[[Padded], Any]]]
"""A shape → the network, and what it is called with for a batch; it gives probabilities, one an impression."""


def peers(sizes: Sizes) -> list[Row]:
    """Ours, then a row a library with the ratio of our rate to its; each again with our setting of the allocator.

    That setting, which keeps freed memory, is the process's own and cannot be taken back: the libraries as they come
    have the first turns.
    """
    shape = replace(sizes.shapes[0], burst=SHORTER * sizes.peer_steps)
    tasks, notes = _installed(shape, sizes)
    as_they_come = {} if len(tasks) == 1 else _seconds(tasks, sizes)
    keep_freed_memory()
    spent = _seconds(tasks, sizes)
    named = {
        **{OURS: spent[OURS]},
        **{(f"{OURS}, freed memory not kept" if name == OURS else name): own for name, own in as_they_come.items()},
        **{f"{name}, freed memory kept": own for name, own in spent.items() if name != OURS},
    }
    rows = [
        Row("peers", name, {"samples/s": 1 / seconds, "ours ×": seconds / spent[OURS]})
        for name, seconds in named.items()
    ]
    return [*rows, *(Row("peers", name, note=note) for name, note in notes.items())]


def _installed(shape: Shape, sizes: Sizes) -> tuple[dict[str, Turn], dict[str, str]]:
    """What can be timed, ours first, and what to say of the others."""
    batches = padded_batches(unshared(synthetic_samples(shape, BATCHES * shape.batch)), shape)
    steps = model_steps("din", shape, replace(sizes, rounds=2 * sizes.rounds + 1))  # it is timed twice
    tasks = {OURS: Turn(steps, shape.burst * shape.batch)}
    notes = {}
    for name, (module, make) in PEERS.items():
        say(f"peers, {name}")
        try:
            if find_spec(module) is None:
                notes[name] = "not installed"
                continue
            with redirect_stdout(sys.stderr):  # some talk
                burst = _burst(*make(shape), batches, sizes.peer_steps)
                burst()
            tasks[name] = Turn(burst, sizes.peer_steps * shape.batch)
        except Exception as error:  # whatever a library does with these versions of everything
            notes[name] = f"broke: {type(error).__name__}: {str(error).strip()[:120]}"
    return tasks, notes


def _seconds(tasks: Mapping[str, Turn], sizes: Sizes) -> dict[str, float]:
    """Of an impression."""
    spent = alternate({name: task.steps for name, task in tasks.items()}, sizes.rounds)
    return {name: median(times) / tasks[name].impressions for name, times in spent.items()}


def padded_batches(samples: Samples, shape: Shape) -> list[Padded]:
    """Impressions with a history each, cut to the window; 0 is padding."""
    lengths = np.diff(samples.behavior_offsets)
    mask = torch.from_numpy(np.arange(shape.window) < lengths[:, None])  # (M, T)
    history = samples.item_rows[samples.behavior]  # (N, F)
    shown = samples.item_rows[samples.candidate]  # (M, F)
    columns = {"length": torch.from_numpy(lengths), "user": torch.zeros(len(lengths), dtype=torch.int64)}
    for f, name in enumerate(("item", "category")):
        columns[name] = shown[:, f]
        columns[f"hist_{name}"] = torch.zeros(mask.shape, dtype=torch.int64).masked_scatter(mask, history[:, f])
    cuts = [slice(start, start + shape.batch) for start in range(0, samples.impressions, shape.batch)]
    return [Padded({name: column[cut] for name, column in columns.items()}, samples.label[cut]) for cut in cuts]


def _burst(network: nn.Module, read: Callable[[Padded], Any], batches: list[Padded], steps: int) -> Callable[[], None]:
    """Some steps of plain training."""
    network.train()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    ready = [(read(batch), batch.label) for batch in batches]
    done = [0]

    def burst() -> None:
        for _ in range(steps):
            inputs, label = ready[done[0] % len(ready)]
            done[0] += 1
            optimizer.zero_grad()
            nn.functional.binary_cross_entropy(network(inputs).view(-1), label).backward()  # type: ignore[no-untyped-call]
            optimizer.step()

    return burst


class _FuxiDin(nn.Module):
    """FuxiCTR's layers put together as its model zoo's DIN, which its package does not hold."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        layers = import_module("fuxictr.pytorch.layers")
        self.tables = nn.ModuleList(nn.Embedding(f.rows, f.width, padding_idx=0) for f in shape.fields)
        width = sum(field.width for field in shape.fields)
        self.attention = layers.DIN_Attention(width, attention_units=UNIT, hidden_activations="Dice")
        dice = [layers.Dice(units) for units in TOWER]
        self.tower = layers.MLP_Block(2 * width, hidden_units=TOWER, hidden_activations=dice, output_dim=1)

    def forward(self, columns: Mapping[str, Tensor]) -> Tensor:
        """(B, 1)"""
        q, k = (
            torch.cat([table(columns[name]) for table, name in zip(self.tables, names, strict=True)], -1)
            for names in (("item", "category"), ("hist_item", "hist_category"))
        )
        interest = self.attention(q, k, columns["hist_item"] > 0)
        logit: Tensor = self.tower(torch.cat([q, interest], -1))
        return torch.sigmoid(logit)


def _fuxictr(shape: Shape) -> tuple[nn.Module, Callable[[Padded], Any]]:
    return _FuxiDin(shape), lambda batch: batch.columns


def _deepctr(shape: Shape) -> tuple[nn.Module, Callable[[Padded], Any]]:
    inputs, models = import_module("deepctr_torch.inputs"), import_module("deepctr_torch.models")
    fields = {"item": shape.fields[0], "category": shape.fields[1]}
    shown = [inputs.SparseFeat(name, field.rows, field.width) for name, field in fields.items()]
    past = [
        inputs.VarLenSparseFeat(
            inputs.SparseFeat(f"hist_{name}", field.rows, field.width, embedding_name=name),
            shape.window,
            length_name="length",
        )
        for name, field in fields.items()
    ]
    network: nn.Module = models.DIN(
        [*shown, *past],
        list(fields),
        dnn_hidden_units=tuple(TOWER),
        dnn_activation="relu",  # its own: its Dice does not take a tower's two dimensions
        att_hidden_size=tuple(UNIT),
        att_activation="dice",
    )
    index: Mapping[str, Any] = network.feature_index  # type: ignore[assignment]

    def read(batch: Padded) -> Tensor:
        columns = [batch.columns[name].view(len(batch.label), -1) for name in index]
        return torch.cat(columns, 1).float()

    return network, read


def _rechub(shape: Shape) -> tuple[nn.Module, Callable[[Padded], Any]]:
    features, ranking = import_module("torch_rechub.basic.features"), import_module("torch_rechub.models.ranking")
    fields = {"item": shape.fields[0], "category": shape.fields[1]}
    network: nn.Module = ranking.DIN(
        features=[features.SparseFeature("user", 2, embed_dim=shape.fields[0].width)],  # it wants one
        history_features=[
            features.SequenceFeature(f"hist_{name}", f.rows, f.width, pooling="concat", shared_with=name, padding_idx=0)
            for name, f in fields.items()
        ],
        target_features=[features.SparseFeature(name, f.rows, f.width) for name, f in fields.items()],
        mlp_params={"dims": TOWER},
        attention_mlp_params={"dims": UNIT},
    )
    return network, lambda batch: dict(batch.columns)


PEERS: Mapping[str, tuple[str, Peer]] = {
    "FuxiCTR": ("fuxictr", _fuxictr),
    "DeepCTR-Torch": ("deepctr_torch", _deepctr),
    "torch-rechub": ("torch_rechub", _rechub),
}
"""Name → what it is imported by, and its DIN."""
