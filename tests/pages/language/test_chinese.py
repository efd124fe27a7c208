"""The pages in Chinese: other words, the same numbers, on every page, and without asking where the browser asks."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from din_core.explain.verdict import TEXTS
from din_core.pages.language.translate import LANGUAGES, translated
from din_core.sharing.links import LANGUAGES as CODES
from tests.pages.conftest import go_to
from tests.pages.page_contents import boxes, lens, read, records

Visit = Callable[..., AppTest]

SAID = {
    "Which past behaviors does a Deep Interest Network switch on for a candidate?": (
        "面对一个候选，深度兴趣网络（DIN）激活了哪些历史行为？"
    ),
    "What is in the store": "行为库的内容",
}


def speak(page: AppTest, language: str) -> AppTest:
    """Press the button in the header."""
    return page.button(key=f"language_{language}").click().run()


def test_a_chosen_language_is_in_the_link_and_the_link_opens_in_it(visit: Visit) -> None:
    page = visit()
    assert "lang" not in page.query_params
    speak(page, "zh")
    assert page.query_params["lang"] == "zh"
    opened = visit(**{name: page.query_params[name] for name in page.query_params})
    assert lens(opened)[1]["texts"]["Save as"] == "另存为"
    assert speak(opened, "en").query_params["lang"] == "en"
    assert not visit(lang="tlh").exception


def test_back_to_before_the_choice_speaks_the_language_of_then(visit: Visit) -> None:
    page = visit()
    before = {name: page.query_params[name] for name in page.query_params}
    speak(page, "zh").run()  # once more: the browser is seen to have the new address
    page.query_params.clear()
    for name, value in before.items():
        page.query_params[name] = value
    page.run()
    assert "lang" not in page.query_params
    assert "另存为" not in str(lens(page)[1]["texts"])
    assert page.button(key="language_zh")


def test_links_name_every_language() -> None:
    assert set(LANGUAGES) == set(CODES)


def ranking(page: AppTest) -> pd.DataFrame:
    """The table once everything is scored."""
    assert page.session_state["din_lens"].results.found["ranking"][1].wait(60)
    return records(page.run(), "ranking")


def texts(page: AppTest) -> str:
    """All headings and lines."""
    return read(" ".join(e.value for e in [*page.header, *page.markdown]))


def test_inspect_says_it_in_chinese_with_the_same_numbers(visit: Visit) -> None:
    page = visit()
    _, english = lens(page)
    _, chinese = lens(speak(page, "zh"))
    assert not page.exception and not page.warning
    assert set(boxes(page)) == {"家庭", "该家庭的曝光", "候选：全部商品均可选"}
    assert chinese["subject"] == "家庭 7 · 45-54 · 2 adults, no kids"
    assert chinese["words"] == {"positive": "已购买", "negative": "未购买", "happened": "购买"}
    assert chinese["texts"]["Save as"] == "另存为"
    assert [model["overTime"] for model in chinese["models"]] == ["激活权重随时间的分布", "池化权重随时间的分布"]
    assert chinese["models"][0]["pooling"] == "加权求和池化，激活权重未归一化"
    for model, other in zip(chinese["models"], english["models"], strict=True):
        for one, same in zip(model["scored"], other["scored"], strict=True):
            assert one.keys() == same.keys()
            for numbers in {"probability", "weight", "intensity", "extent"} & one.keys():
                assert one[numbers] == pytest.approx(same[numbers], rel=1e-5)  # scored again, in another batch
        for one, same in zip(model["effects"].values(), other["effects"].values(), strict=True):
            assert one["effect"] == pytest.approx(same["effect"], rel=1e-4, abs=1e-5)
            assert one["logit"] == pytest.approx(same["logit"], rel=1e-4, abs=1e-5)
            parts = [part[2] for part in same["paths"]]
            assert [part[2] for part in one["paths"]] == pytest.approx(parts, rel=1e-4, abs=1e-5)
            assert [part[0] for part in one["paths"]] == ["画像、情境与候选", "兴趣向量", "兴趣 × 候选", "权重之和 Σw"]


def test_why_weights_are_reasons_is_said_in_chinese_with_the_same_numbers(visit: Visit) -> None:
    page = visit()
    _, english = lens(page)
    _, chinese = lens(speak(page, "zh"))
    (in_english,) = (effects["verdict"] for effects in english["models"][0]["effects"].values())
    (in_chinese,) = (effects["verdict"] for effects in chinese["models"][0]["effects"].values())
    assert in_chinese["sentence"].startswith("此处") and in_chinese["sentence"].endswith("。")
    assert re.findall(r"−?[\d.]*\d", in_chinese["sentence"]) == re.findall(r"−?[\d.]*\d", in_english["sentence"])
    assert (in_chinese["level"], in_chinese["rows"]) == (in_english["level"], in_english["rows"])


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_lens_finds_the_behaviors_that_the_sentence_names(language: str) -> None:
    before = translated("disagree most on ", language)
    assert all(f"{before}{{a}}" in translated(TEXTS[f"worst {n}"], language) for n in (1, 2, 3))


def test_rank_says_it_in_chinese_with_the_same_numbers(visit: Visit) -> None:
    page = visit("rank")
    english = ranking(page)
    chinese = ranking(speak(page, "zh"))
    assert not page.exception
    named = {
        "Rank": "排名",
        "Item": "商品",
        "In history": "历史中",
        "Rank under Average pooling": "Average pooling 的名次",
    }
    for column in (*named, "DIN", "Average pooling"):
        assert list(chinese[named.get(column, column)]) == list(english[column])
    assert set(chinese["品类"]) - set(english["Category"]) == {"未知"}
    assert "全部商品排名" in texts(page)
    (rank,) = chinese.loc[chinese["商品"] == "Stout · 12 oz · National", "排名"]
    assert f"“查看”页的候选 Stout · 12 oz · National 在 DIN 下位列 {len(chinese)} 个商品中的第 {rank} 位。" in texts(
        page
    )


def test_the_choice_holds_on_another_page_until_it_is_taken_back(visit: Visit) -> None:
    page = go_to(speak(visit(), "zh"), "data")
    assert all(chinese in texts(page) and english not in texts(page) for english, chinese in SAID.items())
    speak(page, "en")
    assert all(english in texts(page) and chinese not in texts(page) for english, chinese in SAID.items())


@pytest.mark.parametrize(
    ("locale", "greeting"),
    [("zh-CN", "查看"), ("zh", "查看"), ("ZH-hans-CN", "查看"), ("de-DE", "Inspect"), (None, "Inspect")],
)
def test_a_visitor_is_greeted_in_what_the_browser_asks_for(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, locale: str | None, greeting: str
) -> None:
    monkeypatch.setattr(type(st.context), "locale", locale)
    page = visit()
    assert greeting in [link.proto.label for link in page.get("page_link")]
    assert page.query_params["user"] == "7"


def test_a_choice_counts_more_than_the_browser(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(st.context), "locale", "zh-CN")
    page = speak(visit(), "en")
    assert "Inspect" in [link.proto.label for link in page.get("page_link")]
    assert "Whole catalogue" in [link.proto.label for link in go_to(page, "rank").get("page_link")]


def test_what_a_link_got_wrong_is_said_in_chinese(visit: Visit) -> None:
    page = speak(visit(user="nobody", sort="-importance"), "zh")
    assert [read(warning.value) for warning in page.warning] == [
        "链接的排序依据“-importance”未知；已知的依据：title, category, date, repeats, weight, total, effect, points。",
        "行为库中没有用户“nobody”；请按 ID 的开头搜索。",
    ]
    assert read(speak(page, "en").warning[1].value).startswith('No user "nobody" in the store; search')


def test_a_folder_without_checkpoints_is_told_in_chinese(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DIN_CHECKPOINTS", str(tmp_path / "none"))
    page = speak(visit(), "zh")
    (warning,) = page.warning
    folder = f"{tmp_path.name}/none"
    command = f"`python -m trainer train --out {folder}/din`"
    assert read(warning.value) == f"{folder} 中有 0 个检查点；请用 {command} 在其下写入一个。"
