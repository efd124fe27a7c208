"""The chart as PNG and SVG, its table as CSV: files that say what they show."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Page, expect

from din_core.explain import leave_one_out
from din_core.scoring import Scorer, rescorer_for
from din_core.store import BehaviorStore
from tests.journeys.inspect_page import open_example, scores_of
from tests.journeys.page_driver import has_query, query
from tests.small_world import MONDAY

SVG = "{http://www.w3.org/2000/svg}"


def saved(page: Page, kind: str, folder: Path) -> Path:
    """The file that the menu gives, under its own name."""
    page.get_by_role("button", name="Save as").click()
    with page.expect_download() as download:
        page.get_by_role("button", name=kind, exact=True).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_csv_and_json_hold_the_cores_numbers_and_name_their_scene(
    page: Page, address: str, store: BehaviorStore, scorers: dict[str, Scorer], tmp_path: Path
) -> None:
    open_example(page, address)
    expect(page.locator("#trust")).not_to_contain_text("Measuring")
    path = saved(page, "CSV", tmp_path)
    assert path.name == f"din-lens_7_b2_din@{scorers['din'].fingerprint}.csv"
    rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
    scores, _ = scores_of(page, store, scorers)
    impression = store.impressions("7")[0]
    effects = leave_one_out(
        rescorer_for(scorers["din"], store.history("7", MONDAY), impression.item, impression.context)
    )
    found = {r["item_id"]: r for r in rows}
    for place, behavior in enumerate(scores.behaviors):
        row = found[behavior.item.item_id]
        weight = float(scores.weight[0, place])
        assert int(row["repeats"]) == behavior.count
        assert float(row["weight"]) == pytest.approx(weight, rel=1e-5)
        assert float(row["weight_x_repeats"]) == pytest.approx(weight * behavior.count, rel=1e-5)
        assert float(row["effect_logits"]) == pytest.approx(float(effects.values[place]), abs=1e-5)
    assert len(rows) == len(scores.behaviors) == 4
    scene = {tuple(r[name] for name in ("user", "candidate_id", "as_of", "model", "fingerprint")) for r in rows}
    assert scene == {("7", "b2", "2017-11-20T00:00:00Z", "DIN", scorers["din"].fingerprint)}
    assert parse_qs(urlsplit(rows[0]["link"]).query, keep_blank_values=True) == query(page)
    written = json.loads(saved(page, "JSON", tmp_path).read_text(encoding="utf-8"))
    assert [row["item_id"] for row in written["rows"]] == [row["item_id"] for row in rows]
    assert [row["weight"] for row in written["rows"]] == [pytest.approx(float(row["weight"])) for row in rows]
    assert (written["user"], written["candidate_id"], written["model"]) == ("7", "b2", "DIN")


def test_the_svg_is_drawn_in_vectors_with_a_bar_for_each_line(page: Page, address: str, tmp_path: Path) -> None:
    open_example(page, address)
    drawing = ElementTree.parse(saved(page, "SVG", tmp_path)).getroot()
    assert drawing.findall(f".//{SVG}image") == []
    texts = [node.text for node in drawing.findall(f".//{SVG}text")]
    assert "Activation weights over time" in texts
    assert any("Stout · 12 oz · National" in (text or "") for text in texts)
    assert any((text or "").startswith("DIN: 60.6 %") for text in texts)
    assert "A weight says what the model switches on; it is not an effect on the score." in texts
    assert f"{address}?v=1&user=7&item=b2&at=2017-11-20T00:00:00Z" in "".join(text or "" for text in texts)
    bars = [r for r in drawing.findall(f".//{SVG}rect") if 1 <= float(r.get("width", 0)) <= 5]
    assert len(bars) == 25


def test_the_png_is_a_picture_of_the_chart_which_is_copied_as_it_is_saved_and_leaves_the_screen_alone(
    page: Page, address: str, tmp_path: Path
) -> None:
    open_example(page, address)
    page.get_by_role("radio", name="Effect when removed").check()
    expect(page).to_have_url(has_query("method", "effect"))
    before = page.locator("#bars").evaluate("canvas => canvas.toDataURL()")
    head = saved(page, "PNG", tmp_path).read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    wide, high = (int.from_bytes(head[at : at + 4], "big") for at in (16, 20))
    assert (wide, high) == (2560, 1440)  # 16:9
    assert page.locator("#bars").evaluate("canvas => canvas.toDataURL()") == before
    expect(page.locator("#formats")).to_be_hidden()
    page.get_by_role("button", name="Save as").click()
    page.get_by_role("button", name="Copy image").click()
    expect(page.locator("#image-copied")).to_have_text("Image copied")
    size = page.evaluate(
        """async () => {
          const [item] = await navigator.clipboard.read();
          const image = await createImageBitmap(await item.getType("image/png"));
          return [image.width, image.height];
        }"""
    )
    assert size == [2560, 1440]
