"""Exact rescoring of one candidate against changed histories, at the cost of the tower alone.

The tower reads behaviors through (v, intensity, repeats) alone. But for DIEN and TIN these are sums over occurrences,
or such sums over a total: removing a behavior leaves every other's weight before normalisation as it was, so that S
changed histories cost S rows of the tower and no attention. DIEN's evolution is run again on what is kept, and so is
TIN's attention where it reads ranks, as those before what is removed move up.

Dimensions: T behaviors, S changed histories, P players (groups of occurrences), D item embedding width, F item
fields, I intensities (1, or F with one unit per field), R counts of repeats (F + 1, or 0), K = D + I + R.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from din_core.domain.results import Floats
from din_core.model.network import InterestNetwork
from din_core.model.poolings.dien import InterestEvolution
from din_core.model.poolings.temporal_interest import TemporalInterest
from din_core.model.ragged import RaggedBatch, Sets
from din_core.scoring.fixed_context_tower import FixedContextTower
from din_core.scoring.rescoring.rescorer import WHOLE, CountRescorer, LeaveOneOutLogits

ROWS = 1024
"""Changed histories that go through the tower at once: what a core's own cache holds."""
PAIRS = 2**15
"""Behaviors of changed histories that DIEN's evolution runs over at once: some tens of MB."""
RANK_PAIRS = 2**18
"""The same of TIN's attention: some MB for each array."""


class PooledHistories(NamedTuple):
    """What the tower reads of S histories."""

    v: Tensor
    """(S, D) interest vectors; (S, 2D) where they hold the history's sum too"""
    intensity: Tensor
    """(S, I)"""
    repeats: Tensor | None
    """(S, R); None where the tower reads no counts"""


@dataclass(frozen=True)
class RescoringInputs:
    """What no behavior moves, and what each behavior brings."""

    network: InterestNetwork
    others: Tensor
    """(1, U + X) profile and context"""
    candidate: Tensor
    """(1, F) rows"""
    sets: Sets
    """Of which those are indices, where items have several values of a field"""
    q: Tensor
    """(1, D)"""
    count: Floats
    """(T,) repeats of each behavior in the history; 0 for additions"""
    tower: FixedContextTower | None
    """For the user and context; None of a model into which nobody can look."""
    matches: Tensor | None
    """(T, R) what one occurrence adds to the counts of repeats; None where the tower reads none"""

    def cast(self, pooled: PooledHistories) -> PooledHistories:
        """In the network's own precision."""
        v, intensity, repeats = (None if part is None else part.to(self.q.dtype) for part in pooled)
        assert v is not None
        assert intensity is not None
        return PooledHistories(v, intensity, repeats)

    def tower_input(self, pooled: PooledHistories) -> Tensor:
        """(S, W)."""
        s = len(pooled.v)
        fixed = (self.others.expand(s, -1), self.candidate.expand(s, -1), self.q.expand(s, -1))
        return self.network.tower_input(*fixed, *self.cast(pooled), self.sets)

    def logits(self, pooled: PooledHistories) -> Tensor:
        """(S,)."""
        logit: Tensor = self.network.tower(self.tower_input(pooled))
        return logit


class TowerRescorer(CountRescorer):
    """Of a network of this project's, whose tower reads what behaviors add up to."""

    has_line = True

    def __init__(self, inputs: RescoringInputs) -> None:
        super().__init__(inputs.count)
        self.inputs = inputs
        assert inputs.tower is not None
        self._tower = inputs.tower

    def logits(self, kept: Floats, players: Floats | None = None) -> Floats:
        """See CountRescorer."""
        changed = torch.as_tensor(np.atleast_2d(kept), dtype=torch.float64)
        brings = None if players is None else torch.as_tensor(players, dtype=torch.float64)
        return self._logits(self._pooled(changed, brings))

    @torch.no_grad()
    def _logits(self, pooled: Iterator[PooledHistories]) -> Floats:
        inputs = self.inputs
        parts = [self._tower(inputs.candidate, inputs.q, *inputs.cast(one), inputs.sets) for one in pooled]
        return np.asarray(torch.cat(parts).double())

    def logits_with_inputs(self, chosen: Sequence[Mapping[str, bool]]) -> Floats:
        """(S,) logits with each of `paths` as the full history has it (True) or as the empty one has it."""
        with torch.no_grad():
            kept = torch.as_tensor(np.stack([np.zeros_like(self.count), self.count]))
            empty, full = torch.cat([self.inputs.tower_input(pooled) for pooled in self._pooled(kept, None)])
            x = empty.repeat(len(chosen), 1)
            spans = self.inputs.network.input_spans()
            for row, choice in zip(x, chosen, strict=True):
                for name in (name for name, taken in choice.items() if taken):
                    row[spans[name]] = full[spans[name]]
            return np.asarray(self.inputs.network.tower(x).double())

    @property
    def paths(self) -> tuple[str, ...]:
        """Names of the tower's inputs that a behavior can move."""
        return tuple(self.inputs.network.input_spans())

    @abstractmethod
    def _pooled(self, kept: Tensor, players: Tensor | None) -> Iterator[PooledHistories]:
        """In pieces of bounded memory: kept (S, T), or (S, P) with players (P, T)."""

    def _repeats(self, kept: Tensor) -> Tensor | None:
        return None if self.inputs.matches is None else kept @ self.inputs.matches.to(kept.dtype)


class SumRescorer(TowerRescorer):
    """Every member but DIEN and a TIN of ranks: the tower reads sums over occurrences, some of them over a total."""

    row_budget = 2**16

    def __init__(self, inputs: RescoringInputs, k: Tensor, mass: Tensor, normalised: bool) -> None:
        """k (T, D); mass (T, I) is what an occurrence weighs, before the division by a total if normalised."""
        super().__init__(inputs)
        fields = [f.width for f in inputs.network.config.item_fields] if mass.shape[1] > 1 else [k.shape[1]]
        self._widths = torch.tensor(fields if k.shape[1] else [0] * mass.shape[1])
        self._normalised = normalised
        # A weight for all of k is multiplied as it is: repeating it costs more than the product.
        weighed = mass * k if mass.shape[1] == 1 else mass.repeat_interleave(self._widths, 1) * k
        columns = [weighed, mass]
        self.terms = torch.cat(columns if inputs.matches is None else [*columns, inputs.matches.double()], 1)
        """(T, K) what one occurrence adds to the sums of v, of intensity and of repeats"""

    def line(self, at: Floats) -> tuple[Floats, Floats]:
        """The straight line of (v, intensity, repeats) from 0; a behavior's share is what it adds at the end."""
        count = torch.as_tensor(self.count)
        dtype = self.inputs.q.dtype
        shares = count[:, None] * self.terms  # (T, K)
        if self._normalised:
            total = self._spread(shares.sum(0, keepdim=True))
            shares = shares / torch.where(total > 0, total, 1)
        with torch.enable_grad():
            state = (torch.as_tensor(at)[:, None] * shares.sum(0)).to(dtype).requires_grad_()  # (S, K)
            logit = self.inputs.logits(self._split(state))
            (slope,) = torch.autograd.grad(logit.sum(), state)
        return np.asarray(logit.detach().double()), np.asarray(slope.double() @ shares.T)

    def _pooled(self, kept: Tensor, players: Tensor | None) -> Iterator[PooledHistories]:
        # What is kept is summed, never a difference from the whole: nothing cancels when little is left.
        terms = self.terms if players is None else players @ self.terms
        for some in torch.split(kept, ROWS):
            yield self._pooled_sums(some @ terms)

    def leave_one_out_logits(self) -> LeaveOneOutLogits:
        """See CountRescorer."""
        # What is before a behavior and what is after it, each summed on the way to it: T sums in the place of T².
        shares = torch.as_tensor(self.count)[:, None] * self.terms
        t = len(shares)
        sums = shares.new_zeros(t + 2, shares.shape[1])  # without each, with all, with none
        if t:
            torch.cumsum(shares[:-1], 0, out=sums[1:t])
            from_each_on = shares.flip(0).cumsum(0).flip(0)
            sums[: t - 1] += from_each_on[1:]
            sums[t] = from_each_on[0]
        logits = self._logits(self._pooled_sums(some) for some in torch.split(sums, ROWS))
        return LeaveOneOutLogits(logits[:t], float(logits[t]), float(logits[t + 1]))

    def _pooled_sums(self, sums: Tensor) -> PooledHistories:
        """sums (S, K) of terms over what is kept."""
        if self._normalised:
            total = self._spread(sums)
            sums = sums / torch.where(total > 0, total, 1)
        return self._split(sums)

    def _split(self, sums: Tensor) -> PooledHistories:
        d, i = int(self._widths.sum()), len(self._widths)
        return PooledHistories(
            sums[:, :d], sums[:, d : d + i], sums[:, d + i :] if self.inputs.matches is not None else None
        )

    def _spread(self, sums: Tensor) -> Tensor:
        """(S, K): the total mass each column is divided by."""
        d, i = int(self._widths.sum()), len(self._widths)
        total = sums[:, d : d + i]
        return torch.cat([total.repeat_interleave(self._widths, 1), total, torch.ones_like(sums[:, d + i :])], 1)


class EvolutionRescorer(TowerRescorer):
    """DIEN: the evolution is run again on the behaviors that are kept."""

    row_budget = 2**12
    has_path = True

    def __init__(self, inputs: RescoringInputs, k: Tensor, batch: RaggedBatch) -> None:
        """k (T, D); batch is the scenario's own."""
        super().__init__(inputs)
        self._k, self._batch = k, batch

    @property
    def _pooling(self) -> InterestEvolution:
        pooling = self.inputs.network.pooling
        assert isinstance(pooling, InterestEvolution)
        return pooling

    @torch.no_grad()
    def path(self) -> tuple[Floats, Floats]:
        """(T,) attention on each behavior and (T + 1, D) the interest state: before the first step, then after each."""
        interest = self._pooling.extract(self._k, self._batch)
        attention = self._pooling.attend(self.inputs.q, interest, self._batch)
        return np.asarray(attention.double()), np.asarray(self._pooling.evolution.path(interest, attention).double())

    def line(self, at: Floats) -> tuple[Floats, Floats]:
        """Attention, the history's sum and repeats from 0 to their values.

        Under AGRU and AUGRU no attention is no evolution.
        """
        kept = torch.as_tensor(self.count) > 0
        k, s, t = self._k[kept], len(at), int(kept.sum())
        one = self._changed(kept[None])
        several = replace(one, candidate=self.inputs.candidate.expand(s, -1), candidate_offsets=(0, s))
        q = self.inputs.q
        with torch.no_grad():
            interest = self._pooling.extract(k, one)
            attention = self._pooling.attend(q, interest, one)  # (t,)
        matches = None if self.inputs.matches is None else self.inputs.matches[kept].to(q.dtype)
        fraction = torch.as_tensor(at, dtype=q.dtype)
        with torch.enable_grad():
            along = (attention[:, None] * fraction).requires_grad_()  # (t, S)
            v = self._pooling.evolution(interest, along.reshape(-1), several)
            there = fraction.expand(t, s).clone().requires_grad_()  # how much of each behavior sum and counts hold
            if self._pooling.history_sum:
                v = torch.cat([v, there.T @ k], 1)
            repeats = None if matches is None else there.T @ matches
            logit = self.inputs.logits(PooledHistories(v, along.sum(0)[:, None], repeats))
            by_attention, by_presence = torch.autograd.grad(
                logit.sum(), (along, there), allow_unused=True, materialize_grads=True
            )
        slopes = np.zeros((s, len(self.count)))
        slopes[:, kept.numpy()] = (by_attention * attention[:, None] + by_presence).T.double().numpy()
        return np.asarray(logit.detach().double()), slopes

    def _pooled(self, kept: Tensor, players: Tensor | None) -> Iterator[PooledHistories]:
        for some in torch.split(kept, max(1, PAIRS // max(1, len(self.count)))):
            here = some if players is None else some @ players
            whole = here > 0.5
            if not torch.equal(whole.double(), here):
                raise ValueError(WHOLE)
            batch = self._changed(whole)
            _, v, intensity, _ = self._pooling(
                self.inputs.q.expand(len(here), -1), self._k[whole.nonzero()[:, 1]], batch
            )
            yield PooledHistories(v, intensity, self._repeats(here))

    def _changed(self, kept: Tensor) -> RaggedBatch:
        """kept (S, T) bool → S histories, each with the one candidate."""
        rows = kept.nonzero()[:, 1]
        s = len(kept)
        return replace(
            self._batch.with_behaviors(rows, (0, *kept.sum(1).cumsum(0).tolist())),
            candidate=self.inputs.candidate.expand(s, -1),
            candidate_offsets=tuple(range(s + 1)),
        )


class RankRescorer(SumRescorer):
    """A TIN that encodes ranks: weights are computed again for the ranks that behaviors have among those kept.

    q̃·(k_t + p_r) = q̃·k_t + q̃·p_r: a changed history costs as many numbers as it has behaviors.
    """

    row_budget = 2**14

    def __init__(self, inputs: RescoringInputs, k: Tensor) -> None:
        """k (T, D)."""
        pooling = inputs.network.pooling
        assert isinstance(pooling, TemporalInterest)
        assert pooling.temporal is not None
        self._pooling, self._k, self._p = pooling, k.double(), pooling.temporal.weight.detach().double()
        self._target = pooling.encode_target(inputs.q).double()  # (1, D)
        there = torch.as_tensor(inputs.count)[None] > 0
        rank, weight = self._weigh(there)
        keys = pooling.represent(self._target, self._k + self._p[rank[0]])
        super().__init__(inputs, keys, weight.T, normalised=False)  # for `line`, on which ranks are the whole history's

    def _pooled(self, kept: Tensor, players: Tensor | None) -> Iterator[PooledHistories]:
        for some in torch.split(kept, max(1, RANK_PAIRS // max(1, len(self.count)))):
            here = some if players is None else some @ players
            there = here > 0.5
            if not torch.equal(there.double(), here):
                raise ValueError(WHOLE)
            rank, weight = self._weigh(there)
            by_rank = weight.new_zeros(len(there), len(self._p)).scatter_add_(1, rank, weight)
            total = weight @ self._k + by_rank @ self._p
            v = self._pooling.represent(self._target, total)
            yield PooledHistories(v, weight.sum(1, keepdim=True), self._repeats(here))

    leave_one_out_logits = CountRescorer.leave_one_out_logits  # what is gone moves the ranks of others

    def _weigh(self, there: Tensor) -> tuple[Tensor, Tensor]:
        """there (S, T) bool → (S, T) rows of p, and (S, T) weights, 0 for what is not there."""
        rank = self._pooling.known(there.flip(1).cumsum(1).flip(1))
        score = (self._target @ self._k.T) + (self._target @ self._p.T)[0][rank]  # (S, T)
        if self._pooling.normalisation == "none" or not score.numel():
            return rank, score * there
        score = (score * self._pooling.scale).masked_fill(~there, -torch.inf)
        largest = score.amax(1, keepdim=True).nan_to_num(neginf=0.0)
        share = (score - largest).exp()
        total = share.sum(1, keepdim=True)
        return rank, share / torch.where(total > 0, total, 1)
