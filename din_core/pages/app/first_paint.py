"""What the browser needs before it draws the first element, so that nothing moves when more arrives.

Streamlit's page fetches the code of most elements once one is to be shown, and shows a bar in its place until then;
styles that a run sends wait for such code too. Both are named in the page's head instead, as is what hears *Go to*'s
key and what fetches the Chinese font.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import streamlit

from din_core.pages.browser.sources import source
from din_core.pages.language.chinese_font import font_faces

STYLES = (
    "places/navigation.css",
    "widgets/styles/rooms.css",
    "widgets/styles/folding_bar.css",
    "widgets/styles/print.css",
    "data/data.css",
    "models/models.css",
    "tour/step_title.css",
    "trust/trust.css",
)
SCRIPTS_AT_ONCE = ("quick_open/quick_open_key.js", "language/page_language.js")
ELEMENTS = (
    "BidiComponent",
    "Button",
    "ButtonGroup",
    "Checkbox",
    "DownloadButton",
    "Html",
    "MenuButton",
    "Metric",
    "Multiselect",
    "PageLink",
    "Selectbox",
    "Table",
    "TextInput",
)
"""Streamlit's names of the elements that stand on nearly every page."""
IMPORT = re.compile(r"""(?:from|import)\s*["'`]\./([\w.-]+\.js)["'`]""")
INLINE = re.compile(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)
"""A script whose code stands in the page."""
PAGE = Path(streamlit.__file__).parent / "static"
SCRIPTS = PAGE / "static" / "js"


WIDE = '<style>:root [data-testid="stMainBlockContainer"] { max-width: initial; }</style>'
"""Streamlit widens a page only when its first run has begun."""


@cache
def first_paint(wide: bool = True) -> str:
    """The elements for the page's head: our styles, the scripts of `ELEMENTS` to fetch beside Streamlit's own, our own.

    `wide` says whether the page takes all of the window. A Streamlit that keeps its scripts elsewhere only loses the
    scripts.
    """
    styles = f"<style>{font_faces()}:root {{{source(*STYLES)}}}</style>"  # nested, as Streamlit's own rules come later
    links = "".join(f'<link rel="modulepreload" crossorigin href="./static/js/{name}">' for name in early_scripts())
    return styles + (WIDE if wide else "") + links + "".join(f"<script>{script}</script>" for script in own_scripts())


def own_scripts() -> list[str]:
    """What runs before anything else; the font's faces stand in the styles."""
    return [source(name) for name in SCRIPTS_AT_ONCE]


def inline_scripts() -> list[str]:
    """All code that stands in the page as it is served: Streamlit's own and ours. Of another there is none."""
    return [*INLINE.findall((PAGE / "index.html").read_text("utf-8")), *own_scripts()]


def early_scripts() -> list[str]:
    """Files of the scripts of `ELEMENTS` and of what these import, without those that Streamlit's page names itself."""
    named = (PAGE / "index.html").read_text("utf-8")
    found: list[str] = []
    waiting = [path.name for element in ELEMENTS for path in SCRIPTS.glob(f"{element}.*.js")]
    while waiting:
        name = waiting.pop()
        if name in found or name in named:
            continue
        found.append(name)
        waiting += IMPORT.findall((SCRIPTS / name).read_text("utf-8"))
    return sorted(found)
