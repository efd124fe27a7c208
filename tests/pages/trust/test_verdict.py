"""The verdict on a model is a pure function of its figures: good, bad, mixed, and where some are missing."""

from __future__ import annotations

from typing import Any

import pytest

from din_core.domain.trust import UniformAuc
from din_core.pages.session.visitor import as_visitor
from din_core.pages.trust.figures import QUESTIONS, Question, StoredFigure, TrustFigures
from din_core.pages.trust.replies import ECE, MOVED, ORDER, Reply, reply
from din_core.pages.trust.texts import meaning, value_words
from din_core.pages.trust.verdict import CLAUSES, NAMES, NO_GUIDE, PROBABILITIES, judge, verdict_words

GOOD: dict[Question, float] = {
    "order": 0.7,
    "found": 0.34,
    "sign": 0.9,
    "uniform": -0.05,
    "seeds": 0.65,
    "elsewhere": 0.1,
    "calibration": 0.008,
}
BAD: dict[Question, float] = {
    "order": -0.02,
    "found": 0.1,
    "sign": 0.5,
    "uniform": 0.001,
    "seeds": 0.02,
    "elsewhere": 0.75,
    "calibration": 0.2,
}


def figures(values: dict[Question, float], **changes: Any) -> TrustFigures:
    """Figures of these values; at most .36 of all effects lie behind five behaviors."""
    asked = {question: StoredFigure(value) for question, value in values.items()}
    uniform = (
        None if "uniform" not in values else UniformAuc(0.76, 0.76 + values["uniform"], values["uniform"], None, None)
    )
    return TrustFigures(**{"asked": asked, "found_best": 0.36, "uniform": uniform, "tolerance": 0.01, **changes})


def words(found: TrustFigures, language: str = "en") -> str:
    with as_visitor(language):
        return verdict_words(judge(found), "DIN")


def test_good_figures_make_weights_reasons() -> None:
    assert words(figures(GOOD)) == (
        "**The weights of DIN can be read as reasons, as far as they were measured.** For them: they rank behaviors "
        "much like their measured effects; the largest of them find the behaviors that matter; their sign mostly says "
        "whether a behavior raises or lowers the score; with equal weights the model ranks clearly worse; another "
        "training comes to much the same weights; little of the attention could lie elsewhere at the same score. "
        "Its probabilities can be taken at their word."
    )


def test_bad_figures_make_them_none() -> None:
    found = words(figures({**BAD, "order": NO_GUIDE}))
    assert found.startswith("**Do not read the weights of DIN as reasons.** Against them: they do not rank behaviors")
    assert "For them" not in found and "In between" not in found
    assert "*Inspect* shows measured effects beside the weights: go by those." in found
    assert found.endswith("Its probabilities should not be taken at their word.")


def test_an_order_of_about_none_is_said_first_for_those_who_never_heard_of_tau() -> None:
    found = words(figures({**GOOD, "order": NO_GUIDE - 0.001, "elsewhere": 0.9}))
    assert found.startswith(
        "**The weights of DIN do not tell what moves its score up or down: read the measured effects instead, which "
        "*Inspect* shows beside them.** Against them: they do not rank behaviors like their measured effects; most of"
    )
    assert found.index("For them: the largest of them find") > found.index("Against them")
    assert "go by those" not in found


def test_mixed_figures_make_them_hints_and_say_both_sides() -> None:
    found = words(figures({**GOOD, "order": 0.4, "seeds": 0.1}))
    assert found.startswith("**Read the weights of DIN as hints, not as reasons.** For them: the largest of them find")
    assert "In between: they rank behaviors only roughly like their measured effects." in found
    assert "Against them: another training comes to other weights." in found


def test_without_figures_nothing_is_claimed() -> None:
    found = words(TrustFigures())
    assert found == (
        "**Whether the weights of DIN can be read as reasons has not been measured.** Not measured: "
        + "; ".join(NAMES[question] for question in QUESTIONS)
        + "."
    )


@pytest.mark.parametrize("missing", QUESTIONS)
def test_what_is_missing_is_named_and_the_rest_is_judged(missing: Question) -> None:
    rest = {question: value for question, value in GOOD.items() if question != missing}
    found = judge(figures(rest))
    assert found.missing == (missing,)
    assert found.overall == ("not measured" if missing == "order" else "reasons")
    assert words(figures(rest)).endswith(f"Not measured: {NAMES[missing]}.")


def test_a_model_that_weighs_all_alike_has_no_weights_to_judge() -> None:
    found = words(figures({"calibration": 0.02}, weighs_apart=False))
    assert found == (
        "**DIN weighs every behavior of a history the same: there are no weights to believe or to doubt.** Its "
        "probabilities are roughly what they say."
    )


@pytest.mark.parametrize(
    ("changes", "overall"),
    [
        ({}, "reasons"),
        ({"order": 0.59}, "hints"),
        ({"seeds": 0.2}, "hints"),
        ({"seeds": 0.2, "elsewhere": 0.6}, "no reasons"),
        ({"order": 0.1}, "hints"),
        ({"order": 0.1, "found": 0.1}, "no reasons"),
        ({"order": -0.4}, "no guide"),
        ({"calibration": 0.5}, "reasons"),
    ],
)
def test_the_order_counts_first_and_two_doubts_are_too_many(changes: dict[Question, float], overall: str) -> None:
    assert judge(figures({**GOOD, **changes})).overall == overall


def test_weights_that_tell_sizes_alone_are_hints() -> None:
    poor: dict[Question, float] = {**GOOD, "order": -0.1, "found": 0.1}
    assert judge(figures(poor, order_size=0.7)).overall == "hints"
    assert "without their sign they rank behaviors much like" in words(figures(poor, order_size=0.7))


@pytest.mark.parametrize(
    ("question", "value", "expected"),
    [
        ("order", ORDER[0], "yes"),
        ("order", ORDER[1], "partly"),
        ("order", ORDER[1] - 0.001, "no"),
        ("found", 0.8 * 0.36, "yes"),
        ("found", 0.5 * 0.36, "partly"),
        ("found", 0.17, "no"),
        ("elsewhere", MOVED[0], "yes"),
        ("elsewhere", MOVED[1], "partly"),
        ("elsewhere", MOVED[1] + 0.001, "no"),
        ("calibration", ECE[0], "yes"),
        ("calibration", ECE[1], "partly"),
        ("calibration", ECE[1] + 0.001, "no"),
        ("uniform", -0.01, "yes"),
        ("uniform", -0.009, "partly"),
        ("uniform", -0.0009, "no"),
        ("uniform", 0.0, "no"),
    ],
)
def test_limits_belong_to_the_better_reply(question: Question, value: float, expected: Reply) -> None:
    assert reply(question, figures({question: value})) == expected


def test_auc_that_may_not_be_lost_at_all_says_that_the_score_needs_no_weights() -> None:
    change = {"uniform": StoredFigure(-0.02, -0.05, 0.001)}
    assert reply("uniform", figures({}, asked=change)) == "no"


def test_probabilities_worse_than_the_base_rate_are_not_to_be_believed() -> None:
    assert reply("calibration", figures({"calibration": 0.001}, log_loss=0.6, base_rate_log_loss=0.59)) == "no"
    assert reply("calibration", figures({"calibration": 0.001}, log_loss=0.58, base_rate_log_loss=0.59)) == "yes"


def test_the_worse_of_two_calibration_errors_counts() -> None:
    assert reply("calibration", figures({"calibration": 0.001}, ece_board=StoredFigure(0.05))) == "no"


def test_what_a_reply_of_calibration_goes_by_is_said_beside_it() -> None:
    own: dict[Question, float] = {"calibration": 0.0069}
    with as_visitor("en"):
        nearer = meaning("calibration", figures(own, ece_board=StoredFigure(0.005)))
        further = meaning("calibration", figures(own, ece_board=StoredFigure(0.0105)))
        useless = meaning("calibration", figures(own, log_loss=0.6, base_rate_log_loss=0.59))
    assert nearer == "Predicted probabilities lie 0.69 percentage points from the observed shares on average."
    assert "lie 0.69 percentage points" in further and "and 1.05 on the leaderboard's impressions" in further
    assert "their log loss is above that of the base rate" in useless


def test_a_small_change_of_auc_is_not_written_as_none() -> None:
    small = figures({"uniform": -0.0000154})
    assert value_words("uniform", small) == "−0.000015"
    with as_visitor("en"):
        assert "goes from 0.760000 to 0.759985." in meaning("uniform", small)
    assert value_words("uniform", figures({"uniform": 0.0})) == "+0.0000"


def test_every_reply_has_its_words() -> None:
    replies = ("yes", "partly", "no")
    assert set(CLAUSES) == {(q, r) for q in QUESTIONS if q != "calibration" for r in replies}
    assert set(PROBABILITIES) == set(replies)


def test_the_paragraph_is_said_in_chinese() -> None:
    assert words(figures(BAD), "zh").startswith(
        "**DIN 的权重不能说明是什么让分数升高或降低：请改看“查看”页在权重旁给出的实测效应。** 不利于权重的：按权重排序"
    )
    assert "。它的概率" in words(figures(BAD), "zh")
