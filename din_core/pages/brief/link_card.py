"""The picture by which chat tools show a link: of a snapshot or brief its chance and its bars, else the name alone.

PNG, as these tools take no SVG. Digits alone stand on it, no titles: its font has no Chinese. A snapshot's numbers are
kept. A brief's are computed, or taken from what was: no visitor waits for that, so while others compute it is the name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from din_core.domain import LinkError
from din_core.pages.app.failure_log import log_failure
from din_core.pages.app.startup import from_environment
from din_core.pages.brief.content import bars_of
from din_core.pages.brief.freeze import results_of
from din_core.pages.brief.html import signed
from din_core.pages.brief.page import is_asked
from din_core.pages.session import caches
from din_core.pages.session.turns import turn_at_once
from din_core.pages.session.visitor import as_visitor
from din_core.pages.snapshots.snapshot import slug_of
from din_core.sharing import parse, resolve
from din_core.sharing.frozen_results import FrozenResults, from_json

Query = Mapping[str, Sequence[str]]

SIZE = (1200, 630)
"""Pixels, as these tools ask for."""
MARGIN, BARS_TOP, ROW = 80, 330, 48
BARS = (260, 1120)
"""Left and right end of the room for bars."""
INK, QUIET, RAISES, LOWERS = "#111111", "#595959", "#4b8eeb", "#c43b14"
AGE = 300
"""Seconds for which a card may be kept: a snapshot may be revoked."""


async def answer(request: Request) -> Response:
    """`snapshot=SLUG`: its card, 404 where there is none; the address of a brief: that brief's; else the app's own."""
    asked = request.query_params
    return await run_in_threadpool(reply, {name: asked.getlist(name) for name in asked})


def reply(asked: Query) -> Response:
    """Opening is not counted: nobody has read it yet."""
    slug = slug_of(asked)
    try:
        results = brief_results(asked) if slug is None else snapshot_results(slug)
    except LinkError as error:
        return PlainTextResponse(str(error), 404)
    except Exception as error:  # the page says more to who opens it
        log_failure(error)
        results = None
    picture = name_png() if results is None else card_png(results)
    return Response(picture, media_type="image/png", headers={"cache-control": f"max-age={AGE}"})


def snapshot_results(slug: str) -> FrozenResults:
    """What a snapshot keeps; LinkError where there is none."""
    return from_json(caches.shares().get(slug, "snapshot").payload or "")


def brief_results(asked: Query) -> FrozenResults | None:
    """What a brief shows of the history as it was; None for another address, and while others compute.

    Whether edits count is said by the brief's path, which is not asked here: with some there are no results either.
    """
    app = caches.startup(*from_environment()).wait(0) if is_asked(asked) and not asked.get("edits") else None
    if app is None:
        return None
    scenario = resolve(parse(asked)[0], app.store, app.setting).scenario
    with as_visitor("en"), turn_at_once() as mine:
        return results_of(app, scenario, edited=False) if mine and scenario is not None else None


@cache
def name_png() -> bytes:
    """The picture of the name alone: it is always the same, and most that is asked for."""
    return card_png(None)


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
