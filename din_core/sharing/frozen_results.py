"""What a scenario's models said of it, kept so that it can be shown again without store or models; ⇄ JSON.

Numbers are written with all their digits: what is read is equal to what was written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from typing import Any

from din_core.domain import Answer, FieldValue, FoldedBehavior, History, Item, LinkError, RankedParts, Removal, User
from din_core.domain.results import By

FORM = 1
"""Of the JSON; another number is not read."""


@dataclass(frozen=True, slots=True)
class ModelScore:
    """One model's score of the candidate."""

    link: str
    """The model as links name it: folder@fingerprint."""
    name: str
    probability: float


@dataclass(frozen=True, slots=True)
class FrozenResults:
    """The results of one candidate. T behaviors as the first model sees them."""

    user: User
    as_of: int
    candidate: Item
    title: str
    """The candidate's, with what tells it from others of the same item."""
    purchases: bool
    """Whether users are households, and behaviors purchases."""
    models: tuple[ModelScore, ...]
    """The first is the one that is explained."""
    baseline: str
    """The name of the model behind `answer.baseline`; nothing where there is none."""
    answer: Answer
    parts: Mapping[By, RankedParts]
    behaviors: tuple[FoldedBehavior, ...]
    weights: tuple[float, ...]
    """(T) activation weight × repeats."""
    effects: tuple[float, ...]
    """(T) logit with the behavior less logit without."""
    rows: str
    """Digest of the rows of the store that all of this depends on."""
    edits: tuple[str, ...] = field(default=())
    """What was changed of the history before, in words."""

    @property
    def by(self) -> By | None:
        """What the answer is about, else the coarsest parts there are; None without a history."""
        if self.answer.decisive:
            return self.answer.decisive[0].by
        order: tuple[By, ...] = ("category", "item")
        return next((by for by in order if by in self.parts), None)


def rows_digest(history: History, candidate: Item, context: Mapping[str, str | None]) -> str:
    """Equal where user, history, candidate and context are; of the rows as text, which later releases write alike."""
    items = {b.item.item_id: b.item for b in history.behaviors} | {candidate.item_id: candidate}
    rows = {
        "user": [history.user.user_id, dict(history.user.fields), history.as_of],
        "behaviors": [[b.item.item_id, b.timestamp, b.behavior_type] for b in history.behaviors],
        "items": {item_id: dict(item.fields) for item_id, item in items.items()},
        "candidate": [candidate.item_id, dict(context)],
    }
    return blake2b(json.dumps(rows, sort_keys=True).encode(), digest_size=16).hexdigest()


def to_json(results: FrozenResults) -> str:
    """In one line; each item once."""
    items = {one.item_id: one for one in (results.candidate, *(b.item for b in results.behaviors))}
    data = {
        "form": FORM,
        "items": [asdict(one) for one in items.values()],
        "user": asdict(results.user),
        "as_of": results.as_of,
        "candidate": results.candidate.item_id,
        "title": results.title,
        "purchases": results.purchases,
        "models": [asdict(one) for one in results.models],
        "baseline": results.baseline,
        "answer": asdict(results.answer),
        "parts": {by: asdict(ranked) for by, ranked in results.parts.items()},
        "behaviors": [
            [b.item.item_id, b.count, b.first_timestamp, b.last_timestamp, list(b.types)] for b in results.behaviors
        ],
        "weights": list(results.weights),
        "effects": list(results.effects),
        "rows": results.rows,
        "edits": list(results.edits),
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def from_json(text: str) -> FrozenResults:
    """The inverse of `to_json`; LinkError for what it did not write."""
    try:
        data = json.loads(text)
        form = data["form"]
        if form == FORM:
            return _results(data)
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise LinkError("the kept results cannot be read ({reason}); keep them anew", reason=repr(error)) from error
    raise LinkError(
        "the kept results are of form {form}, this DIN Lens reads form {own}; update it, or keep them anew",
        form=str(form)[:20],
        own=FORM,
    )


def _results(data: Mapping[str, Any]) -> FrozenResults:
    items = {one["item_id"]: _item(one) for one in data["items"]}
    return FrozenResults(
        user=User(data["user"]["user_id"], {name: tuple(found) for name, found in data["user"]["fields"].items()}),
        as_of=data["as_of"],
        candidate=items[data["candidate"]],
        title=data["title"],
        purchases=data["purchases"],
        models=tuple(ModelScore(**one) for one in data["models"]),
        baseline=data["baseline"],
        answer=_answer(data["answer"]),
        parts={by: _ranked(found) for by, found in data["parts"].items()},
        behaviors=tuple(
            FoldedBehavior(items[item_id], count, first, last, tuple(types))
            for item_id, count, first, last, types in data["behaviors"]
        ),
        weights=tuple(data["weights"]),
        effects=tuple(data["effects"]),
        rows=data["rows"],
        edits=tuple(data["edits"]),
    )


def _item(data: Mapping[str, Any]) -> Item:
    def value(found: str | Sequence[str] | None) -> FieldValue:
        return found if found is None or isinstance(found, str) else tuple(found)

    return Item(**{**data, "fields": {name: value(found) for name, found in data["fields"].items()}})


def _removal(data: Mapping[str, Any]) -> Removal:
    return Removal(**{**data, "rows": tuple(data["rows"])})


def _answer(data: Mapping[str, Any]) -> Answer:
    return Answer(**{**data, "decisive": tuple(map(_removal, data["decisive"]))})


def _ranked(data: Mapping[str, Any]) -> RankedParts:
    rest = data["rest"]
    return RankedParts(tuple(map(_removal, data["first"])), None if rest is None else _removal(rest), data["others"])
