"""Whether a step costs the same however long the embedding tables are: row-wise updates with mini-batch aware
regularisation, the same items touched on every table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from statistics import median

import torch

from trainer.bench import memory
from trainer.bench.data.synthetic_samples import config_of, synthetic_samples
from trainer.bench.results import Row
from trainer.bench.sizes import Sizes
from trainer.bench.timing import alternate, say
from trainer.bench.training_steps import TrainingSteps, steps_needed
from trainer.training.fitting.options import FitOptions
from trainer.training.freed_memory import keep_freed_memory

BYTES_A_VALUE = 5 * 4
"""The table, two moments, the best state, and what making it takes"""


def embeddings(sizes: Sizes, device: str = "cpu") -> list[Row]:
    """A row a table length, with its step time as a ratio to that of the shortest."""
    keep_freed_memory()
    say("embedding rows")
    least = min(sizes.table_rows)
    width = sizes.shapes[0].fields[0].width
    fitting = [rows for rows in sizes.table_rows if rows * width * BYTES_A_VALUE < free_bytes(device)]
    tasks: dict[str, Callable[[], None]] = {}
    bursts: dict[str, TrainingSteps] = {}
    for rows in fitting:
        steps = _steps(rows, least, sizes, device)
        spread = rows // least
        for name, apart in ((_name(rows), 1), (f"{_name(rows)}, touched ones spread out", spread)):
            if apart > 1 or "spread" not in name:
                tasks[name], bursts[name] = _on_rows(steps, apart), steps
    spent = {name: median(times) for name, times in alternate(tasks, sizes.rounds).items()}
    first = spent[_name(least)] if least in fitting else float("nan")
    found = [
        Row("embeddings", name, {"ms a step": 1e3 * spent[name] / own.burst, "× shortest": spent[name] / first})
        for name, own in bursts.items()
    ]
    left_out = [rows for rows in sizes.table_rows if rows not in fitting]
    return [*found, *(Row("embeddings", _name(rows), note="left out: too little memory") for rows in left_out)]


def _steps(rows: int, items: int, sizes: Sizes, device: str) -> TrainingSteps:
    shape = sizes.shapes[0]
    samples = synthetic_samples(
        replace(shape, fields=(replace(shape.fields[0], rows=items), *shape.fields[1:])),
        2 * shape.batch * steps_needed(sizes.rounds, shape.burst),
    )
    config = config_of("din", replace(shape, fields=(replace(shape.fields[0], rows=rows), *shape.fields[1:])))
    options = FitOptions(batch_size=shape.batch, regularisation="mba-batches")
    return TrainingSteps(config, samples, options, shape.burst, sizes.compiled, device=device)


def _on_rows(steps: TrainingSteps, apart: int) -> Callable[[], None]:
    """The burst with the items' own rows so far apart."""
    samples = steps.run.train
    rows = samples.item_rows.clone()
    rows[:, 0] *= apart
    placed = replace(samples, item_rows=rows)

    def burst() -> None:
        steps.run.train = placed
        steps()

    return burst


def _name(rows: int) -> str:
    return f"{rows:,} rows"


def free_bytes(device: str) -> float:
    """What the device that trains has left."""
    return float(torch.cuda.mem_get_info()[0]) if device.startswith("cuda") else memory.free_bytes()
