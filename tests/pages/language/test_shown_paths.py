"""Pages do not say where on the server a folder lies."""

from __future__ import annotations

from pathlib import Path

import pytest

from din_core.domain import CheckpointError
from din_core.domain.translatable import Translatable
from din_core.pages.language.shown_paths import shown_path
from din_core.pages.language.translate import sentence, translate_text
from din_core.pages.session.visitor import as_visitor


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (Path.cwd() / "assets" / "checkpoints" / "din", "assets/checkpoints/din"),
        ("/srv/secret/runs/din", "runs/din"),
        ("/din", "din"),
        ("runs/din", "runs/din"),
    ],
)
def test_a_path_is_relative_or_the_end_of_it(path: str | Path, shown: str) -> None:
    assert shown_path(path) == shown


@pytest.mark.parametrize("language", ["en", "zh"])
def test_messages_quote_the_end_of_a_path_and_ids_as_they_are(language: str) -> None:
    inner = Translatable("no store at {path}; {advice}", path="/srv/secret/shop.db", advice="look")
    error = CheckpointError("{path} cannot be used: {fault}", path="/srv/secret/runs/din", fault=inner)
    with as_visitor(language):
        assert sentence(error.text).startswith("runs/din" if language == "en" else "")
        for text in (sentence(error.text), translate_text(error.text)):
            assert "/srv" not in text
            assert "runs/din" in text and "secret/shop.db" in text
        assert "/a/b/c" in sentence(Translatable("no user {user_id}", user_id="/a/b/c"))
        assert "sqlite:///secret/shop.db" in sentence(
            Translatable("no {address}", address="sqlite:////srv/secret/shop.db")
        )


def test_a_sentence_keeps_its_capital_and_full_stop() -> None:
    text = Translatable("no store at {path}", path="/srv/secret/shop.db").as_sentence()
    with as_visitor("en"):
        assert translate_text(text) == "No store at secret/shop.db."
