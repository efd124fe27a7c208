"""In words: whether the weights may be read as reasons in this scenario."""

from __future__ import annotations

import numpy as np

from din_core.domain import Agreement, Verdict
from din_core.domain.results import Floats
from din_core.domain.trust import Clause

TRUST, CAUTION = 0.6, 0.3
"""Least τ for each level, a convention: at τ = .6 the weights put 4 of 5 pairs in the order of their effects, at
.3 about 2 of 3."""
FOUND = 0.8
"""Least share of what the largest effects cover that the largest weights must cover to have found them."""
NAMED = 3
TEXTS = {
    "empty": "The history is empty: there is nothing to rank.",
    "one behavior": "The history holds one behavior: there is nothing to rank.",
    "alike": "This model gives every behavior the same weight: weights rank nothing here.",
    "no effect": "No behavior alone changes the score: there are no effects to rank.",
    "same effect": "Every behavior has the same effect: there is nothing to rank.",
    "same total": "Weights × counts are all alike here: there is nothing to rank.",
    "like": "Here the weights rank behaviors like their measured effects (τ = {tau})",
    "size": "Here the weights tell how much a behavior matters, but not which way "
    "(τ = {size} without signs, {tau} with them)",
    "roughly": "Here the weights rank behaviors only roughly like their measured effects (τ = {tau})",
    "not": "Here the weights do not rank behaviors like their measured effects (τ = {tau})",
    "one matters": "Here the weights find the behaviors that matter (the largest carries {covered} % of all effects, "
    "and none carries more than {best} %), but do not rank behaviors like their measured effects (τ = {tau})",
    "few matter": "Here the weights find the behaviors that matter (the {k} largest carry {covered} % of all effects, "
    "and no {k} behaviors more than {best} %), but do not rank behaviors like their measured effects (τ = {tau})",
    "worst 1": "; they disagree most on {a}",
    "worst 2": "; they disagree most on {a} and {b}",
    "worst 3": "; they disagree most on {a}, {b} and {c}",
    "end": ".",
}
"""All that a sentence is made of."""


def verdict(found: Agreement) -> Verdict:
    """A level, a plain sentence, and the behaviors on which weights and effects disagree most."""
    nothing = _nothing_to_rank(found)
    if nothing is not None or found.tau is None:
        return Verdict("nothing to rank", None, ((TEXTS[nothing or "same total"], {}),), ())
    worst, end = _disagreeing(found), (TEXTS["end"], dict[str, str]())
    tau = {"tau": short(found.tau)}
    if found.tau >= TRUST:
        return Verdict("trust", found.tau, ((TEXTS["like"], tau), end), worst)
    named = (*_named([found.behaviors[t].item.label for t in worst]), end)
    if found.tau_size is not None and found.tau_size >= TRUST:
        size = {"size": short(found.tau_size), **tau}
        return Verdict("caution", found.tau, ((TEXTS["size"], size), *named), worst)
    if found.tau >= CAUTION:
        return Verdict("caution", found.tau, ((TEXTS["roughly"], tau), *named), worst)
    matter = _finds_what_matters(found)
    if matter is not None:
        text, values = matter
        return Verdict("caution", found.tau, ((text, {**values, **tau}), *named), worst)
    return Verdict("do not", found.tau, ((TEXTS["not"], tau), *named), worst)


def _finds_what_matters(found: Agreement) -> Clause | None:
    """Where the largest weights belong to the largest effects: τ counts the many that matter to neither."""
    fitting = [k for k in found.covered if 4 * k <= len(found.behaviors)]
    if not fitting:
        return None
    k = max(fitting)
    covered, best = found.covered[k], found.best[k]
    if covered is None or best is None or covered < FOUND * best:
        return None
    shares = {"covered": f"{100 * covered:.0f}", "best": f"{100 * best:.0f}"}
    return (TEXTS["one matters"], shares) if k == 1 else (TEXTS["few matter"], {"k": str(k), **shares})


def short(tau: float) -> str:
    """Two digits without the 0 before the point: ".81", "−.12", "1"."""
    text = f"{abs(tau):.2f}"
    text = "1" if text == "1.00" else text[1:]
    return f"−{text}" if tau < 0 and text != ".00" else text


def _nothing_to_rank(found: Agreement) -> str | None:
    """A key of TEXTS."""
    if len(found.behaviors) < 2:
        return "one behavior" if found.behaviors else "empty"
    if found.alike:
        return "alike"
    if not found.effects.any():
        return "no effect"
    return None if np.ptp(found.effects) else "same effect"


def _disagreeing(found: Agreement) -> tuple[int, ...]:
    """By the difference of weight and effect, each in shares of its largest; those that differ by less than a
    tenth are not named."""
    difference = abs(_of_largest(found.weights) - _of_largest(found.effects))
    worst = np.argsort(-difference, kind="stable")[:NAMED]
    return tuple(int(t) for t in worst if difference[t] >= 0.1)


def _of_largest(values: Floats) -> Floats:
    largest = abs(values).max()
    return values / largest if largest else values


def _named(titles: list[str]) -> tuple[Clause, ...]:
    """On which they disagree most, NAMED at most; nothing where there are none."""
    return ((TEXTS[f"worst {len(titles)}"], dict(zip("abc", titles, strict=False))),) if titles else ()
