"""The answer in words: each kind of it, in both languages, with percent that never contradict."""

from __future__ import annotations

import re

import pytest

from din_core.domain import Answer, FoldedBehavior, Item, Removal
from din_core.domain.results import AnswerKind
from din_core.pages.language.answer_texts import (
    PURCHASES,
    AnswerWords,
    chance_segments,
    join_segments,
    part_names,
    reason_segments,
    round_percent,
    segments,
)
from din_core.pages.language.labels import labels_by_id
from din_core.pages.session.visitor import as_visitor

STOUT, LAGER, ALE = (
    Item("b2", "Stout · 12 oz · National", {"category": "Beers"}),
    Item("b1", "Lager · 12 oz · National", {"category": "Beers"}),
    Item("b3", "Stout · 6 oz · Private", {"category": "Beers"}),
)
BEHAVIORS = tuple(FoldedBehavior(item, n, 0, 0) for item, n in ((STOUT, 5), (LAGER, 1), (ALE, 2)))
LABELS = {item.item_id: item.label for item in (STOUT, LAGER, ALE)}
BEERS = Removal("category", "Beers", (0, 1, 2), 8, 3.0, 0.14)
OWN, ONE, OTHER = (
    Removal("item", "b2", (0,), 5, 2.0, 0.3),
    Removal("item", "b1", (1,), 1, 1.0, 0.62),
    Removal("item", "b3", (2,), 2, -1.0, 0.92),
)


def test_items_of_one_short_name_are_called_by_their_titles_and_of_one_title_by_their_ids() -> None:
    others = [Item(name, title) for name, title in (("s1", "Soy · 1 l"), ("s2", "Soy · 1 l"), ("s3", "Soy · 2 l"))]
    items = (STOUT, LAGER, ALE, *others)
    behaviors = [FoldedBehavior(item, 2, 0, 0) for item in items]
    parts = [Removal("item", item.item_id, (place,), 2, 1.0, 0.3) for place, item in enumerate(items)]
    with as_visitor("en"):
        names = part_names(parts, STOUT, behaviors, PURCHASES, labels_by_id(items))
    assert [name.removeprefix("2 earlier purchases of ") for name in names] == [
        "this very item",
        "Lager",
        "Stout · 6 oz · Private",
        "Soy · 1 l · item s1",
        "Soy · 1 l · item s2",
        "Soy · 2 l",
    ]


def test_an_item_has_its_id_where_its_label_on_the_page_has_it() -> None:
    soy, other = (Item(name, "Soy · 1 l") for name in ("s1", "s2"))
    behaviors = [FoldedBehavior(soy, 2, 0, 0)]

    def called(*items: Item, code: str = "en") -> list[str]:
        part = Removal("item", "s1", (0,), 2, 1.0, 0.3)
        with as_visitor(code):
            return part_names([part], STOUT, behaviors, PURCHASES, labels_by_id([STOUT, soy, *items]))

    assert called(soy) == ["2 earlier purchases of Soy"]  # one item twice
    assert called(other) == ["2 earlier purchases of Soy · item s1"]
    assert called(other, code="zh") == ["此前 2 次购买 Soy · 商品 s1"]


def made(
    kind: AnswerKind, *decisive: Removal, probability: float = 0.86, empty: float = 0.24, without: float | None = None
):
    last = decisive[-1].without if decisive and without is None else without
    return Answer(kind, 0.86, empty, 8, decisive, last, 0.0123, 0.168, 1)


def reason(answer: Answer, words: AnswerWords = PURCHASES) -> str:
    return read(reason_segments(answer, STOUT, BEHAVIORS, "Average pooling", words, LABELS))


def read(found: tuple[str, ...]) -> str:
    """As a person reads it, without what stands out."""
    return "".join(found).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "< 0.1 %"),
        (0.0004, "< 0.1 %"),
        (0.0042, "0.4 %"),
        (0.083, "8.3 %"),
        (0.0996, "10 %"),
        (0.1449, "14 %"),
        (0.855, "86 %"),
        (0.9, "90 %"),
        (0.904, "90 %"),
        (0.994, "99.4 %"),
        (0.996, "99.6 %"),
        (0.9996, "> 99.9 %"),
        (1.0, "> 99.9 %"),
    ],
)
def test_a_percent_is_short_and_never_nothing_or_all(share: float, text: str) -> None:
    assert read((round_percent(share),)) == text


def test_two_percent_that_differ_are_not_written_alike_where_a_decimal_tells_them_apart() -> None:
    assert read((round_percent(0.2149, beside=0.2082),)) == "21.5 %"
    assert read((round_percent(0.2251, beside=0.2082),)) == "23 %"
    assert read((round_percent(0.2083, beside=0.2082),)) == "21 %"


@pytest.mark.parametrize(
    ("probability", "says"),
    [
        (0.86, "DIN gives this household an 86 % chance of buying Stout."),
        (0.083, "DIN gives this household an 8.3 % chance of buying Stout."),
        (0.11, "DIN gives this household an 11 % chance of buying Stout."),
        (0.18, "DIN gives this household an 18 % chance of buying Stout."),
        (0.12, "DIN gives this household a 12 % chance of buying Stout."),
        (0.011, "DIN gives this household a 1.1 % chance of buying Stout."),
        (0.0, "DIN gives this household a < 0.1 % chance of buying Stout."),
    ],
)
def test_the_chance_is_said_first(probability: float, says: str) -> None:
    with as_visitor("en"):
        assert read(chance_segments("DIN", probability, "Stout", PURCHASES)) == says


def test_only_the_demos_households_buy() -> None:
    with as_visitor("en"):
        says = chance_segments("DIN", 0.12, "n", AnswerWords())
        assert read(says) == "DIN gives this user a 12 % chance of a positive outcome for n."
        text = reason(made("one", BEERS), AnswerWords())
    assert "8 earlier behaviors with Beers" in text and text.endswith("The outcome was positive.")
    assert not re.search("purchase|buy|household", text)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (made("empty"), "There is no earlier purchase to go by: profile, context and candidate alone decide."),
        (made("hardly"), "The history hardly matters here: without any it would be about 24 %."),
        (
            made("one", BEERS),
            "Almost all of it comes from 8 earlier purchases of Beers; without them it would be about 14 %.",
        ),
        (
            made("one", OWN),
            "Most of it comes from 5 earlier purchases of this very item; without them it would be about 30 %.",
        ),
        (
            made("one", ONE),
            "It is raised most by 1 earlier purchase of Lager; without it, the chance would be about 62 %.",
        ),
        (
            made("one", OTHER, empty=0.9),
            "It is lowered most by 2 earlier purchases of Stout · 6 oz · Private; without them it would be about 92 %.",
        ),
        (
            made("several", OWN, ONE, without=0.1),
            "Almost all of it comes from 5 earlier purchases of this very item and 1 earlier purchase of Lager; "
            "without them it would be about 10 %.",
        ),
        (
            made("spread"),
            "The history as a whole raises it, in many small parts: without any it would be about 24 %, and no single "
            "item or category changes it by more than 1.3 points.",
        ),
        (
            made("interchangeable", empty=0.95),
            "The history as a whole lowers it: without any it would be about 95 %. But without any one item or "
            "category it changes by 1.3 points at most, as the others make up for it.",
        ),
        (
            made("opposed", OWN, empty=0.93),
            "It is raised by 5 earlier purchases of this very item (without: about 30 %), but the rest of the history "
            "works against that: without any history it would be about 93 %.",
        ),
        (
            made("opposed", OTHER, OWN),
            "It is raised by 5 earlier purchases of this very item (without: about 30 %) and lowered by 2 earlier "
            "purchases of Stout · 6 oz · Private (without: about 92 %); without any history it would be about 24 %.",
        ),
    ],
)
def test_each_kind_is_a_sentence(answer: Answer, says: str) -> None:
    with as_visitor("en"):
        baseline = "Average pooling, which weighs all behaviors alike, says 17 %."
        assert reason(answer) == f"{says} {baseline} They did buy it."


ALL = [
    made("empty"),
    made("hardly"),
    made("one", BEERS),
    made("one", OWN),
    made("one", ONE),
    made("one", OTHER, empty=0.9),
    made("several", OWN, ONE, without=0.1),
    *(made(kind, empty=empty) for kind in ("spread", "interchangeable") for empty in (0.1, 0.95)),
    made("opposed", OWN, empty=0.93),
    made("opposed", OTHER),
    made("opposed", OTHER, OWN),
]


@pytest.mark.parametrize("words", [PURCHASES, AnswerWords()], ids=["purchases", "behaviors"])
@pytest.mark.parametrize("answer", ALL, ids=lambda answer: f"{answer.kind} {len(answer.decisive)}")
def test_chinese_gives_the_same_numbers_and_makes_the_same_stand_out(answer: Answer, words: AnswerWords) -> None:
    found = {}
    for code in ("en", "zh"):
        with as_visitor(code):
            found[code] = reason_segments(answer, STOUT, BEHAVIORS, "DIN", words, LABELS)
    english, chinese = found["en"], found["zh"]
    assert sorted(numbers(read(english))) == sorted(numbers(read(chinese)))
    assert len(english[1::2]) == len(chinese[1::2])
    assert read(chinese).endswith("。") and not re.search("purchase|chance|without", read(chinese))


def test_chinese_has_spaces_around_latin_letters_alone() -> None:
    with as_visitor("zh"):
        found = read(
            reason_segments(made("several", OWN, ONE, without=0.1), STOUT, BEHAVIORS, "DIN", PURCHASES, LABELS)
        )
    assert "此前 5 次购买这一商品和此前 1 次购买 " in found


def numbers(text: str) -> list[str]:
    return re.findall(r"[\d.]*\d", text.replace("1 earlier", "earlier").replace(" 1 次", "").replace(" 1 条", ""))


def test_nothing_is_said_of_what_is_not_known() -> None:
    with as_visitor("en"):
        assert (
            reason(Answer("hardly", 0.2, 0.2, 3))
            == "The history hardly matters here: without any it would be about 20 %."
        )


def test_what_stands_out_are_the_odd_segments() -> None:
    with as_visitor("en"):
        parts = ("", "6 beers", " and ", "1 milk")
        found = segments("From {parts}; {rest}.", {"parts": parts}, rest="no more")
        assert found == ("From ", "6 beers", " and ", "1 milk", "; no more.")
        assert join_segments([("A ", "b"), ("", "c", ".")]) == ("A ", "b", " ", "c", ".")
