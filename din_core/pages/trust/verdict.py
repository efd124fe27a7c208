"""Whether a model's weights can be read as reasons, in one paragraph, from its figures alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from din_core.pages.language.translate import T, join_sentences, t
from din_core.pages.trust.figures import QUESTIONS, Question, TrustFigures
from din_core.pages.trust.replies import Reply, replies, sizes_tell_more

Overall = Literal["reasons", "hints", "no reasons", "no guide", "alike", "not measured"]

NO_GUIDE = 0.1
"""Kendall's τ of weights and effects below which the order of the weights says nothing of what moves the score: of two
behaviors, the one with more weight raises it more 55 times of 100 at most."""

DOUBTS: tuple[Question, ...] = ("sign", "uniform", "seeds", "elsewhere")
"""Beside the order, what makes weights poor reasons where the reply is no."""
MOST_DOUBTS = 1
"""With more of them, weights are no reasons, even where their order is that of the effects in part."""

OVERALL: dict[Overall, str] = {
    "reasons": T("The weights of {model} can be read as reasons, as far as they were measured."),
    "hints": T("Read the weights of {model} as hints, not as reasons."),
    "no reasons": T("Do not read the weights of {model} as reasons."),
    "no guide": T(
        "The weights of {model} do not tell what moves its score up or down: read the measured effects instead, which "
        "*Inspect* shows beside them."
    ),
    "alike": T("{model} weighs every behavior of a history the same: there are no weights to believe or to doubt."),
    "not measured": T("Whether the weights of {model} can be read as reasons has not been measured."),
}
CLAUSES: dict[tuple[Question, Reply], str] = {
    ("order", "yes"): T("they rank behaviors much like their measured effects"),
    ("order", "partly"): T("they rank behaviors only roughly like their measured effects"),
    ("order", "no"): T("they do not rank behaviors like their measured effects"),
    ("found", "yes"): T("the largest of them find the behaviors that matter"),
    ("found", "partly"): T("the largest of them find some of the behaviors that matter"),
    ("found", "no"): T("the largest of them miss the behaviors that matter"),
    ("sign", "yes"): T("their sign mostly says whether a behavior raises or lowers the score"),
    ("sign", "partly"): T("their sign often says whether a behavior raises or lowers the score, and often not"),
    ("sign", "no"): T("their sign does not say whether a behavior raises or lowers the score"),
    ("uniform", "yes"): T("with equal weights the model ranks clearly worse"),
    ("uniform", "partly"): T("with equal weights the model ranks a little worse"),
    ("uniform", "no"): T("with equal weights the model ranks as well"),
    ("seeds", "yes"): T("another training comes to much the same weights"),
    ("seeds", "partly"): T("another training comes to roughly the same weights"),
    ("seeds", "no"): T("another training comes to other weights"),
    ("elsewhere", "yes"): T("little of the attention could lie elsewhere at the same score"),
    ("elsewhere", "partly"): T("a good part of the attention could lie elsewhere at the same score"),
    ("elsewhere", "no"): T("most of the attention could lie elsewhere at the same score"),
}
SIZES = T("without their sign they rank behaviors much like their measured effects")
GROUPS: dict[Reply, str] = {
    "yes": T("For them: {clauses}."),
    "partly": T("In between: {clauses}."),
    "no": T("Against them: {clauses}."),
}
DOUBTFUL: tuple[Overall, ...] = ("no reasons", "no guide")
"""What is against the weights is said first, then."""
BETWEEN = T("; ")
PROBABILITIES: dict[Reply, str] = {
    "yes": T("Its probabilities can be taken at their word."),
    "partly": T("Its probabilities are roughly what they say."),
    "no": T("Its probabilities should not be taken at their word."),
}
NAMES: dict[Question, str] = {
    "order": T("the order of the weights"),
    "found": T("whether the largest weights find what matters"),
    "sign": T("the sign of the weights"),
    "uniform": T("what uniform weights cost"),
    "seeds": T("stability across seeds"),
    "elsewhere": T("how far attention can move"),
    "calibration": T("calibration"),
}
MISSING = T("Not measured: {names}.")
INSTEAD = T("*Inspect* shows measured effects beside the weights: go by those.")


@dataclass(frozen=True, slots=True)
class TrustVerdict:
    """What speaks for and against a model's weights."""

    overall: Overall
    given: dict[Question, Reply]
    """Of every question that has a figure."""
    sizes: bool
    """Whether the weights tell how much behaviors matter, though not which way."""
    missing: tuple[Question, ...]
    """Questions without a figure."""


def judge(figures: TrustFigures) -> TrustVerdict:
    """The verdict on these figures."""
    given = replies(figures)
    sizes = sizes_tell_more(figures, given)
    asked = QUESTIONS if figures.weighs_apart else ("calibration",)
    missing = tuple(question for question in asked if question not in given)
    return TrustVerdict(overall(figures, given, sizes), given, sizes, missing)


def overall(figures: TrustFigures, given: dict[Question, Reply], sizes: bool) -> Overall:
    """By the order of the weights first, then by what else speaks against them."""
    if not figures.weighs_apart:
        return "alike"
    if "order" not in given:
        return "not measured"
    if is_no_guide(figures, sizes):
        return "no guide"
    doubts = sum(given.get(question) == "no" for question in DOUBTS)
    finds = sizes or given.get("found") == "yes"
    if doubts > MOST_DOUBTS or (given["order"] == "no" and not finds):
        return "no reasons"
    return "reasons" if given["order"] == "yes" and not doubts else "hints"


def is_no_guide(figures: TrustFigures, sizes: bool) -> bool:
    """Whether the order of the weights was measured, and says nothing of what moves the score, `sizes` neither."""
    order = figures.asked.get("order")
    return order is not None and order.value < NO_GUIDE and not sizes


def verdict_words(verdict: TrustVerdict, model: str) -> str:
    """The paragraph, Markdown, in the visitor's language; `model` is Markdown."""
    parts = [f"**{t(OVERALL[verdict.overall], model=model)}**"]
    for reply in reversed(GROUPS) if verdict.overall in DOUBTFUL else GROUPS:
        clauses = clauses_of(verdict, reply)
        if clauses:
            parts.append(t(GROUPS[reply], clauses=t(BETWEEN).join(clauses)))
    if verdict.overall in ("hints", "no reasons"):
        parts.append(t(INSTEAD))
    if "calibration" in verdict.given:
        parts.append(t(PROBABILITIES[verdict.given["calibration"]]))
    if verdict.missing:
        parts.append(t(MISSING, names=t(BETWEEN).join(t(NAMES[question]) for question in verdict.missing)))
    return f"{parts[0]} {join_sentences(*parts[1:])}".rstrip()  # a space ends the bold, in Chinese too


def clauses_of(verdict: TrustVerdict, reply: Reply) -> list[str]:
    """What speaks for the weights (yes), against them (no), or neither."""
    found = [t(CLAUSES[q, reply]) for q in QUESTIONS if verdict.given.get(q) == reply and (q, reply) in CLAUSES]
    return [t(SIZES), *found] if verdict.sizes and reply == "yes" else found
