"""Scoring on a GPU: each technique of the paper's serving section off, one at a time, and the floor that is left.

The floor is the larger of two: what the matrix products take at the device's own rate, and what writing and reading
them takes at the rate of a copy. The second counts, for every pair, both hidden layers' products and the input of the
second, each written and read once: compiled code has no other passes.
"""

from __future__ import annotations

from contextlib import ExitStack
from statistics import median

import torch

from din_core.model.checkpoint import Checkpoint
from din_core.scoring import BatchingScorer, Scorer
from din_core.scoring.devices.gpu import GpuDevice, GpuOptions
from din_core.scoring.whole_catalogue.catalogue_scoring import CatalogueScoring
from din_core.scoring.whole_catalogue.row_catalogue import RowCatalogue
from trainer.bench.data.bench_store import bench_store
from trainer.bench.parts.catalogue import flop, synthetic_catalogue
from trainer.bench.parts.machine import UNIT, copy_rate, matmul_rate
from trainer.bench.parts.serving import ServingTimes, run_callers
from trainer.bench.results import Row
from trainer.bench.sizes import Sizes
from trainer.bench.timing import alternate, say

ALL_ON = "all on"
TOP = 100


def device(sizes: Sizes, name: str, store: str | None = None, checkpoint: str | None = None) -> list[Row]:
    """Catalogues, then many callers; one row that says so where no device was asked for."""
    if name == "cpu":
        return [Row("device", "scoring on a device", note="not measured: ask for one by --device cuda")]
    return on_device(sizes, name, store, checkpoint)


def on_device(sizes: Sizes, name: str, store: str | None = None, checkpoint: str | None = None) -> list[Row]:
    """The same on any device, a CPU too."""
    catalogues = [row for size in sizes.device_catalogues for row in _catalogue(*size, sizes, name)]
    return [*catalogues, *_callers(sizes, name, store, checkpoint)]


def forms(sizes: Sizes) -> dict[str, GpuOptions]:
    """All on, each off, all off."""
    on = sizes.compiled
    return {
        ALL_ON: GpuOptions(compiled=on),
        "not compiled": GpuOptions(compiled=False),
        "not captured": GpuOptions(compiled=on, captured=False),
        "one stream": GpuOptions(compiled=on, streams=1),
        "none of them": GpuOptions(compiled=False, captured=False, streams=1),
    }


def _catalogue(candidates: int, behaviors: int, sizes: Sizes, name: str) -> list[Row]:
    say(f"device, {candidates:,} × {behaviors}")
    network, rows, batch = synthetic_catalogue(candidates, behaviors)
    tried = {**forms(sizes), "bfloat16": GpuOptions(compiled=sizes.compiled, half=True)}
    catalogues = {form: RowCatalogue(network, rows, GpuDevice(torch.device(name), own)) for form, own in tried.items()}
    tasks = {form: (lambda own=own: own.scoring(batch).finish()) for form, own in catalogues.items()}
    spent = {form: median(times) for form, times in alternate(tasks, min(sizes.rounds, 5)).items()}
    best = {form: _best(own.scoring(batch)) for form, own in catalogues.items()}
    found = []
    for form, seconds in spent.items():
        floor = _floor(candidates, behaviors, sizes, name, half=tried[form].half)
        values = {"ms": 1e3 * seconds, "× on": seconds / spent[ALL_ON], "share of floor": floor / seconds}
        values[f"of top {TOP} others"] = float(len(best[form] - best[ALL_ON]))
        found.append(Row("device", f"{candidates:,} candidates × {behaviors} behaviors: {form}", values))
    return found


def _best(scoring: CatalogueScoring) -> set[int]:
    scoring.finish()
    return set(scoring.top(TOP)[0].tolist())


def _floor(candidates: int, behaviors: int, sizes: Sizes, name: str, half: bool) -> float:
    """Seconds."""
    precision = torch.bfloat16 if half else torch.float32
    (_, h), (_, h2) = UNIT
    traffic = 2 * candidates * behaviors * (2 * h + h2) * precision.itemsize
    arithmetic = flop(candidates, behaviors) / matmul_rate(list(UNIT), sizes, name, precision)
    return max(arithmetic, traffic / copy_rate(sizes, name))


def _callers(sizes: Sizes, name: str, store: str | None, checkpoint: str | None) -> list[Row]:
    """As many callers as there are at most: requests gathered or not, by all techniques and without each."""
    callers = max(sizes.callers)
    say(f"device, {callers} callers")
    served: dict[str, ServingTimes] = {}
    with bench_store(sizes, store, checkpoint) as bench, ExitStack() as open_ones:
        questions = [bench.read(question) for question in bench.questions]
        scorers = _scorers(bench.scorer.checkpoint, sizes, name, open_ones)
        for turn in range(sizes.serving_rounds + 1):
            for form, scorer in scorers.items():
                rate, waits = run_callers(scorer, questions, callers, sizes.serving_seconds)
                if turn:
                    served.setdefault(form, ServingTimes()).add(rate, waits)
    found = {form: own.values() for form, own in served.items()}
    on = found[ALL_ON]["requests/s"]
    return [
        Row("device", f"{callers} callers: {form}", {**values, "throughput × on": values["requests/s"] / on})
        for form, values in found.items()
    ]


def _scorers(checkpoint: Checkpoint, sizes: Sizes, name: str, open_ones: ExitStack) -> dict[str, Scorer]:
    found: dict[str, Scorer] = {"not gathered": Scorer(checkpoint, GpuDevice(torch.device(name), forms(sizes)[ALL_ON]))}
    for form, own in forms(sizes).items():
        if form != "not captured":  # requests differ in size: nothing of them is recorded
            scorer = Scorer(checkpoint, GpuDevice(torch.device(name), own))
            found[form] = open_ones.enter_context(BatchingScorer(scorer, max_queue=4 * max(sizes.callers)))
    return found
