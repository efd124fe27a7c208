"""The bar says what is chosen, as text, and stands open where nothing is."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def bar(chosen: str) -> str:
    def script(chosen: str) -> None:
        from din_core.pages.widgets.folding_bar import folding_bar

        folding_bar(chosen)

    page = AppTest.from_function(script, args=(chosen,)).run()
    (html,) = page.get("html")
    return str(html.proto.body)


def test_what_is_chosen_is_no_markup() -> None:
    assert "<span>&lt;b&gt;Mug&lt;/b&gt; · 1</span>" in bar("<b>Mug</b> · 1")


def test_the_bar_is_open_where_something_is_still_to_be_chosen() -> None:
    assert "<details class='folded_choices' open>" in bar("")
    assert "<details class='folded_choices'>" in bar("Mug")
