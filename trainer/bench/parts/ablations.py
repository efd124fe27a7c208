"""How many times longer the same impressions, or the same catalogue, take with one technique off."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

import torch

from din_core.scoring.devices.cpu import CpuDevice
from din_core.scoring.whole_catalogue.row_catalogue import RowCatalogue
from trainer.bench.data.synthetic_samples import config_of, synthetic_samples, unfolded, unshared
from trainer.bench.padded_reference import use_concatenating_unit
from trainer.bench.parts.catalogue import synthetic_catalogue
from trainer.bench.parts.training import naive_steps
from trainer.bench.results import Row
from trainer.bench.sizes import Shape, Sizes
from trainer.bench.timing import alternate, say
from trainer.bench.training_steps import Change, TrainingSteps, steps_needed, unchanged
from trainer.training.fitting.options import FitOptions
from trainer.training.freed_memory import keep_freed_memory
from trainer.training.samples import Samples

ALL_ON = "all on"


def ablations(sizes: Sizes) -> list[Row]:
    """Those of training on every shape, then those of the catalogue."""
    keep_freed_memory()
    return [*(row for shape in sizes.shapes for row in _training(shape, sizes)), *_catalogue(sizes)]


def _training(shape: Shape, sizes: Sizes) -> list[Row]:
    say(f"ablations, {shape.name}")
    config = config_of("din", shape)
    samples = synthetic_samples(
        shape, 3 * shape.batch * steps_needed(sizes.rounds, shape.burst)
    )  # three share one of them
    options = FitOptions(batch_size=shape.batch)

    def steps(data: Samples = samples, accelerated: bool = sizes.compiled, change: Change = unchanged) -> TrainingSteps:
        return TrainingSteps(config, data, options, shape.burst, accelerated, change)

    on = steps()
    tasks: dict[str, Callable[[], None]] = {
        ALL_ON: on,
        "one thread": lambda: _with_one_thread(on),
        "histories not shared": steps(unshared(samples)),
    }
    if sizes.compiled:
        tasks["nothing in C"] = steps(accelerated=False)
    tasks["nothing in C, first layer not split"] = steps(accelerated=False, change=use_concatenating_unit)
    if shape.repeats > 1:
        tasks["repeats not folded"] = steps(unfolded(samples))
    naive = naive_steps(shape, sizes)
    tasks["all of them, and padded"] = naive
    spent = {name: median(times) for name, times in alternate(tasks, sizes.rounds).items()}
    spent["all of them, and padded"] *= on.samples_step / naive.samples_step  # its steps may be smaller
    return [
        Row(
            "ablations",
            f"{shape.name}: {name}",
            {"ms": 1e3 * seconds / shape.burst, "× on": seconds / spent[ALL_ON]},
        )
        for name, seconds in spent.items()
    ]


def _catalogue(sizes: Sizes) -> list[Row]:
    candidates, behaviors = sizes.catalogues[0]
    say(f"ablations, {candidates:,} × {behaviors}")
    network, rows, batch = synthetic_catalogue(candidates, behaviors)
    forms = {
        ALL_ON: RowCatalogue(network, rows),
        "nothing in C": RowCatalogue(network, rows, CpuDevice(accelerated=False)),
        "one thread": RowCatalogue(network, rows, CpuDevice(threads=1)),
    }
    tasks = {name: (lambda form=form: form.scoring(batch).finish()) for name, form in forms.items()}
    spent = {name: median(times) for name, times in alternate(tasks, min(sizes.rounds, 5)).items()}
    return [
        Row("ablations", f"catalogue: {name}", {"ms": 1e3 * seconds, "× on": seconds / spent[ALL_ON]})
        for name, seconds in spent.items()
    ]


def _with_one_thread(steps: TrainingSteps) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        steps()
    finally:
        torch.set_num_threads(threads)
