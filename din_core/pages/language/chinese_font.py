"""The Chinese of the pages on machines that have no font for it: two weights, of the characters that our texts have.

Noto Sans CJK SC, under the SIL Open Font License; `assets/fonts/README.md` says how the files were made.
"""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

FAMILY = "DIN Lens Chinese"
"""As `theme.font` in `.streamlit/config.toml` names it, behind Streamlit's own."""
FONTS = "_din/font"
"""Where the files are fetched, from the app's own address."""
FOLDER = Path(__file__).parents[3] / "assets" / "fonts"
WEIGHTS = (400, 700)
INSTALLED = ("PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", "WenQuanYi Micro Hei")
"""Fonts that stand in its place where a machine has one: they have all characters."""
YEAR = 31_536_000


def font_faces() -> str:
    """The CSS of both weights; a browser fetches a file once a text needs it."""
    installed = ", ".join(f'local("{name}")' for name in INSTALLED)
    return "".join(
        f'@font-face {{ font-family: "{FAMILY}"; font-weight: {weight}; font-display: swap; src: {installed}, '
        f'url("./{FONTS}/{weight}-{digest(weight)}.woff2") format("woff2"); unicode-range: U+2018-201D, U+2E80-FFEF; }}'
        for weight in WEIGHTS
    )


@cache
def digest(weight: int) -> str:
    """Of the file of a weight: another file has another address."""
    return blake2b(font_file(weight).read_bytes(), digest_size=8).hexdigest()


def font_file(weight: int) -> Path:
    """Where the file of a weight lies."""
    return FOLDER / f"chinese-{weight}.woff2"


def answer(request: Request) -> Response:
    """A file, for good; 404 for one that is not there."""
    for weight in WEIGHTS:
        if request.path_params["name"] == f"{weight}-{digest(weight)}":
            kept = {"Cache-Control": f"public, max-age={YEAR}, immutable"}
            return FileResponse(font_file(weight), media_type="font/woff2", headers=kept)
    return Response(status_code=404)
