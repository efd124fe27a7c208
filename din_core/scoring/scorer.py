"""One checkpoint, ready to score. Nothing about a user is kept between calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, chain
from pathlib import Path
from typing import Any

import numpy as np
import torch

from din_core.domain import CheckpointError, FoldedBehavior, History, Item, Scores, User
from din_core.domain.results import Floats
from din_core.domain.translatable import join_texts
from din_core.kernels.evaluation import accelerate_evaluation
from din_core.model.checkpoint import CONFIG, VOCABULARY, WEIGHTS, Checkpoint, load_checkpoint
from din_core.model.config import BEHAVIOR_TYPE, ModelConfig
from din_core.model.external.network import ExternalNetwork
from din_core.model.external.traits import ModuleTraits
from din_core.model.network import InterestNetwork
from din_core.model.ragged import Multi, RaggedBatch, Sets
from din_core.model.value_sets import Column, intern_sets, value_set
from din_core.model.vocabulary import Vocabulary, item_value
from din_core.scoring.devices import CPU, Device

DAY = 86_400
OPENING_PAIR = ("din", "base")
"""The pair that opens the app, where it is there."""
ITEMS_KEPT = 1 << 16
"""Items whose embedding rows are kept: some 300 bytes each, and the Item, which the store mostly keeps anyway."""


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a scorer: C candidates against one history."""

    history: History
    behaviors: tuple[FoldedBehavior, ...]
    """(T) as the model sees the history."""
    candidates: tuple[Item, ...]
    contexts: tuple[Mapping[str, str | None], ...]
    """(C)"""

    def part(self, span: slice) -> Request:
        """The same for some of the candidates."""
        return replace(self, candidates=self.candidates[span], contexts=self.contexts[span])


class Scorer:
    """Scores candidates against one history. Safe to share between threads: scoring changes nothing."""

    def __init__(self, checkpoint: Checkpoint, device: Device = CPU, placed: InterestNetwork | None = None) -> None:
        """`placed` is the checkpoint's network as `device.place` gave it, where it was asked."""
        self.checkpoint, self.device = checkpoint, device
        self.name = checkpoint.config.title
        self.placed = device.place(checkpoint.model) if placed is None else placed
        self._network = device.request_network(self.placed)
        self._known: dict[int, tuple[Item, tuple[int | tuple[int, ...], ...]]] = {}
        """By id: the object itself, so that the id stays its own, and its rows. Nothing that tells of a user."""

    @property
    def fingerprint(self) -> str:
        """The checkpoint's short hash."""
        return self.checkpoint.fingerprint

    @property
    def config(self) -> ModelConfig:
        """The checkpoint's architecture."""
        return self.checkpoint.config

    @cached_property
    def cpu_network(self) -> InterestNetwork:
        """The checkpoint's network on this machine's cores, with compiled kernels: for what no device is asked for."""
        return accelerate_evaluation(self.checkpoint.model)

    @property
    def known_types(self) -> tuple[str, ...]:
        """Types of behaviors that the model knows; () where it reads none."""
        known = self.checkpoint.vocabulary.behavior.get(BEHAVIOR_TYPE)
        return () if known is None else known.values

    @property
    def traits(self) -> ModuleTraits | None:
        """What was measured of a model that is not this project's; None of others, and where nothing was."""
        model = self.checkpoint.model
        return model.traits if isinstance(model, ExternalNetwork) else None

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
        most = self.config.max_history
        behaviors = history.folded(most) if self.config.folds else history.plain(most)
        c = len(candidates)
        contexts = (context,) * c if isinstance(context, Mapping) else tuple(context)
        if len(contexts) != c:
            raise ValueError(f"{len(contexts)} contexts for {c} candidates; give one, or one for each")
        return Request(history, behaviors, tuple(candidates), contexts)

    @torch.inference_mode()
    def score_together(self, requests: Sequence[Request]) -> list[Scores]:
        """Score several requests in one forward pass, each as if alone; those on one history object share it."""
        groups = list(_by_history(requests).values())
        batch = self.batch(groups)
        with self.device.stream():
            output = self._network(batch.to(self.device.device))
            scored, weights = output.logit.cpu(), output.weight.cpu()
        logit, probability = scored.numpy(), scored.sigmoid().numpy()
        kinds = len(self.checkpoint.vocabulary.item) if self.config.unit_per_field else 1
        weight = weights.numpy().reshape(-1, kinds)
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

    def batch(self, groups: Sequence[Sequence[Request]]) -> RaggedBatch:
        """What the network reads: one history a group, with the candidates of all its requests."""
        vocabulary = self.checkpoint.vocabulary
        lengths = [len(group[0].behaviors) for group in groups]
        behaviors = [behavior for group in groups for behavior in group[0].behaviors]
        counts = np.fromiter((behavior.count for behavior in behaviors), np.float32, len(behaviors))
        times = np.fromiter((behavior.last_timestamp for behavior in behaviors), np.int64, len(behaviors))
        as_of = np.repeat(np.array([group[0].history.as_of for group in groups], np.int64), lengths)
        candidates = [item for group in groups for request in group for item in request.candidates]
        contexts = [shown for group in groups for request in group for shown in request.contexts]
        sizes = [sum(len(request.candidates) for request in group) for group in groups]
        rows, sets = self._rows([*(behavior.item for behavior in behaviors), *candidates])
        return RaggedBatch(
            behavior=rows[: len(behaviors)],
            count=torch.from_numpy(counts),
            age=torch.from_numpy(((as_of - times) / DAY).astype(np.float32)),
            behavior_offsets=tuple(accumulate(lengths, initial=0)),
            candidate=rows[len(behaviors) :],
            candidate_offsets=tuple(accumulate(sizes, initial=0)),
            profile=_profile(vocabulary, *(group[0].history.user for group in groups)),
            context=torch.tensor(
                [[v.row(shown.get(name)) for name, v in vocabulary.context.items()] for shown in contexts],
                dtype=torch.int64,
            ).reshape(len(contexts), len(vocabulary.context)),
            behavior_type=self._type_rows(behaviors),
            sets=sets,
        )

    def _type_rows(self, behaviors: Sequence[FoldedBehavior]) -> torch.Tensor | None:
        """(n,) embedding rows of their types; None where the model reads none."""
        known = self.checkpoint.vocabulary.behavior.get(BEHAVIOR_TYPE)
        if known is None:
            return None
        return torch.tensor(known.rows_of(behavior.behavior_type for behavior in behaviors), dtype=torch.int64)

    def _rows(self, items: Sequence[Item]) -> tuple[torch.Tensor, Sets]:
        """(n, F) embedding rows or indices of the sets, looked up once an Item object."""
        known, several = self._known, self.config.several
        new = [item for item in items if id(item) not in known]
        if new:
            if len(known) + len(new) > ITEMS_KEPT:
                known = self._known = {}
                new = list(items)
            rows = zip(*item_columns(self.checkpoint.vocabulary, new), strict=True)
            known.update((id(item), (item, row)) for item, row in zip(new, rows, strict=True))
        found = [known[id(item)][1] for item in items]
        if any(several):
            return intern_sets(list(zip(*found, strict=True)) or [()] * len(several), several)
        flat = np.fromiter(chain.from_iterable(found), np.int64, len(items) * len(several))
        return torch.from_numpy(flat).view(len(items), len(several)), ()

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


def item_rows(vocabulary: Vocabulary, items: Sequence[Item]) -> tuple[torch.Tensor, Sets]:
    """(n, F) embedding rows, of the fields with several values indices of the sets; `item_id` is the item itself."""
    return intern_sets(item_columns(vocabulary, items), vocabulary.several_in_order)


def item_columns(vocabulary: Vocabulary, items: Sequence[Item]) -> list[Column]:
    """F columns of embedding rows, (n,) each; of the fields with several values, the set of them."""
    return [
        [value_set(v.rows_of(item.values(name))) for item in items]
        if name in vocabulary.several
        else v.rows_of(item_value(item, name, v) for item in items)
        for name, v in vocabulary.item.items()
    ]


def _profile(vocabulary: Vocabulary, *users: User) -> tuple[Multi, ...]:
    """Each user field's known values of G users."""
    found = []
    for name, v in vocabulary.user.items():
        rows = [[row for row in v.rows_of(user.values(name)) if row] for user in users]
        starts = list(accumulate(map(len, rows), initial=0))[:-1]
        found.append(
            Multi(
                torch.tensor(list(chain.from_iterable(rows)), dtype=torch.int64),
                torch.tensor(starts, dtype=torch.int64),
            )
        )
    return tuple(found)


def load_scorers(
    folder: Path, device: Device = CPU, unfit: Callable[[str, CheckpointError], None] | None = None
) -> dict[str, Scorer]:
    """Every checkpoint in the folders below `folder`, by folder name: `din` and `base` first, then by name.

    `unfit` is told of each folder whose checkpoint cannot be used, and why; without it, or where none can be used,
    that is raised.
    """
    found = sorted({path.parent for name in (WEIGHTS, CONFIG, VOCABULARY) for path in folder.glob(f"[!.]*/{name}")})
    if not found:
        raise CheckpointError(
            "{folder} holds 0 checkpoints; write one below it with `python -m trainer train --out {folder}/din`",
            folder=str(folder),
        )
    scorers, refused = {}, []
    for path in found:
        try:
            scorers[path.name] = Scorer(load_checkpoint(path), device)
        except CheckpointError as error:
            if unfit is None:
                raise
            unfit(path.name, error)
            refused.append(error)
    if not scorers:
        raise none_usable(folder, refused)
    first = [name for name in OPENING_PAIR if name in scorers]
    return {name: scorers[name] for name in dict.fromkeys([*first, *scorers])}


def none_usable(folder: Path, refused: Sequence[CheckpointError]) -> CheckpointError:
    """The error for a folder of checkpoints of which each was refused: why."""
    if len(refused) == 1:
        return refused[0]
    return CheckpointError(
        "none of the {n:,} checkpoints in {folder} can be used: {faults}",
        n=len(refused),
        folder=str(folder),
        faults=join_texts([error.text for error in refused]),
    )
