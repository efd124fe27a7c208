"""A run's state between two steps: Adam at a constant rate, the mean of the weights, and the best mean so far.

Item embeddings are either decayed as a whole, densely, or updated in the rows of the batch alone, with mini-batch
aware regularisation.
"""

from __future__ import annotations

import math
from contextlib import nullcontext
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from din_core.domain import DinLensError
from din_core.kernels.accelerate import accelerate
from din_core.model.fields.vector_embedding import VectorEmbedding
from din_core.model.network import InterestNetwork
from din_core.model.ragged import RaggedBatch
from trainer.training.fitting.best_state import BestState
from trainer.training.fitting.optimisers import weight_average
from trainer.training.fitting.optimisers.adam import STEPS, clear_small_means
from trainer.training.fitting.optimisers.regularisation import row_penalties
from trainer.training.fitting.optimisers.row_adam import RowAdam
from trainer.training.fitting.optimisers.weight_average import WeightAverage
from trainer.training.fitting.options import FitOptions
from trainer.training.fitting.resume import RunState, StoredShards
from trainer.training.fitting.selection import Entry, Measure, users_and_labels
from trainer.training.fitting.sharding.table_shard import own_rows, rows_in_all, table_shards
from trainer.training.fitting.workers import SOLE, BatchPart, SoleWorker
from trainer.training.samples import Ints, Samples

LEARNING_RATE, EMBEDDING_DECAY = 4e-3, 4.0
"""What a run takes that is told neither."""
AHEAD = 16
"""Batches made at once: what is small costs as much once as for all of them."""
LOOK_STEPS = {"cpu": 20}
"""Steps between two looks at the loss, by device; a look waits for what is under way."""
RARELY = 200
"""Elsewhere."""
LEAST_EPOCHS, MOST_EPOCHS, LEAST_STEPS = 20, 200, 2000
"""Epochs at most: 20, or more where these have fewer steps than 2,000."""
EVALUATION_STEPS = 10
"""Between two evaluations, at least, but one an epoch there always is."""
PATIENCE_STEPS = 200
"""A run goes on for so many steps after its best state at least: some evaluations may be few steps."""


class Run:
    """The state of a run between two steps; `fit` drives one, and the benchmark times its steps."""

    def __init__(
        self,
        model: InterestNetwork,
        train: Samples,
        valid: Samples,
        options: FitOptions,
        accelerated: bool = True,
        workers: SoleWorker = SOLE,
    ) -> None:
        self.model, self.train, self.options = model.train(), train, options
        self.workers, self.valid = workers, workers.validation(valid)
        self.network = workers.computing(model, accelerate if accelerated else lambda plain: plain).train()
        """Computes the steps, on the model's own parameters"""
        self.device = next(model.parameters()).device
        self.batch_size = options.batch_for(train.impressions)
        self.rate = LEARNING_RATE if options.learning_rate is None else options.learning_rate
        decay = EMBEDDING_DECAY if options.embedding_decay is None else options.embedding_decay
        self.embedding_decay = decay if options.regularisation == "decay" else None
        self.epoch, self.place = 0, 0
        """Whole epochs done, and steps of the next one"""
        self.batches = self._epoch_batches()
        self.epochs = most_epochs(options, len(self.batches))
        self.total = len(self.batches) * self.epochs
        """Steps at most, about: epochs differ by a step"""
        self.parameters = list(model.parameters())
        self.optimizers = self._optimizers()
        self.average = WeightAverage(model)
        self.step, self.best_step, self.seconds = 0, 0, 0.0
        self.loss = math.log(2)
        self.curve: list[Entry] = []
        self.selection = BestState(*users_and_labels(valid))
        self.best = _copy(model.state_dict())
        self._ahead: dict[int, tuple[RaggedBatch, Tensor, BatchPart]] = {}
        self._loss = torch.tensor(self.loss, device=self.device)
        torch.manual_seed(options.seed)

    def _epoch_batches(self) -> list[Ints]:
        return epoch_batches(self.train, self.options, self.epoch)

    def _optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """One for everything densely, or one for the item tables' touched rows and one for the rest."""
        options = self.options
        trained = [table for table in self.model.item.tables if isinstance(table.weight, nn.Parameter)]
        tables: list[Any] = [table.weight for table in trained]
        own = set(map(id, tables))
        rest = {"params": [p for p in self.parameters if id(p) not in own], "weight_decay": options.decay}
        by_row = options.regularisation != "decay"
        for table in self.model.item.tables:
            assert isinstance(table, nn.Embedding | VectorEmbedding)
            table.sparse = by_row  # its gradient then holds the batch's rows only
        if not by_row:
            whole: dict[str, Any] = {"params": tables, "weight_decay": self.embedding_decay}
            return {"dense": torch.optim.AdamW([whole, rest], lr=self.rate, fused=True)}
        rows = list(map(rows_in_all, trained))
        found = row_penalties(self.train, self.batches, rows, options.regularisation, options.mba)
        penalties = list(map(own_rows, trained, found))
        return {
            "dense": torch.optim.AdamW([rest], lr=self.rate, fused=True),
            "rows": RowAdam(tables, self.rate, penalties),
        }

    @property
    def measure(self) -> Measure:
        """By which the best state is chosen."""
        return self.selection.measure

    @property
    def finished(self) -> bool:
        """All epochs done, or `patience` evaluations in a row were no better than the best before them."""
        since_best = sum((entry["step"] or 0) > self.best_step for entry in self.curve)
        waited = since_best >= self.options.patience and self.step - self.best_step >= PATIENCE_STEPS
        return self.epoch >= self.epochs or waited

    @property
    def just_evaluated(self) -> bool:
        """Whether the last step was one with an evaluation."""
        return bool(self.curve) and self.curve[-1]["step"] == self.step

    def _evaluation_due(self) -> bool:
        steps = len(self.batches)
        looks = max(1, min(self.options.evaluations_per_epoch, steps // EVALUATION_STEPS))
        return self.place in {round(steps * (i + 1) / looks) for i in range(looks)}

    def advance(self) -> int:
        """One optimiser step, and an evaluation where one is due; the impressions seen, by all workers."""
        batch, label, part = self._batch()
        for parameter in self.parameters:
            parameter.grad = None
        for optimizer in self.optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = self.learning_rate()
        self.workers.seed_step(self.options.seed, self.step)
        loss = self.workers.combine(self.model, self._learn(batch, label, part.share), part.share)
        for optimizer in self.optimizers.values():
            optimizer.step()
        if self.step % STEPS == 0:
            clear_small_means(self.optimizers["dense"])
        self.step += 1
        self.place += 1
        due = self._evaluation_due()
        if self.step % weight_average.STEPS == 0 or (due and not self.average.updates):
            self.average.update(self.model)
        self._loss.lerp_(loss, 0.02 if self.step > 1 else 1.0)
        if due or self.step % LOOK_STEPS.get(self.device.type, RARELY) == 0:
            self.loss = float(self._loss)
            self._check_loss()
        if due:
            self._evaluate()
        if self.place == len(self.batches):
            self.epoch, self.place = self.epoch + 1, 0
            self.batches = self._epoch_batches()
        return part.impressions

    def _check_loss(self) -> None:
        if not math.isfinite(self.loss):
            raise LossError(
                f"the training loss is {self.loss} at step {self.step}, so nothing more is learned; "
                f"give a --learning-rate below {self.rate:g}, and --restart"
            )

    def _learn(self, batch: RaggedBatch, label: Tensor, share: float) -> Tensor:
        """Every parameter's gradient, times the share; () the log loss."""
        with _autocast(self.device):
            output = self.network(batch)
        loss = nn.functional.binary_cross_entropy_with_logits(output.logit.float(), label)
        auxiliary = 0 if output.auxiliary is None else self.model.config.auxiliary_weight * output.auxiliary
        torch.autograd.backward((loss + auxiliary) * share if share < 1 else loss + auxiliary)
        return loss.detach()

    def _batch(self) -> tuple[RaggedBatch, Tensor, BatchPart]:
        """This worker's part of the step's batch and its labels, made with those of the epoch's next steps."""
        if self.place not in self._ahead:
            several = range(self.place, min(self.place + AHEAD, len(self.batches)))
            parts = [self.workers.part(self.train, self.batches[place]) for place in several]
            made = self.train.batches([part.groups for part in parts])
            self._ahead = {place: (*batch, part) for place, batch, part in zip(several, made, parts, strict=True)}
        return self._ahead.pop(self.place)

    def learning_rate(self) -> float:
        """Constant after a linear warm-up."""
        return self.rate * min(1.0, (self.step + 1) / max(1, self.options.warmup_steps))

    def _evaluate(self) -> None:
        """Measure the mean of the weights, and keep it where it is the best; the run goes on from the weights."""
        weights, mean = _copy(self.model.state_dict()), self.average.state_dict(self.model)
        self.model.load_state_dict(mean)
        logit = self.workers.joined(self.workers.logits(self.model, self.valid, self.batch_size))
        self.model.load_state_dict(weights)
        self.network.train()
        self.model.train()
        found, best = self.workers.same(lambda: self.selection.look(logit, self.curve))
        entry: Entry = {
            "step": self.step,
            "epoch": round(self.epoch + self.place / len(self.batches), 3),
            "train_loss": self.loss,
            **found,
        }
        if best:
            self.best_step, self.best = self.step, mean
        self.curve.append(entry)

    def snapshot(self) -> RunState:
        """Everything that the next step depends on."""
        return RunState(
            tensors={
                **{f"model.{name}": tensor for name, tensor in self.model.state_dict().items()},
                **{f"best.{name}": tensor for name, tensor in self.best.items()},
                **{f"mean.{name}": tensor for name, tensor in self.average.means.items()},
                **{
                    f"{kind}.{i}.{name}": tensor
                    for kind, optimizer in self.optimizers.items()
                    for i, slots in optimizer.state_dict()["state"].items()
                    for name, tensor in slots.items()
                },
                **_rng_state(self.device),
                **self.selection.tensors(),
                "loss": self._loss,
            },
            numbers={
                **{name: getattr(self, name) for name in _NUMBERS},
                "updates": self.average.updates,
            },
            shards=self.shards,
        )

    @cached_property
    def shards(self) -> StoredShards:
        """Which tensors of `snapshot` are rows of tables that other processes hold some of."""
        rows = {name: shard.rows for name, shard in table_shards(self.model)}
        by_id = {id(self.model.get_parameter(name)): n for name, n in rows.items()}
        slots = {
            f"{kind}.{i}": by_id[id(own)]
            for kind, optimizer in self.optimizers.items()
            for i, own in enumerate(own for group in optimizer.param_groups for own in group["params"])
            if id(own) in by_id
        }
        kept = {f"{kind}.{name}": n for name, n in rows.items() for kind in ("model", "best", "mean")}
        return StoredShards({**kept, **slots})

    def restore(self, state: RunState) -> None:
        """The inverse of `snapshot`."""
        self.model.load_state_dict(_under("model.", state.tensors))
        self.best = _under("best.", state.tensors)
        for name, mean in _under("mean.", state.tensors).items():
            self.average.means[name].copy_(mean)
        self.average.updates = state.numbers["updates"]
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
        for name in _NUMBERS:
            setattr(self, name, state.numbers[name])
        self.selection.restore(state.tensors, self.curve, self.best_step)
        self.batches, self._ahead = self._epoch_batches(), {}


class LossError(DinLensError):
    """The training loss is no number any more."""


_NUMBERS = ("step", "epoch", "place", "best_step", "seconds", "loss", "curve")
"""Of a run's state."""


def epoch_batches(train: Samples, options: FitOptions, epoch: int) -> list[Ints]:
    """The groups of each batch of an epoch."""
    return train.shuffled(options.batch_for(train.impressions), options.seed, epoch)


def most_epochs(options: FitOptions, steps: int) -> int:
    """Epochs of so many steps at most: as many as are given, else so many that they do not end a run."""
    return options.epochs or min(MOST_EPOCHS, max(LEAST_EPOCHS, math.ceil(LEAST_STEPS / max(1, steps))))


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
