"""What the page's head brings, so that nothing moves when more arrives."""

from __future__ import annotations

from din_core.pages.app.first_paint import ELEMENTS, IMPORT, PAGE, SCRIPTS, STYLES, early_scripts, first_paint
from din_core.pages.browser.sources import source


def test_all_page_wide_styles_stand_in_the_head_and_win_over_later_ones_of_one_class() -> None:
    head = first_paint()
    assert all(source(name) in head for name in STYLES)
    assert ":root {" in head and head.count("{") == head.count("}")


def test_the_scripts_of_common_elements_are_fetched_with_all_that_they_import() -> None:
    names, theirs = early_scripts(), (PAGE / "index.html").read_text("utf-8")
    assert {name.partition(".")[0] for name in names} >= set(ELEMENTS)
    assert not [name for name in names if name in theirs]
    needed = {other for name in names for other in IMPORT.findall((SCRIPTS / name).read_text("utf-8"))}
    assert not [name for name in needed if name not in names and name not in theirs]
    assert all(f'href="./static/js/{name}"' in first_paint() for name in names)
