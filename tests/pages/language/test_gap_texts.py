"""The sentence on a gap, for gaps made up on paper."""

from __future__ import annotations

from dataclasses import replace

import pytest

from din_core.domain import GapPart, GapSplit, Item, ScoreGap
from din_core.pages.language.answer_texts import PURCHASES, AnswerWords
from din_core.pages.language.gap_texts import GapSubject, gap_segments, points_words
from din_core.pages.session.visitor import as_visitor

MUSHROOMS = GapPart("Mushrooms", None, behaviors=6, items=2, first=0.19, second=0.01)
BEEF = GapPart("Beef", None, behaviors=1, items=1, first=-0.01, second=0.05)
CANDIDATES = GapSubject("candidates", "DIN", "White mushrooms", "White mushrooms", "Stout")


def gap_of(first: float, second: float, parts: tuple[GapPart, ...], empty: float = 0.04) -> ScoreGap:
    """A gap by categories alone; without any history the first has `empty` more."""
    split = GapSplit(parts, None)
    return ScoreGap(first, second, 0.3 + empty, 0.3, by_item=split, by_category=split, exact=True, missed=0)


def sentence(
    found: ScoreGap, subject: GapSubject = CANDIDATES, words: AnswerWords = PURCHASES, lang: str = "en"
) -> str:
    with as_visitor(lang):
        return "".join(gap_segments(found, subject, words)).replace("\N{NO-BREAK SPACE}", " ")


def test_what_makes_the_gap_is_named_largest_first() -> None:
    assert sentence(gap_of(0.72, 0.50, (MUSHROOMS,))) == (
        "DIN puts White mushrooms 22 points above Stout (72 % against 50 %). 18 points come from 6 earlier purchases "
        "of Mushrooms; 4.0 points come from the items themselves, without any history."
    )


def test_of_a_candidate_below_the_parts_against_it_make_the_gap() -> None:
    found = gap_of(0.50, 0.72, (GapPart("Beef", None, 3, 1, -0.26, 0.0),))
    assert sentence(found) == (
        "DIN puts White mushrooms 22 points below Stout (50 % against 72 %). 26 points come from 3 earlier purchases "
        "of Beef; everything else takes 4.0 points back."
    )


def test_what_works_against_it_and_all_else_are_named_too() -> None:
    found = gap_of(0.60, 0.50, (MUSHROOMS, BEEF), empty=0.0)
    assert sentence(found) == (
        "DIN puts White mushrooms 10 points above Stout (60 % against 50 %). 18 points come from 6 earlier purchases "
        "of Mushrooms; 6.0 points are taken back by 1 earlier purchase of Beef; everything else takes 2.0 points back."
    )


def test_many_small_parts_are_called_so() -> None:
    small = tuple(GapPart(f"Kind {n}", None, 1, 1, 0.01, 0.0) for n in range(8))
    assert sentence(gap_of(0.7, 0.5, small, empty=0.0)).endswith(
        "It comes in many small parts, none of which makes more than 1.0 points."
    )


def test_two_that_are_level_are_told_what_pulls_them_apart() -> None:
    up, down = GapPart("Mushrooms", None, 6, 2, 0.10, 0.0), GapPart("Beef", None, 2, 1, 0.0, 0.10)
    assert sentence(gap_of(0.5, 0.5, (up, down), empty=0.0)) == (
        "DIN puts White mushrooms and Stout level (50 % and 50 %). 10 points towards White mushrooms come from "
        "6 earlier purchases of Mushrooms; 10 points towards Stout come from 2 earlier purchases of Beef."
    )
    assert sentence(gap_of(0.5, 0.5, (), empty=0.0)).endswith("There is nothing to explain between them.")


def test_of_two_models_the_first_gives_more_or_less() -> None:
    models = GapSubject("models", "DIN", "White mushrooms", "DIN", "Average pooling")
    found = gap_of(0.72, 0.50, (MUSHROOMS,))
    assert sentence(found, models, AnswerWords()) == (
        "DIN gives White mushrooms 22 points more than Average pooling (72 % against 50 %). 18 points come from 6 "
        "earlier behaviors with Mushrooms; 4.0 points come from the models, without any history."
    )


def test_items_are_named_where_there_are_no_categories_and_told_apart_where_titles_are_alike() -> None:
    parts = tuple(
        GapPart(one, Item(one, f"Milk · {size}"), 1, 1, 0.1, 0.0) for one, size in (("m1", "1 gal"), ("m2", "1 qt"))
    )
    found = ScoreGap(0.7, 0.5, 0.3, 0.3, by_item=GapSplit(parts, None), by_category=None, exact=True, missed=0)
    assert "1 earlier purchase of Milk · 1 gal; 10 points come from 1 earlier purchase of Milk · 1 qt" in sentence(
        found
    )


def test_an_item_has_its_id_where_another_of_the_history_or_a_candidate_has_its_title() -> None:
    peas, others = Item("p", "Peas · 12 oz"), (Item("q", "Peas · 12 oz"), Item("r", "Beans · 12 oz"))
    part = GapPart("p", peas, 3, 1, 0.1, 0.0)
    found = ScoreGap(0.7, 0.6, 0.3, 0.3, by_item=GapSplit((part,), None), by_category=None, exact=True, missed=0)
    assert "3 earlier purchases of Peas · item p" in sentence(found, replace(CANDIDATES, history=(peas, *others)))
    assert "3 earlier purchases of Peas · item p" in sentence(found, replace(CANDIDATES, candidates=others))
    assert "3 earlier purchases of Peas." in sentence(found, replace(CANDIDATES, history=(peas, others[1])))


def test_parts_have_decimals_where_whole_points_would_not_add_up() -> None:
    up, down = GapPart("Mushrooms", None, 6, 2, 0.164, 0.0), GapPart("Beef", None, 1, 1, 0.0, 0.1)
    assert sentence(gap_of(0.564, 0.5, (up, down), empty=0.0)).endswith(
        "16.4 points come from 6 earlier purchases of Mushrooms; 10.0 points are taken back by 1 earlier purchase of "
        "Beef."
    )


def test_what_cancels_within_a_category_is_named_by_items() -> None:
    peas, beans = (
        GapPart(one, Item(one, f"{title} · 12 oz"), 3, 1, gap, 0.0)
        for one, title, gap in (("p", "Green peas", 0.53), ("b", "Green beans", -0.34))
    )
    items, vegetables = GapSplit((peas, beans), None), GapSplit((GapPart("Vegetables", None, 6, 2, 0.19, 0.0),), None)
    found = ScoreGap(0.7, 0.5, 0.3, 0.29, by_item=items, by_category=vegetables, exact=True, missed=0, cancels=True)
    assert sentence(found).endswith(
        "53 points come from 3 earlier purchases of Green peas; 34 points are taken back by 3 earlier purchases of "
        "Green beans; everything else adds 1.0 points."
    )


def test_the_gap_and_the_chances_add_up_as_they_are_written() -> None:
    assert "21.2 points above Stout (71.6 % against 50.4 %)" in sentence(gap_of(0.716, 0.504, (MUSHROOMS,)))
    assert "6.7 points above Stout (91.3 % against 84.6 %)" in sentence(gap_of(0.913, 0.846, (MUSHROOMS,)))


def test_it_speaks_chinese() -> None:
    assert sentence(gap_of(0.72, 0.50, (MUSHROOMS,)), lang="zh") == (
        "DIN 认为 White mushrooms 比 Stout 高 22 个百分点（72 % 对 50 %）。"
        "18 个百分点来自此前 6 次购买 Mushrooms；4.0 个百分点来自商品本身（没有任何历史时）。"
    )


@pytest.mark.parametrize(("probability", "words"), [(0.23, "23"), (-0.034, "3.4"), (0.0996, "10"), (0.0994, "9.9")])
def test_points_have_a_decimal_below_ten(probability: float, words: str) -> None:
    assert points_words(probability) == words
