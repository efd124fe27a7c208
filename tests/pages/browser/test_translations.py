"""A browser component says its texts in the visitor's language."""

from __future__ import annotations

import pytest

from din_core.pages.browser import translations as module
from din_core.pages.browser.translations import spoken, texts_in

SOURCE = 'label(say("Undo"));\nput(at, say("{n} of \\"all\\"", { n }), say("Undo"), essay("Not this"));'


def test_every_text_of_the_source_is_found_once() -> None:
    assert texts_in(SOURCE) == ("Undo", '{n} of "all"')


def test_english_needs_no_dictionary_and_other_languages_bring_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "current", lambda: "en")
    assert spoken(SOURCE) == {}
    monkeypatch.setattr(module, "current", lambda: "zh")
    monkeypatch.setattr(module, "translated", lambda text, language: f"{text} ({language})")
    assert spoken(SOURCE)["Undo"] == "Undo (zh)"
