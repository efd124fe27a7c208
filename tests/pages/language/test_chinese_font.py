"""The font for Chinese: it has every character of our texts, and is served for good under a name of its own."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from din_core.pages.language import translate
from din_core.pages.language.chinese_font import FAMILY, FOLDER, WEIGHTS, answer, digest, font_faces

ROOT = Path(__file__).parents[3]
TEXTS = Path(translate.__file__).parent / "texts" / "zh.json"


def fetched(name: str) -> Response:
    return answer(Request({"type": "http", "method": "GET", "headers": [], "path_params": {"name": name}}))


def test_it_has_every_character_of_our_chinese_texts() -> None:
    held = set((FOLDER / "characters.txt").read_text("utf-8"))
    needed = {one for text in json.loads(TEXTS.read_text("utf-8")).values() for one in text if ord(one) >= 0x2E80}
    assert needed - held == set()


def test_the_pages_name_it_and_it_is_served_for_good() -> None:
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]
    assert f'"{FAMILY}"' in theme["font"]
    for weight in WEIGHTS:
        name = f"{weight}-{digest(weight)}"
        assert f"_din/font/{name}.woff2" in font_faces()
        found = fetched(name)
        assert isinstance(found, FileResponse) and "immutable" in found.headers["cache-control"]
    assert fetched("400-0").status_code == fetched("../app").status_code == 404
