"""English in the code, every other language in its file."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from din_core.explain.verdict import TEXTS
from din_core.pages.language import LANGUAGES, dictionary, translated

PAGES = Path(__file__).parents[2] / "din_core" / "pages"
OTHERS = [code for code in LANGUAGES if code != "en"]


def said_in_python() -> Iterator[str]:
    """Every text that a page says by `t`, or marks by `T`."""
    for path in sorted(PAGES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("t", "T"):
                for given in either(node.args[0]):
                    if isinstance(given, ast.Constant):
                        yield str(given.value)
                    else:
                        assert node.func.id == "t" and isinstance(given, ast.Name | ast.Attribute | ast.Subscript), (
                            f"{path.name}:{node.lineno}: a text must be a literal, or marked by T where it is defined"
                        )


def either(given: ast.expr) -> Iterator[ast.expr]:
    """The expression, or both that it chooses from."""
    if isinstance(given, ast.IfExp):
        yield from (*either(given.body), *either(given.orelse))
    else:
        yield given


def said_in_javascript() -> Iterator[str]:
    for path in sorted(PAGES.rglob("*.js")):
        for text in re.findall(r'\bsay\(\s*"((?:[^"\\]|\\.)*)"', path.read_text(encoding="utf-8")):
            yield text.replace('\\"', '"')


def names(text: str) -> list[str]:
    """The places to fill in."""
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


@pytest.mark.parametrize("language", OTHERS)
def test_everything_said_is_said_in_every_language(language: str) -> None:
    said = {*said_in_python(), *said_in_javascript(), *TEXTS.values()}
    assert said - set(dictionary(language)) == set()


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_translated_that_nobody_says(language: str) -> None:
    said = {*said_in_python(), *said_in_javascript(), *TEXTS.values()}
    assert set(dictionary(language)) - said == set()


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_fills_in_the_same_places(language: str) -> None:
    wrong = [text for text, other in dictionary(language).items() if set(names(text)) - set(names(other))]
    assert wrong == []


def test_what_has_no_translation_is_said_in_english() -> None:
    assert translated("Nobody says this", "zh") == "Nobody says this"
