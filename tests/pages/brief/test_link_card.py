"""The picture of a link: a snapshot's bars, of which nothing can be read but numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from threading import BoundedSemaphore

import pytest
from PIL import Image

from din_core.domain import RankedParts
from din_core.pages.app.startup import App
from din_core.pages.brief.freeze import results_of
from din_core.pages.brief.link_card import BARS, LOWERS, RAISES, SIZE, card_png, reply
from din_core.pages.session import caches
from din_core.pages.session.visitor import as_visitor
from din_core.sharing import parse, resolve
from din_core.sharing.frozen_results import FrozenResults, to_json
from din_core.sharing.share_store import SharedView, ShareStore
from tests.made_results import BEERS, RESULTS
from tests.pages.conftest import World


def drawn(results: FrozenResults | None) -> Image.Image:
    image = Image.open(BytesIO(card_png(results)))
    assert (image.format, image.size) == ("PNG", SIZE)
    return image.convert("RGB")


@pytest.fixture
def bars() -> Callable[[Image.Image, str], list[int]]:
    """The lengths of the bars of a colour, from the top, in pixels."""

    def lengths(image: Image.Image, color: str) -> list[int]:
        wanted = tuple(bytes.fromhex(color[1:]))
        room = image.crop((BARS[0], 300, BARS[1] + 1, SIZE[1]))
        rows = [sum(room.getpixel((x, y)) == wanted for x in range(room.width)) for y in range(room.height)]
        starts = [y for y in range(1, room.height) if rows[y] and not rows[y - 1]]
        return [rows[y + 10] for y in starts]

    return lengths


def test_each_part_has_a_bar_as_long_as_its_points(bars: Callable[[Image.Image, str], list[int]]) -> None:
    parts = tuple(replace(BEERS, without=without) for without in (0.1, 0.2, 0.35))
    image = drawn(replace(RESULTS, parts={"category": RankedParts(parts, None, 0)}))
    (long, short), (down,) = bars(image, RAISES), bars(image, LOWERS)
    assert long == pytest.approx(2 * short, abs=4) and short == pytest.approx(2 * down, abs=4)


def test_without_results_it_is_the_name_alone(bars: Callable[[Image.Image, str], list[int]]) -> None:
    assert bars(drawn(None), RAISES) == []
    assert drawn(None).getcolors(1 << 20) != drawn(RESULTS).getcolors(1 << 20)


def test_a_history_without_parts_has_a_chance_and_no_bars(bars: Callable[[Image.Image, str], list[int]]) -> None:
    assert bars(drawn(replace(RESULTS, parts={}, behaviors=())), RAISES) == []


def test_who_has_the_link_gets_the_card_and_nobody_else(shares: ShareStore) -> None:
    slug = shares.keep(SharedView("snapshot", "", payload=to_json(RESULTS)))
    found = reply({"snapshot": [slug]})
    assert (found.status_code, found.media_type, found.body) == (200, "image/png", card_png(RESULTS))
    assert reply({}).body == card_png(None)
    shares.revoke(slug)
    assert [reply({"snapshot": [one]}).status_code for one in (slug, "unknown", "")] == [404, 404, 404]


BRIEF = {"user": ["7"], "item": ["m2"], "at": ["2017-11-20"], "view": ["brief"]}


@pytest.fixture
def started(world: World, monkeypatch: pytest.MonkeyPatch) -> App:
    monkeypatch.setenv("DIN_STORE", world.url)
    monkeypatch.setenv("DIN_CHECKPOINTS", str(world.checkpoints))
    return caches.current_app()


def test_a_brief_has_the_bars_that_it_shows_to_who_opens_it(started: App) -> None:
    scenario = resolve(parse(BRIEF)[0], started.store, started.setting).scenario
    assert scenario is not None
    with as_visitor("en"):
        shown = results_of(started, scenario, edited=False)
    assert reply(BRIEF).body == card_png(shown) != card_png(None)


@pytest.mark.parametrize(
    "more", [{"view": ["other"]}, {"user": ["nobody"]}, {"edits": ["drop-item,m1"]}], ids=["page", "nobody", "edited"]
)
def test_of_what_is_no_brief_or_may_be_another_it_is_the_name_alone(started: App, more: dict[str, list[str]]) -> None:
    assert reply(BRIEF | more).body == card_png(None)


def test_while_others_compute_nothing_is_computed_for_a_picture(started: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("din_core.pages.session.turns._turns", BoundedSemaphore(0))
    assert reply(BRIEF).body == card_png(None)
