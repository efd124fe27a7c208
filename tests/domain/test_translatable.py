"""A text of the core remembers how it was made, and is plain English all the same."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

from din_core.domain import DinLensError, RejectedRows, StoreError
from din_core.domain.translatable import Translatable, join_texts, sentence_of
from din_core.sharing import sentence


def test_an_error_is_its_english_text_and_keeps_template_and_values() -> None:
    error = StoreError("{file} lacks {missing:,}", file="a.csv", missing=1200)
    assert str(error) == "a.csv lacks 1,200"
    assert (error.text.template, error.text.values) == ("{file} lacks {missing:,}", {"file": "a.csv", "missing": 1200})


def test_braces_in_values_and_in_texts_without_values_are_left_alone() -> None:
    assert str(DinLensError("write {}")) == "write {}"
    assert Translatable("{text}!", text="{0} {n}") == "{0} {n}!"


@pytest.mark.parametrize("again", [copy.deepcopy, lambda text: pickle.loads(pickle.dumps(text))])
def test_a_copy_remembers_too(again) -> None:
    text = again(Translatable("{n} of {{", n=3))
    assert (text, text.template, text.values) == ("3 of {", "{n} of {{", {"n": 3})


def test_an_error_made_of_an_errors_text_remembers() -> None:
    first = StoreError("no {n}", n=3)
    assert DinLensError(first.text).text.values == {"n": 3}


def test_rejected_rows_carry_their_rows() -> None:
    error = RejectedRows("{n} rows", rejects=["a", "b"], n=2)
    assert (str(error), error.rejects) == ("2 rows", ("a", "b"))


def test_a_list_is_one_text() -> None:
    assert join_texts([Translatable("a")]) == "a"
    assert join_texts([Translatable("{n} a", n=1), Translatable("b"), Translatable("c")]) == "1 a; b; c"


@pytest.mark.parametrize(
    ("text", "whole"), [("no store", "No store."), ("Gone.", "Gone."), ("没有。", "没有。"), ("", ".")]
)
def test_a_sentence_begins_and_ends_as_one(text: str, whole: str) -> None:
    assert sentence_of(text) == sentence(text) == whole


def test_a_sentence_of_an_error_remembers() -> None:
    text = sentence(StoreError("no {what}", what="store"))
    assert text == "No store."
    assert isinstance(text, Translatable) and text.template == "no {what}"
    assert json.dumps([text]) == '["No store."]'
