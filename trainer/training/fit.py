"""Fitting a network: Adam, a cosine schedule, and the best state by validation GAUC, or AUC or log loss.

Item embeddings are either decayed as a whole, densely, or updated in the rows of the batch alone, with mini-batch
aware regularisation.

A run is a function of (samples, config, options): batches follow from the seed and the epoch, so a killed run
that goes on from its last saved state ends where an unbroken one would have.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from din_core.domain import DinLensError
from din_core.kernels.accelerate import accelerate
from din_core.kernels.evaluation import accelerate_evaluation
from din_core.model.fields.vector_embedding import VectorEmbedding
from din_core.model.network import InterestNetwork
from din_core.model.ragged import RaggedBatch
from trainer.training.adam import STEPS, clear_small_means
from trainer.training.limits import MOST_BATCH, MOST_EPOCHS, MOST_RATE, MOST_SEED, MOST_WHOLE, within
from trainer.training.regularisation import REGULARISATIONS, Regularisation, row_penalties
from trainer.training.resume import RunState, load_state, save_state
from trainer.training.row_adam import RowAdam
from trainer.training.samples import Samples
from trainer.training.selection import Entry, Measure, is_best, measure_logits, selection_measure

AHEAD = 16
"""Batches made at once: what is small costs as much once as for all of them."""

LOOK_STEPS = {"cpu": 20}
"""Steps between two looks at the loss, by device; a look waits for what is under way."""
RARELY = 200
"""Elsewhere."""

Progress = Callable[["Step"], None]


@dataclass(frozen=True, slots=True)
class FitOptions:
    """How to fit; two equal option sets on the same samples and device give the same network."""

    epochs: int = 3
    batch_size: int = 1024
    """Impressions a step, about: a history's impressions stay together."""
    learning_rate: float = 4e-3
    """Peak of the schedule: a linear warm-up, then a cosine to 0 at the last step."""
    warmup_steps: int = 50
    regularisation: Regularisation = "decay"
    """Of the item embeddings; "mba-samples" and "mba-batches" update touched rows only, at a cost that does not
    grow with the tables."""
    embedding_decay: float = 0.0
    """Decoupled weight decay of the item embeddings, each step on every row; with "decay" only."""
    mba: float = 0.01
    """λ of mini-batch aware regularisation; not used with "decay"."""
    decay: float = 0.0
    """Decoupled weight decay of everything else."""
    seed: int = 0
    evaluations_per_epoch: int = 2
    patience: int = 4
    """Evaluations without a better validation GAUC (see `selection`) before the run stops."""
    save_seconds: float = 60.0

    def __post_init__(self) -> None:
        within("epochs", self.epochs, 1, MOST_EPOCHS)
        within("batch_size", self.batch_size, 1, MOST_BATCH)
        within("learning_rate", self.learning_rate, 0, MOST_RATE)
        within("seed", self.seed, 0, MOST_SEED)
        for name in ("evaluations_per_epoch", "patience"):
            within(name, getattr(self, name), 1, MOST_WHOLE)
        for name in ("embedding_decay", "mba", "decay"):
            within(name, getattr(self, name), 0, MOST_WHOLE)
        if self.regularisation not in REGULARISATIONS:
            raise DinLensError(
                f"regularisation is {self.regularisation!r}, but must be one of {', '.join(REGULARISATIONS)}; "
                "give another value"
            )


@dataclass(frozen=True, slots=True)
class Step:
    """What a progress display may show after a step."""

    step: int
    total: int
    loss: float
    """Exponential mean of the training log loss"""
    samples: int
    """Impressions seen since this process started"""
    seconds: float


@dataclass
class Fitted:
    """The outcome of a run: the network holds the best state."""

    best_step: int
    steps: int
    seconds: float
    measure: Measure = "gauc"
    """By which the best state was chosen."""
    curve: list[Entry] = field(default_factory=list)
    """One entry an evaluation"""


def fit(
    model: InterestNetwork,
    train: Samples,
    valid: Samples,
    options: FitOptions,
    state_folder: Path | None = None,
    on_step: Progress | None = None,
    accelerated: bool = True,
) -> Fitted:
    """Fit `model` in place. With `state_folder`, go on from the state saved there and save into it.

    `accelerated` computes steps by kernels where there are any for the network.
    """
    run = Run(model, train, valid, options, accelerated)
    identity = {
        "options": asdict(options),
        "config": model.config.to_dict(),
        "train data": train.fingerprint(),
        "validation data": valid.fingerprint(),
        "device": run.device.type,
    }
    if model.item.vectors is not None:
        values = model.item.vectors.weight.detach().cpu().numpy()
        identity["vectors"] = hashlib.sha256(values.tobytes()).hexdigest()[:12]
    saved = load_state(state_folder, identity) if state_folder else None
    if saved:
        run.restore(saved)
    started, last_save, seen = time.monotonic(), time.monotonic(), 0
    spent = run.seconds
    while not run.finished:
        seen += run.advance()
        run.seconds = spent + time.monotonic() - started
        if on_step:
            on_step(Step(run.step, run.total, run.loss, seen, time.monotonic() - started))
        due = time.monotonic() - last_save > options.save_seconds
        if state_folder and (due or run.just_evaluated):
            save_state(state_folder, identity, run.snapshot())
            last_save = time.monotonic()
    model.load_state_dict(run.best)
    return Fitted(run.best_step, run.step, run.seconds, run.measure, run.curve)


class Run:
    """The state of a run between two steps; `fit` drives one, and the benchmark times its steps."""

    def __init__(
        self,
        model: InterestNetwork,
        train: Samples,
        valid: Samples,
        options: FitOptions,
        accelerated: bool = True,
    ) -> None:
        self.model, self.train, self.valid, self.options = model.train(), train, valid, options
        self.network = accelerate(model).train() if accelerated else model
        """Computes the steps, on the model's own parameters"""
        self.device = next(model.parameters()).device
        epochs = (train.shuffled(options.batch_size, options.seed, epoch) for epoch in range(options.epochs))
        self.batches = [(epoch, groups) for epoch, batches in enumerate(epochs) for groups in batches]
        self.total = len(self.batches)
        self.parameters = list(model.parameters())
        self.optimizers = self._optimizers()
        self.evaluate_at = self._evaluation_steps()
        self.step, self.best_step, self.seconds = 0, 0, 0.0
        self.loss = math.log(2)
        self.curve: list[Entry] = []
        self.valid_user = np.repeat(valid.user, np.diff(valid.candidate_offsets))
        self.valid_label = valid.label.cpu().numpy()
        self.measure = selection_measure(self.valid_user, self.valid_label)
        self.best = _copy(model.state_dict())
        self._ahead: dict[int, tuple[RaggedBatch, Tensor]] = {}
        self._loss = torch.tensor(self.loss, device=self.device)
        torch.manual_seed(options.seed)

    def _optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """One for everything densely, or one for the item tables' touched rows and one for the rest."""
        options = self.options
        tables = [table.weight for table in self.model.item.tables if isinstance(table.weight, nn.Parameter)]
        own = set(map(id, tables))
        rest = {"params": [p for p in self.parameters if id(p) not in own], "weight_decay": options.decay}
        by_row = options.regularisation != "decay"
        for table in self.model.item.tables:
            assert isinstance(table, nn.Embedding | VectorEmbedding)
            table.sparse = by_row  # its gradient then holds the batch's rows only
        if not by_row:
            whole = {"params": tables, "weight_decay": options.embedding_decay}
            return {"dense": torch.optim.AdamW([whole, rest], lr=options.learning_rate, fused=True)}
        epoch = [groups for number, groups in self.batches if number == 0]
        penalties = row_penalties(self.train, epoch, [len(t) for t in tables], options.regularisation, options.mba)
        return {
            "dense": torch.optim.AdamW([rest], lr=options.learning_rate, fused=True),
            "rows": RowAdam(tables, options.learning_rate, penalties),
        }

    def _evaluation_steps(self) -> set[int]:
        wanted = self.options.epochs * self.options.evaluations_per_epoch
        return {round(self.total * (i + 1) / wanted) for i in range(wanted)}

    @property
    def finished(self) -> bool:
        """All steps done, or `patience` evaluations in a row were no better than the best before them."""
        since_best = sum((entry["step"] or 0) > self.best_step for entry in self.curve)
        return self.step >= self.total or since_best >= self.options.patience

    @property
    def just_evaluated(self) -> bool:
        return self.step in self.evaluate_at

    def advance(self) -> int:
        """One optimiser step, and an evaluation where one is due; the impressions seen."""
        epoch, _ = self.batches[self.step]
        batch, label = self._batch()
        for parameter in self.parameters:
            parameter.grad = None
        for optimizer in self.optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = self.learning_rate()
        loss = self._learn(batch, label)
        for optimizer in self.optimizers.values():
            optimizer.step()
        if self.step % STEPS == 0:
            clear_small_means(self.optimizers["dense"])
        self.step += 1
        self._loss.lerp_(loss, 0.02 if self.step > 1 else 1.0)
        if self.step % LOOK_STEPS.get(self.device.type, RARELY) == 0 or self.just_evaluated:
            self.loss = float(self._loss)
            self._check_loss()
        if self.just_evaluated:
            self._evaluate(epoch)
        return int(label.numel())

    def _check_loss(self) -> None:
        if not math.isfinite(self.loss):
            raise DinLensError(
                f"the training loss is {self.loss} at step {self.step} of {self.total}, so nothing more is learned; "
                f"give a --learning-rate below {self.options.learning_rate:g}, and --restart"
            )

    def _learn(self, batch: RaggedBatch, label: Tensor) -> Tensor:
        """Every parameter's gradient; () the log loss."""
        with _autocast(self.device):
            output = self.network(batch)
        loss = nn.functional.binary_cross_entropy_with_logits(output.logit.float(), label)
        auxiliary = 0 if output.auxiliary is None else self.model.config.auxiliary_weight * output.auxiliary
        torch.autograd.backward(loss + auxiliary)
        return loss.detach()

    def _batch(self) -> tuple[RaggedBatch, Tensor]:
        """The step's batch and its labels, made with those of the next steps."""
        if self.step not in self._ahead:
            several = range(self.step, min(self.step + AHEAD, self.total))
            made = self.train.batches([self.batches[step][1] for step in several])
            self._ahead = dict(zip(several, made, strict=True))
        return self._ahead.pop(self.step)

    def learning_rate(self) -> float:
        """Linear warm-up times a cosine to 0."""
        warm = min(1.0, (self.step + 1) / max(1, self.options.warmup_steps))
        return self.options.learning_rate * warm * 0.5 * (1 + math.cos(math.pi * self.step / self.total))

    def _evaluate(self, epoch: int) -> None:
        logit = predict(self.model, self.valid, self.options.batch_size)
        self.network.train()
        self.model.train()
        entry: Entry = {
            "step": self.step,
            "epoch": round(self.step / self.total * self.options.epochs, 3),
            "train_loss": self.loss,
            **measure_logits(self.valid_user, self.valid_label, logit),
        }
        if is_best(self.measure, entry, self.curve):
            self.best_step, self.best = self.step, _copy(self.model.state_dict())
        self.curve.append(entry)

    def snapshot(self) -> RunState:
        """Everything that the next step depends on."""
        return RunState(
            tensors={
                **{f"model.{name}": tensor for name, tensor in self.model.state_dict().items()},
                **{f"best.{name}": tensor for name, tensor in self.best.items()},
                **{
                    f"{kind}.{i}.{name}": tensor
                    for kind, optimizer in self.optimizers.items()
                    for i, slots in optimizer.state_dict()["state"].items()
                    for name, tensor in slots.items()
                },
                **_rng_state(self.device),
                "loss": self._loss,
            },
            numbers={
                "step": self.step,
                "best_step": self.best_step,
                "seconds": self.seconds,
                "loss": self.loss,
                "curve": self.curve,
            },
        )

    def restore(self, state: RunState) -> None:
        """The inverse of `snapshot`."""
        self.model.load_state_dict(_under("model.", state.tensors))
        self.best = _under("best.", state.tensors)
        for kind, optimizer in self.optimizers.items():
            slots: dict[int, dict[str, Tensor]] = {}
            for name, tensor in _under(f"{kind}.", state.tensors).items():
                index, slot = name.split(".", 1)
                slots.setdefault(int(index), {})[slot] = tensor
            optimizer.load_state_dict({**optimizer.state_dict(), "state": slots})
        torch.set_rng_state(state.tensors["rng"])
        if "cuda_rng" in state.tensors:
            torch.cuda.set_rng_state(state.tensors["cuda_rng"], self.device)
        self._loss = state.tensors["loss"].to(self.device)
        self.step, self.best_step = state.numbers["step"], state.numbers["best_step"]
        self.seconds, self.loss, self.curve = (state.numbers[name] for name in ("seconds", "loss", "curve"))


def predict(model: InterestNetwork, samples: Samples, batch_size: int = 1024) -> NDArray[np.float64]:
    """(M,) logits in the order of `samples`; leaves the model in evaluation mode."""
    network = for_scoring(model.eval())
    logits = []
    with torch.inference_mode():
        for groups in samples.in_order(batch_size):
            logits.append(network(samples.batch(groups)[0]).logit.float())
    return torch.cat(logits).cpu().numpy().astype(np.float64)


def for_scoring(model: InterestNetwork) -> InterestNetwork:
    """The network itself, or on a CPU the same by compiled kernels: a third of the time."""
    if next(model.parameters()).device.type != "cpu":
        return model
    return accelerate_evaluation(model)


def _autocast(device: torch.device) -> Any:
    return torch.autocast("cuda", dtype=torch.bfloat16) if device.type == "cuda" else nullcontext()


def _rng_state(device: torch.device) -> dict[str, Tensor]:
    """The generators that dropout draws from."""
    on_cpu = {"rng": torch.get_rng_state()}
    return {**on_cpu, "cuda_rng": torch.cuda.get_rng_state(device)} if device.type == "cuda" else on_cpu


def _copy(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in state.items()}


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
