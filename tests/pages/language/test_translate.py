"""English in the code, every other language in its file."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from din_core.domain import DinLensError, LinkError, UnknownUser
from din_core.domain.translatable import Translatable
from din_core.explain.verdict import TEXTS
from din_core.metrics.inputs import MetricError
from din_core.pages.language.translate import LANGUAGES, dictionary, sentence, translate_into, translated
from din_core.pages.session.visitor import as_visitor

CORE = Path(__file__).parents[3] / "din_core"
PAGES = CORE / "pages"
OTHERS = [code for code in LANGUAGES if code != "en"]


def texts_in_python() -> Iterator[str]:
    """Every text that a page gives to `t`, or marks by `T`."""
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


def templates_in_the_core() -> Iterator[str]:
    """Every template of an error or a problem; those of metrics are of the command line alone."""
    kinds = {"Translatable", *(kind.__name__ for kind in kinds_of(DinLensError) if kind is not MetricError)}
    for path in sorted(CORE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in kinds:
                if path.name == "errors.py":  # the base of them all, which is given its template
                    continue
                assert isinstance(node.args[0], ast.Constant), (
                    f"{path.name}:{node.lineno}: a template must be a literal, with its values beside it"
                )
                yield str(node.args[0].value)


def kinds_of(kind: type[Exception]) -> Iterator[type[Exception]]:
    """The class and all that are derived from it in the core."""
    yield kind
    for derived in kind.__subclasses__():
        if derived.__module__.startswith("din_core."):
            yield from kinds_of(derived)


def every_text() -> set[str]:
    return {*texts_in_python(), *texts_in_javascript(), *templates_in_the_core(), *TEXTS.values()}


def either(given: ast.expr) -> Iterator[ast.expr]:
    """The expression, or both that it chooses from."""
    if isinstance(given, ast.IfExp):
        yield from (*either(given.body), *either(given.orelse))
    else:
        yield given


def texts_in_javascript() -> Iterator[str]:
    for path in sorted(PAGES.rglob("*.js")):
        for text in re.findall(r'\bsay\(\s*"((?:[^"\\]|\\.)*)"', path.read_text(encoding="utf-8")):
            yield text.replace('\\"', '"')


def names(text: str) -> list[str]:
    """The places to fill in."""
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


@pytest.mark.parametrize("language", OTHERS)
def test_everything_said_is_said_in_every_language(language: str) -> None:
    assert every_text() - set(dictionary(language)) == set()


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_translated_that_nobody_says(language: str) -> None:
    assert set(dictionary(language)) - every_text() == set()


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_fills_in_the_same_places(language: str) -> None:
    wrong = [text for text, other in dictionary(language).items() if set(names(text)) - set(names(other))]
    assert wrong == []


def test_what_has_no_translation_is_said_in_english() -> None:
    assert translated("Nobody says this", "zh") == "Nobody says this"


def test_an_error_is_translated_with_its_values_and_the_errors_within_it() -> None:
    inner = LinkError("the time {text} is not a date such as 2017-11-20T00:00:00Z", text="“soon”")
    outer = Translatable("The link says that {error}; the newest impression is shown instead.", error=inner.text)
    assert (
        translate_into(outer, "zh") == "链接有误：时间“soon”不是 2017-11-20T00:00:00Z 这样的日期；改为显示最新的曝光。"
    )


def test_an_error_is_a_sentence_in_every_language() -> None:
    error = UnknownUser(
        'no user "{user_id}" in the store; search for one by the beginning of its id', user_id="<b>{n}</b>"
    )
    with as_visitor("en"):
        assert sentence(error.text) == ('No user "<b>{n}</b>" in the store; search for one by the beginning of its id.')
    with as_visitor("zh"):
        assert sentence(error.text) == "行为库中没有用户“<b>{n}</b>”；请按 ID 的开头搜索。"
        assert sentence("said elsewhere") == "Said elsewhere."
