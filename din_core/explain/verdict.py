"""In words: whether the weights may be read as reasons in this scenario."""

from __future__ import annotations

import numpy as np

from din_core.domain import Agreement, Verdict
from din_core.domain.results import Floats

TRUST, CAUTION = 0.6, 0.3
"""Least τ for each level, a convention: at τ = .6 the weights put 4 of 5 pairs in the order of their effects, at
.3 about 2 of 3."""
FOUND = 0.8
"""Least share of what the largest effects cover that the largest weights must cover to have found them."""
NAMED = 3


def verdict(found: Agreement) -> Verdict:
    """A level, a plain sentence, and the behaviors on which weights and effects disagree most."""
    nothing = _nothing_to_rank(found)
    if nothing is not None or found.tau is None:
        sentence = nothing or "Weights × counts are all alike here: there is nothing to rank."
        return Verdict("nothing to rank", None, sentence, ())
    worst = _disagreeing(found)
    told = f"τ = {short(found.tau)}"
    where = f"; they disagree most on {_listed([found.behaviors[t].item.label for t in worst])}" if worst else ""
    if found.tau >= TRUST:
        return Verdict(
            "trust", found.tau, f"Here the weights rank behaviors like their measured effects ({told}).", worst
        )
    if found.tau_size is not None and found.tau_size >= TRUST:
        size = f"τ = {short(found.tau_size)} without signs, {short(found.tau)} with them"
        sentence = f"Here the weights tell how much a behavior matters, but not which way ({size}){where}."
        return Verdict("caution", found.tau, sentence, worst)
    if found.tau >= CAUTION:
        sentence = f"Here the weights rank behaviors only roughly like their measured effects ({told}){where}."
        return Verdict("caution", found.tau, sentence, worst)
    doubt = f"do not rank behaviors like their measured effects ({told}){where}."
    matter = _finds_what_matters(found)
    if matter is not None:
        return Verdict("caution", found.tau, f"Here the weights find {matter}, but {doubt}", worst)
    return Verdict("do not", found.tau, f"Here the weights {doubt}", worst)


def _finds_what_matters(found: Agreement) -> str | None:
    """In words, where the largest weights belong to the largest effects: τ counts the many that matter to neither."""
    fitting = [k for k in found.covered if 4 * k <= len(found.behaviors)]
    if not fitting:
        return None
    k = max(fitting)
    covered, best = found.covered[k], found.best[k]
    if covered is None or best is None or covered < FOUND * best:
        return None
    largest = "largest carries" if k == 1 else f"{k} largest carry"
    return f"the behaviors that matter (the {largest} {100 * covered:.0f} % of all effects, {100 * best:.0f} % at most)"


def short(tau: float) -> str:
    """Two digits without the 0 before the point: ".81", "−.12", "1"."""
    text = f"{abs(tau):.2f}"
    text = "1" if text == "1.00" else text[1:]
    return f"−{text}" if tau < 0 and text != ".00" else text


def _nothing_to_rank(found: Agreement) -> str | None:
    if len(found.behaviors) == 0:
        return "The history is empty: there is nothing to rank."
    if len(found.behaviors) == 1:
        return "The history holds one behavior: there is nothing to rank."
    if found.alike:
        return "This model gives every behavior the same weight: weights rank nothing here."
    if not found.effects.any():
        return "No behavior alone changes the score: there are no effects to rank."
    if not np.ptp(found.effects):
        return "Every behavior has the same effect: there is nothing to rank."
    return None


def _disagreeing(found: Agreement) -> tuple[int, ...]:
    """By the difference of weight and effect, each in shares of its largest; those that differ by less than a
    tenth are not named."""
    difference = abs(_of_largest(found.weights) - _of_largest(found.effects))
    worst = np.argsort(-difference, kind="stable")[:NAMED]
    return tuple(int(t) for t in worst if difference[t] >= 0.1)


def _of_largest(values: Floats) -> Floats:
    largest = abs(values).max()
    return values / largest if largest else values


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
