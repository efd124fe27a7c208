"""What the instrument shows of the answer: the sentence, and the parts of the history by what they do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from din_core.domain import RankedParts, Removal
from din_core.pages.inspect.measured_effects import MeasuredEffects
from din_core.pages.language.answer_texts import AnswerWords, join_segments, reason_segments
from din_core.pages.language.labels import percent
from din_core.pages.language.translate import t

DIGITS = 7
"""Significant digits of numbers sent to the browser; it shows fewer."""


def answer_data(measured: MeasuredEffects, words: AnswerWords, baseline: str) -> dict[str, Any]:
    """The second part of the sentence, and the parts by item and by category; `baseline` is a model's name.

    `by` says which of the two the sentence is about.
    """
    found = measured.answer
    reason = reason_segments(found, measured.candidate, measured.behaviors, baseline, words, measured.labels)
    by = found.decisive[0].by if found.decisive else "category" if "category" in measured.parts else "item"
    parts = {name: _rows(measured, ranked) for name, ranked in measured.parts.items()}
    return {"reason": join_segments([("",), reason]), "by": by, "parts": parts}


def _rows(measured: MeasuredEffects, ranked: RankedParts) -> list[dict[str, Any]]:
    """A part's `name` is the item's id or the category, by which the browser finds its behaviors; None for the rest."""
    titles = _titles(measured, ranked.first)
    rows = [
        {"name": part.name, **_row(measured, part, title)} for part, title in zip(ranked.first, titles, strict=True)
    ]
    if ranked.rest is None:
        return rows
    others = t("All {n:,} others", n=ranked.others)
    return [*rows, {"name": None, **_row(measured, ranked.rest, others)}]


def _row(measured: MeasuredEffects, part: Removal, title: str) -> dict[str, Any]:
    """Weights are added up over its behaviors, repeats counted; the effect is in logits, and in points."""
    full = measured.answer.probability
    values = {
        "weight": float(measured.weights[list(part.rows)].sum()),
        "effect": part.effect,
        "points": 100 * (full - part.without),
    }
    rounded = {name: float(f"{value:.{DIGITS}g}") for name, value in values.items()}
    return {"title": title, "lines": part.behaviors, **rounded, "without": percent(part.without)}


def _titles(measured: MeasuredEffects, parts: Sequence[Removal]) -> list[str]:
    """Of parts of one kind, items or categories."""
    if all(part.by == "item" for part in parts):
        return [measured.labels[measured.behaviors[part.rows[0]].item.item_id] for part in parts]
    return [part.name for part in parts]
