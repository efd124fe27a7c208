"""Training steps of one network on made data, ready to be timed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch.utils.flop_counter import FlopCounterMode

from din_core.kernels.accelerate import accelerate
from din_core.model.config import ModelConfig
from din_core.model.network import InterestNetwork
from trainer.training.fitting.options import FitOptions
from trainer.training.fitting.run import Run
from trainer.training.fitting.workers import SOLE, SoleWorker
from trainer.training.samples import Samples

WARMUP_STEPS = 3
"""Steps before the first that is timed, the one whose operations are counted among them"""

Change = Callable[[InterestNetwork], None]


def unchanged(network: InterestNetwork) -> None:
    """Change nothing."""


class TrainingSteps:
    """The steps that `trainer.training.fitting.fit` makes, one burst a call."""

    def __init__(
        self,
        config: ModelConfig,
        samples: Samples,
        options: FitOptions,
        burst: int,
        accelerated: bool = True,
        change: Change = unchanged,
        device: str = "cpu",
        workers: SoleWorker = SOLE,
    ) -> None:
        """`change` may put other modules in the network's place before anything runs; each of `workers` calls this."""
        network = workers.network(config, seed=0).to(device)
        change(network)
        on_device = samples.to(torch.device(device))
        # one evaluation, at the very end of the samples, where no timing gets to
        once = replace(options, epochs=1, evaluations_per_epoch=1)
        self.run = Run(network, on_device, on_device, once, accelerated=False, workers=workers)
        self.burst = burst
        self.samples_step = self.run.batch_size
        self.pairs_step = self.run.batch_size * samples.pairs / samples.impressions
        with FlopCounterMode(display=False) as counter:
            seen = self.run.advance()
        self.flop_sample = counter.get_total_flops() / seen
        if accelerated:
            self.run.network = workers.computing(network, accelerate).train()
        self._steps(WARMUP_STEPS - 1)

    def __call__(self) -> None:
        """One burst."""
        self._steps(self.burst)

    def _steps(self, n: int) -> None:
        for _ in range(n):
            self.run.advance()

    def samples_second(self, seconds: float) -> float:
        """Impressions a second when a burst took so long."""
        return self.burst * self.samples_step / seconds

    def pairs_second(self, seconds: float) -> float:
        """Real pairs a second when a burst took so long."""
        return self.burst * self.pairs_step / seconds


def steps_needed(rounds: int, burst: int) -> int:
    """Steps of a comparison: what is not counted, the turns, and some that stay over for the end."""
    return WARMUP_STEPS + (rounds + 1) * burst + 2
