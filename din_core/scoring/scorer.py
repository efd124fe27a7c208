"""One checkpoint, ready to score. Nothing about a user is kept between calls.

No torch: what computes is a `ScoringEngine`, of which the one on this machine is imported where it is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from din_core.domain import FoldedBehavior, History, Item, Scores
from din_core.domain.results import Floats
from din_core.model.batches.batch_arrays import BatchArrays
from din_core.model.config import BEHAVIOR_TYPE, ModelConfig
from din_core.model.external.traits import ModuleTraits
from din_core.model.stored.files import CheckpointFacts, network_elsewhere
from din_core.scoring.engine import ScoringEngine
from din_core.scoring.request_encoder import Request, RequestEncoder

if TYPE_CHECKING:
    from din_core.model.checkpoint import Checkpoint
    from din_core.model.ragged import RaggedBatch
    from din_core.scoring.devices import Device
    from din_core.scoring.local_engine import LocalEngine


class Scorer:
    """Scores candidates against one history. Safe to share between threads: scoring changes nothing."""

    def __init__(
        self, checkpoint: CheckpointFacts, device: Device | None = None, engine: ScoringEngine | None = None
    ) -> None:
        """By `engine`; where none is given, by the checkpoint's network on a device of this machine, its cores unless
        another is named."""
        self.checkpoint = cast("Checkpoint", checkpoint)
        """Its `model` is a DinLensError where another machine computes."""
        self.name = checkpoint.config.title
        self.engine = local_engine(self.checkpoint, device) if engine is None else engine
        self._encoder = RequestEncoder(checkpoint.vocabulary)

    @property
    def fingerprint(self) -> str:
        """The checkpoint's short hash."""
        return self.checkpoint.fingerprint

    @property
    def config(self) -> ModelConfig:
        """The checkpoint's architecture."""
        return self.checkpoint.config

    @property
    def known_types(self) -> tuple[str, ...]:
        """Types of behaviors that the model knows; () where it reads none."""
        known = self.checkpoint.vocabulary.behavior.get(BEHAVIOR_TYPE)
        return () if known is None else known.values

    @property
    def traits(self) -> ModuleTraits | None:
        """What was measured of a model that is not this project's; None of others, and where nothing was."""
        return self.engine.traits

    @property
    def card(self) -> str:
        """The model card, Markdown."""
        return self.checkpoint.card

    @property
    def metrics(self) -> Mapping[str, Any]:
        """What `metrics.json` holds."""
        return self.checkpoint.metrics

    def score(
        self,
        history: History,
        candidates: Sequence[Item],
        context: Mapping[str, str | None] | Sequence[Mapping[str, str | None]],
    ) -> Scores:
        """Score C candidates in one forward pass, all shown in the same context or each in its own.

        Values that the vocabulary does not know, and context fields that are not given, are scored as unknown.
        """
        return self.score_together([self.prepare(history, candidates, context)])[0]

    def prepare(
        self,
        history: History,
        candidates: Sequence[Item],
        context: Mapping[str, str | None] | Sequence[Mapping[str, str | None]],
    ) -> Request:
        """What `score` is asked, as `score_together` takes it; ValueError where contexts do not fit the candidates."""
        c = len(candidates)
        contexts = (context,) * c if isinstance(context, Mapping) else tuple(context)
        if len(contexts) != c:
            raise ValueError(f"{len(contexts)} contexts for {c} candidates; give one, or one for each")
        return Request(history, self.seen(history), tuple(candidates), contexts)

    def seen(self, history: History) -> tuple[FoldedBehavior, ...]:
        """(T) as the model sees the history: repeats folded where it folds them, the newest `max_history`."""
        most = self.config.max_history
        return history.folded(most) if self.config.folds else history.plain(most)

    def score_together(self, requests: Sequence[Request]) -> list[Scores]:
        """Score several requests in one forward pass, each as if alone; those on one history object share it."""
        groups = list(_by_history(requests).values())
        logit, probability, weights = self.engine.scores(self.arrays(groups))
        kinds = len(self.checkpoint.vocabulary.item) if self.config.unit_per_field else 1
        weight = weights.reshape(-1, kinds)
        found: dict[int, Scores] = {}
        start, first = 0, 0  # of the group's pairs and candidates
        for group in groups:
            t, c = len(group[0].behaviors), sum(len(request.candidates) for request in group)
            block = weight[start : start + t * c].reshape(t, c, kinds)
            start += t * c
            column = 0
            for request in group:
                own = slice(column, column + len(request.candidates))
                column = own.stop
                rows = slice(first + own.start, first + own.stop)
                found[id(request)] = self._scores(request, probability[rows], logit[rows], block[:, own])
            first += c
        return [found[id(request)] for request in requests]

    def arrays(self, groups: Sequence[Sequence[Request]]) -> BatchArrays:
        """What the network reads: one history a group, with the candidates of all its requests."""
        return self._encoder.batch(groups)

    def batch(self, groups: Sequence[Sequence[Request]]) -> RaggedBatch:
        """`arrays` as tensors, for who has torch."""
        from din_core.model.ragged import RaggedBatch

        return RaggedBatch.of(self.arrays(groups))

    @property
    def local(self) -> LocalEngine:
        """The engine of this machine; DinLensError where another machine computes."""
        from din_core.scoring.local_engine import LocalEngine

        if not isinstance(self.engine, LocalEngine):
            raise network_elsewhere(self.name)
        return self.engine

    def _scores(self, request: Request, probability: Floats, logit: Floats, block: Floats) -> Scores:
        """probability and logit (C,), block (T, C, 1 or F) weights."""
        weights = block.transpose(2, 1, 0).copy()
        return Scores(
            model=self.name,
            fingerprint=self.fingerprint,
            pooling=self.config.pooling,
            normalisation=self.config.normalisation,
            candidates=request.candidates,
            behaviors=request.behaviors,
            probability=probability.copy(),  # not a window on what others asked
            logit=logit.copy(),
            weight=weights[0],
            field_weight=dict(zip(self.checkpoint.vocabulary.item, weights, strict=True))
            if self.config.unit_per_field
            else None,
        )


def _by_history(requests: Sequence[Request]) -> dict[int, list[Request]]:
    groups: dict[int, list[Request]] = {}
    for request in requests:
        groups.setdefault(id(request.history), []).append(request)
    return groups


def local_engine(checkpoint: Checkpoint, device: Device | None = None) -> LocalEngine:
    """By a device of this machine, its cores where none is named. The first call imports torch."""
    from din_core.scoring.local_engine import LocalEngine

    return LocalEngine(checkpoint, device)
