"""Questions to a scorer, and what a network reads of them: arrays of embedding rows. No torch.

Dimensions: T behaviors, C candidates, F item fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, chain

import numpy as np

from din_core.domain import FoldedBehavior, History, Item
from din_core.model.batches.batch_arrays import BatchArrays, MultiRows, Rows, SetRows
from din_core.model.batches.item_sets import Column, interned_rows, value_set
from din_core.model.config import BEHAVIOR_TYPE
from din_core.model.vocabulary import Vocabulary, item_value

DAY = 86_400
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


class RequestEncoder:
    """Of one vocabulary. Safe to share between threads."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary, self._several = vocabulary, vocabulary.several_in_order
        self._known: dict[int, tuple[Item, tuple[int | tuple[int, ...], ...]]] = {}
        """By id: the object itself, so that the id stays its own, and its rows. Nothing that tells of a user."""

    def batch(self, groups: Sequence[Sequence[Request]]) -> BatchArrays:
        """One history a group, with the candidates of all its requests."""
        vocabulary = self.vocabulary
        lengths = [len(group[0].behaviors) for group in groups]
        behaviors = [behavior for group in groups for behavior in group[0].behaviors]
        counts = np.fromiter((behavior.count for behavior in behaviors), np.float32, len(behaviors))
        times = np.fromiter((behavior.last_timestamp for behavior in behaviors), np.int64, len(behaviors))
        as_of = np.repeat(np.array([group[0].history.as_of for group in groups], np.int64), lengths)
        candidates = [item for group in groups for request in group for item in request.candidates]
        contexts = [shown for group in groups for request in group for shown in request.contexts]
        sizes = [sum(len(request.candidates) for request in group) for group in groups]
        rows, sets = self._rows([*(behavior.item for behavior in behaviors), *candidates])
        return BatchArrays(
            behavior=rows[: len(behaviors)],
            count=counts,
            age=((as_of - times) / DAY).astype(np.float32),
            behavior_offsets=np.fromiter(accumulate(lengths, initial=0), np.int64, len(lengths) + 1),
            candidate=rows[len(behaviors) :],
            candidate_offsets=np.fromiter(accumulate(sizes, initial=0), np.int64, len(sizes) + 1),
            profile=self._profile(groups),
            context=np.array(
                [[v.row(shown.get(name)) for name, v in vocabulary.context.items()] for shown in contexts], np.int64
            ).reshape(len(contexts), len(vocabulary.context)),
            behavior_type=self._type_rows(behaviors),
            sets=sets,
        )

    def _type_rows(self, behaviors: Sequence[FoldedBehavior]) -> Rows | None:
        """(n,) embedding rows of their types; None where the model reads none."""
        known = self.vocabulary.behavior.get(BEHAVIOR_TYPE)
        if known is None:
            return None
        return np.array(known.rows_of(behavior.behavior_type for behavior in behaviors), np.int64)

    def _rows(self, items: Sequence[Item]) -> tuple[Rows, SetRows]:
        """(n, F) embedding rows or indices of the sets, looked up once an Item object."""
        known, several = self._known, self._several
        new = [item for item in items if id(item) not in known]
        if new:
            if len(known) + len(new) > ITEMS_KEPT:
                known = self._known = {}
                new = list(items)
            rows = zip(*item_columns(self.vocabulary, new), strict=True)
            known.update((id(item), (item, row)) for item, row in zip(new, rows, strict=True))
        found = [known[id(item)][1] for item in items]
        if any(several):
            return interned_rows(list(zip(*found, strict=True)) or [()] * len(several), several)
        flat = np.fromiter(chain.from_iterable(found), np.int64, len(items) * len(several))
        return flat.reshape(len(items), len(several)), ()

    def _profile(self, groups: Sequence[Sequence[Request]]) -> tuple[MultiRows, ...]:
        """Each user field's known values of G users."""
        users = [group[0].history.user for group in groups]
        return tuple(
            MultiRows.of([[row for row in v.rows_of(user.values(name)) if row] for user in users])
            for name, v in self.vocabulary.user.items()
        )


def item_rows(vocabulary: Vocabulary, items: Sequence[Item]) -> tuple[Rows, SetRows]:
    """(n, F) embedding rows, of the fields with several values indices of the sets; `item_id` is the item itself."""
    return interned_rows(item_columns(vocabulary, items), vocabulary.several_in_order)


def item_columns(vocabulary: Vocabulary, items: Sequence[Item]) -> list[Column]:
    """F columns of embedding rows, (n,) each; of the fields with several values, the set of them."""
    return [
        [value_set(v.rows_of(item.values(name))) for item in items]
        if name in vocabulary.several
        else v.rows_of(item_value(item, name, v) for item in items)
        for name, v in vocabulary.item.items()
    ]
