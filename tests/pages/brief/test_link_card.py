"""The picture of a link: a snapshot's bars, of which nothing can be read but numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image

from din_core.domain import RankedParts
from din_core.pages.brief.link_card import BARS, LOWERS, RAISES, SIZE, card_png, reply
from din_core.sharing.frozen_results import FrozenResults, to_json
from din_core.sharing.share_store import SharedView, ShareStore
from tests.made_results import BEERS, RESULTS


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
    found = reply(slug)
    assert (found.status_code, found.media_type, found.body) == (200, "image/png", card_png(RESULTS))
    assert reply(None).body == card_png(None)
    shares.revoke(slug)
    assert [reply(one).status_code for one in (slug, "unknown", "")] == [404, 404, 404]
