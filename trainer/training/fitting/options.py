"""How to fit a network."""

from __future__ import annotations

from dataclasses import dataclass

from din_core.domain import DinLensError
from trainer.training.fitting.optimisers.regularisation import REGULARISATIONS, Regularisation
from trainer.training.limits import MOST_BATCH, MOST_EPOCHS, MOST_RATE, MOST_SEED, MOST_WHOLE, within

BATCH = 1024
"""Impressions a step, where there are enough of them."""
LEAST_BATCH = 64
EPOCH_STEPS = 100
"""Smaller data have smaller batches, so that an epoch has about so many steps."""


@dataclass(frozen=True, slots=True)
class FitOptions:
    """How to fit; two equal option sets on the same samples and device give the same network.

    What is None is chosen: the batch and the most epochs by the size of the data, the others by validation data.
    """

    epochs: int | None = None
    """Passes over the data, at most."""
    batch_size: int | None = None
    """Impressions a step, about: a history's impressions stay together."""
    learning_rate: float | None = None
    """After a linear warm-up; it does not fall, as the mean of the weights is kept."""
    warmup_steps: int = 50
    regularisation: Regularisation = "decay"
    """Of the item embeddings; "mba-samples" and "mba-batches" update touched rows only, at a cost that does not
    grow with the tables."""
    embedding_decay: float | None = None
    """Decoupled weight decay of the item embeddings, each step on every row; with "decay" only."""
    mba: float = 0.01
    """λ of mini-batch aware regularisation; not used with "decay"."""
    decay: float = 0.0
    """Decoupled weight decay of everything else."""
    seed: int = 0
    evaluations_per_epoch: int = 4
    patience: int = 6
    """Evaluations without a better validation GAUC (see `selection`) before the run stops."""
    save_seconds: float = 60.0

    def __post_init__(self) -> None:
        limits = {"epochs": (1, MOST_EPOCHS), "batch_size": (1, MOST_BATCH), "learning_rate": (0, MOST_RATE)}
        limits |= {"embedding_decay": (0, MOST_WHOLE), "seed": (0, MOST_SEED)}
        limits |= {name: (1, MOST_WHOLE) for name in ("evaluations_per_epoch", "patience")}
        limits |= {name: (0, MOST_WHOLE) for name in ("mba", "decay")}
        for name, (least, most) in limits.items():
            value = getattr(self, name)
            if value is not None:
                within(name, value, least, most)
        if self.regularisation not in REGULARISATIONS:
            raise DinLensError(
                f"regularisation is {self.regularisation!r}, but must be one of {', '.join(REGULARISATIONS)}; "
                "give another value"
            )

    def batch_for(self, impressions: int) -> int:
        """Impressions a step on data of so many."""
        return self.batch_size or min(BATCH, max(LEAST_BATCH, impressions // EPOCH_STEPS))
