"""How fast models train, against the machine's matrix multiplication and against the naive formulation.

Operations are those of the matrix products of one step, forward and backward, as PyTorch's counter sees them: Dice,
sums, embeddings and the optimiser are not counted, so that the share of the machine's rate holds their cost against
the model.
"""

from __future__ import annotations

from statistics import mean, median

from trainer.bench.data.synthetic_samples import as_read_by, config_of, synthetic_samples, unshared
from trainer.bench.padded_reference import use_naive_pooling
from trainer.bench.parts.machine import TOWER, Product, matmul_rate
from trainer.bench.results import Row
from trainer.bench.sizes import Shape, Sizes
from trainer.bench.timing import alternate, say
from trainer.bench.training_steps import TrainingSteps, steps_needed
from trainer.training.fitting.options import FitOptions
from trainer.training.fitting.workers import SOLE, SoleWorker
from trainer.training.freed_memory import keep_freed_memory

EPOCH_PAIRS = 391_937 * 378
"""Real pairs of one epoch over the Complete Journey's training weeks, all distinct items read"""
NAIVE = "din, naive"


def training(sizes: Sizes, device: str = "cpu") -> list[Row]:
    """A row a model and shape, and one of the naive formulation each."""
    keep_freed_memory()
    return [row for shape in sizes.shapes for row in _of_shape(shape, sizes, device)]


def _of_shape(shape: Shape, sizes: Sizes, device: str) -> list[Row]:
    say(f"training, {shape.name}")
    steps = {model: model_steps(model, shape, sizes, device) for model in sizes.models}
    steps[NAIVE] = naive_steps(shape, sizes, device)
    before = matmul_rate(products(shape), sizes, device)
    spent = {name: median(times) for name, times in alternate(steps, sizes.rounds).items()}
    rate = mean([before, matmul_rate(products(shape), sizes, device)])
    naive = steps[NAIVE].samples_second(spent[NAIVE])
    return [_row(name, shape, own, spent[name], rate, naive) for name, own in steps.items()]


def _row(name: str, shape: Shape, steps: TrainingSteps, seconds: float, rate: float, naive: float) -> Row:
    samples = steps.samples_second(seconds)
    values = {
        "samples/s": samples,
        "pairs/s": steps.pairs_second(seconds),
        "MFLOP a sample": steps.flop_sample / 1e6,
        "share of matmul rate": samples * steps.flop_sample / rate,
    }
    if name.startswith("din"):
        values["× naive din"] = samples / naive
    if shape.histories > 100 and name == "din":
        values["epoch of Complete Journey, s"] = EPOCH_PAIRS / values["pairs/s"]
    return Row("training", f"{name}, {shape.name}", values)


def model_steps(
    model: str, shape: Shape, sizes: Sizes, device: str = "cpu", workers: SoleWorker = SOLE
) -> TrainingSteps:
    """A recipe's model with everything that makes it fast."""
    say(f"  making {model}")
    config = config_of(model, shape)
    samples = as_read_by(config, synthetic_samples(shape, shape.batch * steps_needed(sizes.rounds, shape.burst)))
    return TrainingSteps(
        config,
        samples,
        FitOptions(batch_size=shape.batch),
        shape.burst,
        sizes.compiled,
        device=device,
        workers=workers,
    )


def naive_steps(shape: Shape, sizes: Sizes, device: str = "cpu") -> TrainingSteps:
    """DIN padded and concatenated, every impression with a history of its own, nothing compiled.

    Where histories are long its batch is smaller: it holds every padded pair many times over.
    """
    batch = sizes.naive_batch if shape.histories > 20 else shape.batch
    samples = unshared(synthetic_samples(shape, batch * steps_needed(sizes.rounds, shape.burst)))
    options = FitOptions(batch_size=batch)
    return TrainingSteps(
        config_of("din", shape),
        samples,
        options,
        shape.burst,
        accelerated=False,
        change=use_naive_pooling,
        device=device,
    )


def products(shape: Shape) -> list[Product]:
    """The matrix products of a shape's activation unit a pair; of its tower where histories are short."""
    unit = [(sum(field.width for field in shape.fields), 80), (80, 40)]
    return [*unit, *(TOWER if shape.histories < 20 else ())]
