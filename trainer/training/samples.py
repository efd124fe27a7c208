"""Training samples: impressions grouped by (user, time), each group with one folded history.

Everything is built once and stays as flat arrays, in memory or, where they are large, in mapped files; a batch is a set
of slices of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from din_core.domain import CheckpointError, DinLensError, values_of
from din_core.domain.entities import USER_ID
from din_core.model.batches.item_sets import value_set
from din_core.model.config import BEHAVIOR_TYPE
from din_core.model.ragged import Multi, RaggedBatch, Sets, to_device
from din_core.model.value_sets import intern_sets, used_sets
from din_core.model.vocabulary import (
    UNKNOWN_ROW,
    FieldValues,
    VectorItems,
    Vocabulary,
    one_value,
)
from din_core.store import BulkTables
from din_core.store.growing_array import GrowingArray
from trainer.training.fields.training_vocabulary import ITEM_FIELD, item_column, stretches
from trainer.training.mapped_memory import IN_ORDER, RANDOM, WILL_NEED, advise, advise_rows
from trainer.training.model_fields import item_columns
from trainer.training.sample_order import BLOCK, MOST_MIXED, mixed_blocks

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
ReadHistories = Callable[[BulkTables, Ints, Ints, int], tuple[Ints, Floats, Ints, Ints]]
"""`folded_histories` or `plain_histories`."""
Histories = Callable[[ReadHistories, BulkTables, Ints, Ints, int], tuple[Ints, Floats, Floats, Ints]]
"""As `read_histories`."""
SPLITS = ("train", "valid", "test")
DAY = 86_400


@dataclass(frozen=True)
class Samples:
    """G groups of one split. All arrays are resident on one device but the offsets, which steer slicing."""

    item_rows: Tensor
    """(items, F) field rows of every item of the store; of a field with several values the indices of its sets"""
    behavior: Tensor
    """(N,) item positions of distinct behaviors, group by group, oldest first"""
    count: Tensor
    """(N,) float repeats"""
    age: Tensor
    """(N,) float days from the newest repeat to the impression"""
    behavior_offsets: Ints
    candidate: Tensor
    """(M,) item positions"""
    candidate_offsets: Ints
    context: Tensor
    """(M, X)"""
    label: Tensor
    """(M,) float"""
    profile_rows: tuple[Tensor, ...]
    """per user field, all users' value rows end to end"""
    profile_offsets: tuple[Ints, ...]
    """per user field, (users + 1)"""
    user: Ints
    """(G,) user position of each group"""
    time: Ints
    """(G,) seconds"""
    impression: Ints
    """(M,) position of each candidate's impression in the store's bulk tables"""
    behavior_type: Tensor | None = None
    """(N,) rows of the behaviors' types; None where the model reads none"""
    sets: Sets = ()
    """All sets of the store's items, where items have several values of a field"""

    @property
    def groups(self) -> int:
        """G."""
        return len(self.user)

    @property
    def impressions(self) -> int:
        """M."""
        return int(self.candidate_offsets[-1])

    @property
    def pairs(self) -> int:
        """Real (behavior, candidate) pairs of all groups."""
        return int((np.diff(self.behavior_offsets) * np.diff(self.candidate_offsets)).sum())

    @property
    def large(self) -> bool:
        """Whether the arrays of behaviors lie in mapped files that memory may not hold."""
        return len(self.behavior) > MOST_MIXED

    @property
    def _mapped(self) -> list[Tensor]:
        types = [] if self.behavior_type is None else [self.behavior_type]
        return [self.behavior, self.count, self.age, *types]

    def _read_ahead(self, groups: Ints) -> None:
        """Let the system read the blocks that these groups are of, whole and at once."""
        blocks = np.unique(groups // BLOCK)
        ends = np.minimum((blocks + 1) * BLOCK, self.groups)
        spans = list(
            zip(self.behavior_offsets[blocks * BLOCK].tolist(), self.behavior_offsets[ends].tolist(), strict=True)
        )
        for tensor in self._mapped:
            advise_rows(tensor, spans, WILL_NEED)

    def batch(self, groups: Ints) -> tuple[RaggedBatch, Tensor]:
        """The batch of some groups, in that order, and its (M,) labels."""
        return self.batches([groups])[0]

    def batches(self, several: Sequence[Ints]) -> list[tuple[RaggedBatch, Tensor]]:
        """Batches of some groups each, gathered at once: each is slices of what all of them read."""
        groups = np.concatenate(several)
        if self.large:
            self._read_ahead(groups)
        behaviors, behavior_offsets = self._slices(self.behavior_offsets, groups)
        candidates, candidate_offsets = self._slices(self.candidate_offsets, groups)
        behavior, count, age = self._items(behaviors(self.behavior)), behaviors(self.count), behaviors(self.age)
        types = None if self.behavior_type is None else behaviors(self.behavior_type)
        candidate = self._items(candidates(self.candidate))
        context, label = candidates(self.context), candidates(self.label)
        values = [self._slices(offsets, self.user[groups]) for offsets in self.profile_offsets]
        profile = [
            (of_users(rows), offsets) for rows, (of_users, offsets) in zip(self.profile_rows, values, strict=True)
        ]
        found = []
        for span in pairwise(accumulate(map(len, several), initial=0)):
            t, own_behaviors = _span(behavior_offsets, *span)
            c, own_candidates = _span(candidate_offsets, *span)
            users = []
            for rows, offsets in profile:
                u, own_values = _span(offsets, *span)
                users.append(Multi(rows[u], to_device(own_values[:-1], rows.device)))
            past, shown = (behavior[t], count[t], age[t], own_behaviors), (candidate[c], own_candidates)
            batch = RaggedBatch(
                *past, *shown, tuple(users), context[c],
                behavior_type=None if types is None else types[t], sets=self.sets,
            )  # fmt: skip
            found.append((used_sets(batch), label[c]))
        return found

    def _slices(self, offsets: Ints, groups: Ints) -> tuple[Callable[[Tensor], Tensor], Ints]:
        """From what all groups hold to what these hold, end to end; and its offsets."""
        index, new = _slices(offsets, groups)
        there = to_device(index, self.count.device)
        return (lambda values: values.index_select(0, there)), new

    def _items(self, position: Tensor) -> Tensor:
        """Item positions (n,) → their field rows (n, F)."""
        return self.item_rows.index_select(0, position)

    def of_groups(self, groups: Ints) -> Samples:
        """The samples of some groups, in that order."""
        behaviors, behavior_offsets = _slices(self.behavior_offsets, groups)
        candidates, candidate_offsets = _slices(self.candidate_offsets, groups)
        past, shown = torch.from_numpy(behaviors), torch.from_numpy(candidates)
        return replace(
            self,
            **{name: getattr(self, name)[past] for name in ("behavior", "count", "age")},
            **{name: getattr(self, name)[shown] for name in ("candidate", "context", "label")},
            behavior_offsets=behavior_offsets,
            candidate_offsets=candidate_offsets,
            user=self.user[groups],
            time=self.time[groups],
            impression=self.impression[candidates],
            behavior_type=None if self.behavior_type is None else self.behavior_type[past],
        )

    def shuffled(self, batch_size: int, seed: int, epoch: int) -> list[Ints]:
        """The groups of each batch of an epoch, about `batch_size` impressions each; a function of its arguments."""
        rng = np.random.default_rng([seed, epoch])
        order = mixed_blocks(self.groups, rng) if self.large else rng.permutation(self.groups)
        if self.large:
            advise(self._mapped, RANDOM)
        return _cut(order, np.diff(self.candidate_offsets)[order], batch_size)

    def in_order(self, batch_size: int) -> Iterator[Ints]:
        """The same without shuffling, for evaluation."""
        yield from _cut(np.arange(self.groups), np.diff(self.candidate_offsets), batch_size)

    def fingerprint(self) -> str:
        """Short hash of all that a batch is made of: another store or vocabulary gives another."""
        digest = hashlib.sha256()
        if self.large:
            advise(self._mapped, IN_ORDER)
        several = [part for own in self.sets if own is not None for part in (own.rows, own.offsets)]
        tensors = [self.item_rows, self.behavior, self.count, self.age, self.candidate, self.context, self.label]
        tensors += [*([] if self.behavior_type is None else [self.behavior_type]), *self.profile_rows, *several]
        for array in (*(tensor.cpu().numpy() for tensor in tensors), self.behavior_offsets, self.user):
            digest.update(np.ascontiguousarray(array).reshape(-1).data)
        if self.large:
            advise(self._mapped, RANDOM)
        return digest.hexdigest()[:12]

    def to(self, device: torch.device) -> Samples:
        """The same samples, resident on `device`."""
        moved = {
            name: getattr(self, name).to(device)
            for name in ("item_rows", "behavior", "count", "age", "candidate", "context", "label")
        }
        rows = tuple(rows.to(device) for rows in self.profile_rows)
        types = None if self.behavior_type is None else self.behavior_type.to(device)
        sets = tuple(own and own.to(device) for own in self.sets)
        return Samples(**{**self.__dict__, **moved, "profile_rows": rows, "behavior_type": types, "sets": sets})


def _cut(order: Ints, sizes: Ints, batch_size: int) -> list[Ints]:
    """Consecutive runs of `order` whose sizes add up to about `batch_size`."""
    batch_of = (np.cumsum(sizes) - sizes) // batch_size
    return np.split(order, np.flatnonzero(np.diff(batch_of)) + 1) if len(order) else []


def _slices(offsets: Ints, groups: Ints) -> tuple[Ints, Ints]:
    """Positions of the slices [offsets[g], offsets[g+1]) end to end, and the new offsets."""
    starts = offsets[groups]
    new = np.concatenate([[0], np.cumsum(offsets[groups + 1] - starts)])
    return np.arange(new[-1]) + np.repeat(starts - new[:-1], np.diff(new)), new


def _span(offsets: Ints, start: int, stop: int) -> tuple[slice, Ints]:
    """Where groups start to stop lie, and their own offsets."""
    own = offsets[start : stop + 1]
    return slice(own[0], own[-1]), own - own[0]


def build_samples(
    bulk: BulkTables,
    vocabulary: Vocabulary,
    split: str,
    max_history: int,
    folds: bool = True,
    histories: Histories | None = None,
) -> Samples:
    """All impressions of one split, grouped by (user, time), with histories strictly before that time.

    With `folds`, repeats of an item are one behavior with a count; else each stands for itself, oldest first. Where the
    vocabulary has types of behaviors it does. `histories` reads them in another way than `read_histories`.
    """
    check_fields(bulk, vocabulary)
    chosen = impressions_of(bulk, split)
    user, time = bulk.impression_user[chosen], bulk.impression_time[chosen]
    first = np.flatnonzero(np.concatenate([[True], (np.diff(user) != 0) | (np.diff(time) != 0)]))
    read = folded_histories if folds and not vocabulary.behavior else plain_histories
    histories = histories or read_histories
    behavior, count, age, behavior_offsets = histories(read, bulk, user[first], time[first], max_history)
    profile = [_profile_rows(_profile_values(bulk, name), v) for name, v in vocabulary.user.items()]
    rows, sets = item_rows(bulk, vocabulary)
    context = [_context_rows(bulk.impression_context[name], v)[chosen] for name, v in vocabulary.context.items()]
    return Samples(
        item_rows=rows,
        sets=sets,
        behavior=torch.from_numpy(behavior),
        count=torch.from_numpy(count),
        age=torch.from_numpy(age),
        behavior_offsets=behavior_offsets,
        candidate=torch.from_numpy(bulk.impression_item[chosen]),
        candidate_offsets=np.append(first, len(chosen)),
        context=torch.from_numpy(np.array(context, np.int64).reshape(len(context), len(chosen)).T.copy()),
        label=torch.from_numpy(bulk.impression_label[chosen].astype(np.float32)),
        profile_rows=tuple(torch.from_numpy(rows) for rows, _ in profile),
        profile_offsets=tuple(offsets for _, offsets in profile),
        user=user[first],
        time=time[first],
        impression=chosen,
        behavior_type=_type_rows(bulk, vocabulary, user[first], time[first], max_history),
    )


def impressions_of(bulk: BulkTables, split: str) -> Ints:
    """(M,) positions of a split's impressions by user and time, the order of its samples; DinLensError for none."""
    chosen = np.flatnonzero(bulk.impression_split == split)
    if not chosen.size:
        raise DinLensError(f"the store holds 0 impressions of split {split!r}; the splits are {', '.join(SPLITS)}")
    return chosen[np.lexsort((chosen, bulk.impression_time[chosen], bulk.impression_user[chosen]))]


def check_fields(bulk: BulkTables, vocabulary: Vocabulary) -> None:
    """CheckpointError when the model reads a field that the store does not have, or knows none of its items."""
    for kind, known, held in (
        ("item", vocabulary.item, item_columns(bulk)),
        ("user", vocabulary.user, bulk.users.columns),
        ("context", vocabulary.context, bulk.impression_context.columns),
    ):
        missing = [name for name, v in known.items() if name not in held and not isinstance(v, VectorItems)]
        if missing:
            raise CheckpointError(
                f"the model reads the {kind} field {missing[0]!r}, which the store lacks; "
                "use the store that it was trained on, or train a model on this one"
            )
    if vocabulary.behavior and not bulk.behavior_types:
        raise CheckpointError(
            f"the model reads {BEHAVIOR_TYPE} of behaviors, which the store lacks; "
            "use the store that it was trained on, or train a model on this one"
        )
    ids = vocabulary.ids
    if ids.values and not any(ids.rows_of(bulk.items[ITEM_FIELD])):
        raise CheckpointError(
            f"the model knows 0 of the store's {len(bulk.items):,} items; "
            "use the store that it was trained on, or train a model on this one"
        )


def item_rows(bulk: BulkTables, vocabulary: Vocabulary) -> tuple[Tensor, Sets]:
    """(items, F) field rows of every item, of a field with several values the indices of the sets."""
    columns = [
        [value_set(v.rows_of(values_of(value))) for value in bulk.items[name]]
        if name in vocabulary.several
        else v.rows_of(map(one_value, item_column(bulk, ITEM_FIELD if isinstance(v, VectorItems) else name)))
        for name, v in vocabulary.item.items()
    ]
    return intern_sets(columns, vocabulary.several_in_order)


def _profile_values(bulk: BulkTables, name: str) -> list[tuple[str, ...]]:
    """Each user's values of a field; `user_id` is the user."""
    values: list[Any] = bulk.users[name].tolist()
    return [(own,) for own in values] if name == USER_ID else values


def _profile_rows(values: Sequence[tuple[str, ...]], vocabulary: FieldValues) -> tuple[Ints, Ints]:
    rows = [[row for row in vocabulary.rows_of(v) if row] for v in values]
    offsets = np.concatenate([[0], np.cumsum([len(r) for r in rows])]).astype(np.int64)
    return np.array([row for r in rows for row in r], dtype=np.int64), offsets


def _context_rows(values: pd.Series, vocabulary: FieldValues) -> Ints:
    """The row of each value; contexts repeat a lot, and each different value is looked up once."""
    codes, distinct = pd.factorize(values.to_numpy())
    return np.array([*vocabulary.rows_of(distinct), UNKNOWN_ROW], np.int64)[codes]


def read_histories(
    read: ReadHistories, bulk: BulkTables, user: Ints, time: Ints, max_history: int
) -> tuple[Ints, Floats, Floats, Ints]:
    """As `read`, some groups at a time, with the age in days in the place of the newest occurrence."""
    items, counts, ages = GrowingArray(np.int64), GrowingArray(np.float32), GrowingArray(np.float32)
    lengths = [np.zeros(1, np.int64)]
    for groups in stretches(len(user)):
        item, count, age, length = read_stretch(read, bulk, user[groups], time[groups], max_history)
        for found, part in ((items, item), (counts, count), (ages, age)):
            found.append(part)
        lengths.append(length)
    return items.finish(), counts.finish(), ages.finish(), np.cumsum(np.concatenate(lengths))


def read_stretch(
    read: ReadHistories, bulk: BulkTables, user: Ints, time: Ints, max_history: int
) -> tuple[Ints, Floats, Floats, Ints]:
    """(N,) items, counts and ages in days of some groups' histories, and the length of each (G,)."""
    item, count, newest, offsets = read(bulk, user, time, max_history)
    length = np.diff(offsets)
    return item, count, ((np.repeat(time, length) - newest) / DAY).astype(np.float32), length


def folded_histories(
    bulk: BulkTables, user: Ints, time: Ints, max_history: int
) -> tuple[Ints, NDArray[np.float32], Ints, Ints]:
    """Each group's `max_history` most recent distinct items, oldest first, with their counts.

    user, time (G,) → item positions (N,), counts (N,), newest occurrence in seconds (N,), offsets (G + 1).
    """
    items, counts, newest, lengths = [], [], [], np.zeros(len(user) + 1, np.int64)
    for g, span in enumerate(_spans(bulk, user, time)):
        newest_first = bulk.behavior_item[span][::-1]
        distinct, last_seen, repeats = np.unique(newest_first, return_index=True, return_counts=True)
        kept = np.argsort(last_seen)[:max_history][::-1]
        items.append(distinct[kept])
        counts.append(repeats[kept])
        newest.append(bulk.behavior_time[span][::-1][last_seen[kept]])
        lengths[g + 1] = len(kept)
    return _joined(items), _joined(counts).astype(np.float32), _joined(newest), np.cumsum(lengths)


def plain_histories(
    bulk: BulkTables, user: Ints, time: Ints, max_history: int
) -> tuple[Ints, NDArray[np.float32], Ints, Ints]:
    """Each group's `max_history` most recent behaviors, oldest first, each counting once.

    As `folded_histories`, with N behaviors.
    """
    spans = _newest_spans(bulk, user, time, max_history)
    items = _joined([bulk.behavior_item[span] for span in spans])
    times = _joined([bulk.behavior_time[span] for span in spans])
    lengths = np.array([0, *(span.stop - span.start for span in spans)], np.int64)
    return items, np.ones(len(items), np.float32), times, np.cumsum(lengths)


def _type_rows(bulk: BulkTables, vocabulary: Vocabulary, user: Ints, time: Ints, max_history: int) -> Tensor | None:
    """(N,) rows of the types of the behaviors of `plain_histories`; None where the vocabulary has none."""
    known = vocabulary.behavior.get(BEHAVIOR_TYPE)
    if known is None:
        return None
    if bulk.behavior_type is None:
        spans = _newest_spans(bulk, user, time, max_history)
        return torch.zeros(sum(span.stop - span.start for span in spans), dtype=torch.int64)
    rows, found = np.array([*known.rows_of(bulk.behavior_types), 0]), GrowingArray(np.int64)  # the last is read at −1
    for groups in stretches(len(user)):
        spans = _newest_spans(bulk, user[groups], time[groups], max_history)
        found.append(rows[_joined([bulk.behavior_type[span] for span in spans])])
    return torch.from_numpy(found.finish())


def _newest_spans(bulk: BulkTables, user: Ints, time: Ints, max_history: int) -> list[slice]:
    """The rows of each group's `max_history` most recent behaviors."""
    return [slice(max(span.start, span.stop - max_history), span.stop) for span in _spans(bulk, user, time)]


def _spans(bulk: BulkTables, user: Ints, time: Ints) -> Iterator[slice]:
    """The rows of each group's whole history."""
    starts, stops = (np.searchsorted(bulk.behavior_user, user, side=side) for side in ("left", "right"))
    for start, stop, before in zip(starts, stops, time, strict=True):
        yield slice(start, start + np.searchsorted(bulk.behavior_time[start:stop], before, side="left"))


def _joined(parts: Sequence[Ints]) -> Ints:
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def describe_samples(train_samples: Samples, valid_samples: Samples) -> str:
    """One line on what will be trained."""
    distinct = train_samples.behavior_offsets[-1] / train_samples.groups
    return (
        f"train {train_samples.impressions:,} impressions, validation {valid_samples.impressions:,}; "
        f"{distinct:.0f} distinct behaviors a history, {train_samples.pairs / 1e6:.0f} M pairs an epoch"
    )
