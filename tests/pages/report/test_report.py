"""A report is one file: it asks for nothing, and no text of a store becomes markup or script in it."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from din_core.pages.report.report import JS, report_html
from din_core.pages.session.visitor import as_visitor
from din_core.sharing.frozen_results import FrozenResults
from tests.hostile_results import HOSTILE, hostile_results
from tests.made_results import RESULTS

LINK = 'http://127.0.0.1:8501/explain-inspect?user=7&item="><script>'


class Markup(HTMLParser):
    """Every element of a file with its attributes, and the text in its scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1][0] == "script":
            self.scripts.append(data)
        self.text += data


def report(results: FrozenResults, language: str = "en", link: str = LINK) -> str:
    with as_visitor(language):
        return report_html(results, link=link, made=1511222400)


def test_no_text_becomes_an_element_an_attribute_or_a_script() -> None:
    hostile, harmless = Markup(report(hostile_results())), Markup(report(hostile_results(), link="http://x/"))
    assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in harmless.elements]
    assert HOSTILE in hostile.text
    assert not {"img", "iframe", "object", "base", "form", "link"} & {tag for tag, _ in hostile.elements}
    assert not [name for _, attributes in hostile.elements for name in attributes if name.startswith("on")]
    assert [attributes["href"] for tag, attributes in hostile.elements if tag == "a"] == [LINK]
    data, script = [one for one in hostile.scripts if one.strip()][:2]
    assert json.loads(data)["timeline"]["title"][0] == HOSTILE and script == JS


def test_its_policy_lets_its_own_script_run_and_nothing_be_loaded() -> None:
    found = Markup(report(RESULTS))
    (policy,) = [a["content"] or "" for _, a in found.elements if a.get("http-equiv") == "Content-Security-Policy"]
    digest = b64encode(sha256(JS.encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; script-src 'sha256-{digest}';") and "http" not in policy
    assert "</script" not in JS and "<!--" not in JS
    sources = [a.get("src") or a.get("srcset") for _, a in found.elements]
    assert not any(sources) and "@import" not in report(RESULTS) and "url(" not in report(RESULTS)


def test_every_number_and_fingerprint_stands_in_it() -> None:
    text = Markup(report(RESULTS)).text
    for part in ("din@1a2b3c4d · base@ff", "0123", "Stout for Household 7", "Each bar says", "Bought in the week of"):
        assert part in text
    (data,) = re.findall(r'id="data">(.*?)</script>', report(RESULTS))
    assert json.loads(data)["weight"] == [pytest.approx(1 / 3, rel=1e-4), -2.0]


@pytest.mark.parametrize(("language", "text"), [("en", "All behaviors"), ("zh", "打印或存为 PDF")])
def test_it_speaks_the_visitors_language(language: str, text: str) -> None:
    found = report(RESULTS, language)
    assert text in found and f'<html lang="{language}">' in found


def test_it_stays_small() -> None:
    assert len(report(RESULTS).encode()) < 60_000
    assert len(report(hostile_results(2000)).encode()) < 1_000_000


def test_a_history_without_behaviors_has_no_chart_and_no_table() -> None:
    empty = replace(RESULTS, behaviors=(), weights=(), effects=(), parts={})
    elements = [tag for tag, _ in Markup(report(empty)).elements]
    assert "canvas" not in elements and "table" not in elements and "article" in elements


def test_without_a_link_it_leads_nowhere() -> None:
    assert "a" not in [tag for tag, _ in Markup(report(RESULTS, link="")).elements]
