"""The picture by which chat tools show a link: of a snapshot its chance and its bars, of any other page the name alone.

PNG, as these tools take no SVG. Digits alone stand on it, no titles: its font has no Chinese.
"""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageDraw, ImageFont
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from din_core.domain import LinkError
from din_core.pages.brief.content import bars_of
from din_core.pages.brief.html import signed
from din_core.pages.session import caches
from din_core.pages.session.visitor import as_visitor
from din_core.sharing.frozen_results import FrozenResults, from_json

SIZE = (1200, 630)
"""Pixels, as these tools ask for."""
MARGIN, BARS_TOP, ROW = 80, 330, 48
BARS = (260, 1120)
"""Left and right end of the room for bars."""
INK, QUIET, RAISES, LOWERS = "#111111", "#595959", "#4b8eeb", "#c43b14"
AGE = 300
"""Seconds for which a card may be kept: a snapshot may be revoked."""


async def answer(request: Request) -> Response:
    """`snapshot=SLUG`: that snapshot's card, 404 where there is none; else that of the app."""
    return await run_in_threadpool(reply, request.query_params.get("snapshot"))


def reply(slug: str | None) -> Response:
    """Opening is not counted: nobody has read it yet."""
    try:
        results = None if slug is None else from_json(caches.shares().get(slug).payload or "")
    except LinkError as error:
        return PlainTextResponse(str(error), 404)
    return Response(card_png(results), media_type="image/png", headers={"cache-control": f"max-age={AGE}"})


def card_png(results: FrozenResults | None) -> bytes:
    """The picture as a file."""
    image = Image.new("RGB", SIZE, "#ffffff")
    pen = ImageDraw.Draw(image)
    draw_name(pen)
    if results is not None:
        draw_results(pen, results)
    file = BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def draw_name(pen: ImageDraw.ImageDraw) -> None:
    """The app's icon and name."""
    pen.ellipse((MARGIN, 60, MARGIN + 64, 124), outline="#0b5394", width=9)
    pen.line((MARGIN + 54, 114, MARGIN + 82, 142), fill="#0b5394", width=13)
    for place, (top, bottom) in enumerate(((88, 104), (76, 104), (82, 104))):
        x = MARGIN + 20 + 12 * place
        pen.line((x, top, x, bottom), fill=LOWERS, width=6)
    pen.text((MARGIN + 110, 100), "DIN Lens", INK, ImageFont.load_default(56), anchor="lm")


def draw_results(pen: ImageDraw.ImageDraw, results: FrozenResults) -> None:
    """The chance, and a bar for each part of the history with its points; all bars have one zero."""
    pen.text((MARGIN, 230), f"{100 * results.answer.probability:.1f} %", INK, ImageFont.load_default(120), anchor="lm")
    with as_visitor("en"):
        points = [bar.points for bar in bars_of(results)]
    low, high = min([0.0, *points]), max([0.0, *points])
    left, right = BARS

    def x(value: float) -> float:
        return left + (right - left) * (value - low) / (high - low or 1.0)

    for place, value in enumerate(points):
        y = BARS_TOP + ROW * place
        begin, end = sorted((x(0), x(value)))
        pen.rounded_rectangle((begin, y, max(end, begin + 3), y + 30), 4, LOWERS if value < 0 else RAISES)
        text = signed(value).replace("−", "-")
        pen.text((left - 30, y + 15), text, QUIET, ImageFont.load_default(34), anchor="rm")
