"""A model of somebody else in the place of a network: it gives logits and weights, and nothing else is known of it.

Dimensions as in `ragged.py`: G histories, N behaviors, M candidates, P pairs.
"""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor, nn

from din_core.domain import DinLensError, ModelFailure
from din_core.model.config import ModelConfig
from din_core.model.external.module_batch import ModuleBatch, Padding, module_batch
from din_core.model.external.output import checked_embeddings, checked_output
from din_core.model.external.traits import ModuleTraits
from din_core.model.network import InterestNetwork, Output
from din_core.model.ragged import RaggedBatch

BEHAVIORS = 2**15
"""Behaviors, those behind the end of a history too, that a model is given at once."""


class OwnModel(Protocol):
    """What an owner writes, as a `torch.nn.Module`."""

    def __call__(self, batch: ModuleBatch) -> tuple[Tensor, Tensor]:
        """(B,) logits and (B, T) weights, any real numbers; what stands behind the end of a history is not read."""


class CalibratedLogit(nn.Module):
    """What a calibration does to the logits: slope · logit + bias."""

    def __init__(self) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.ones(()))
        self.bias = nn.Parameter(torch.zeros(()))

    def forward(self, logit: Tensor) -> Tensor:
        """(M,) → (M,)."""
        return logit * self.slope + self.bias

    @torch.no_grad()
    def map_logits(self, slope: float, bias: float) -> None:
        """Make each logit slope · logit + bias."""
        self.slope.copy_(self.slope.double() * slope)
        self.bias.copy_(self.bias.double() * slope + bias)


class ExternalNetwork(InterestNetwork):
    """Scores as every network does; there are no embeddings, no pooling and no tower to look into."""

    tower: CalibratedLogit  # type: ignore[assignment]

    def __init__(self, config: ModelConfig, module: nn.Module) -> None:
        nn.Module.__init__(self)  # none of the parts of a network of ours
        self.config, self.module, self.counts = config, module, None
        self.tower = CalibratedLogit()
        self.traits: ModuleTraits | None = None
        """What was measured of it; None where nothing was."""

    def forward(self, batch: RaggedBatch) -> Output:
        """Score every candidate of the batch against its history, some rows after the others."""
        padding = Padding.of(batch)
        candidates, longest = len(batch.candidate), padding.longest
        rows = max(1, BEHAVIORS // longest)
        logits, weight = [], batch.count.new_zeros(candidates, longest)
        for start in range(0, candidates, rows):
            one = module_batch(batch, padding, slice(start, start + rows))
            logit, own = self.run(one)
            logits.append(logit)
            weight[start : start + rows, : own.shape[1]] = own
        logit = self.tower(torch.cat(logits)) if logits else batch.count.new_zeros(0)
        behavior, candidate = batch.pairs()
        of_pairs = weight[candidate, behavior - padding.starts[candidate]]
        return Output(logit, of_pairs, batch.count.new_zeros(candidates, 0))

    @property
    def embeds(self) -> bool:
        """Whether its owner shows the embeddings of items."""
        return callable(getattr(self.module, "embed", None))

    def embed(self, rows: Tensor) -> Tensor:
        """(n, F) codes of items → (n, D) as the module's own method `embed` has them; ModelFailure for anything else.

        ValueError where `embeds` is not so.
        """
        if not self.embeds:
            raise ValueError(f"{self.config.title} has no method embed")
        return checked_embeddings(self._guarded(self.module.embed, rows, len(rows)), rows, self.config.title)

    def run(self, batch: ModuleBatch) -> tuple[Tensor, Tensor]:
        """(B,) logits before any calibration and (B, T) weights; ModelFailure where the model gives anything else."""
        return checked_output(self._guarded(self.module, batch, len(batch)), batch, self.config.title)

    def _guarded(self, part: Any, given: object, n: int) -> Any:
        """What the owner's code gives; ModelFailure for whatever it raises, which is this model's fault alone."""
        try:
            return part(given)
        except DinLensError:
            raise
        except Exception as error:
            raise ModelFailure(
                "{name} failed on {n:,} candidates ({error}); mend the model, or take its checkpoint away",
                name=self.config.title,
                n=n,
                error=f"{type(error).__name__}: {error}",
            ) from error
