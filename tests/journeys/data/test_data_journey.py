"""A journey from what is in the store to a store of one's own: four CSV files, one bad row, a new file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from din_core.store import BehaviorStore, open_store
from tests.journeys.page_driver import number, wait_until_rest
from tests.journeys.server import ROOT, running_app
from tests.store.input_tables import valid_tables, write

NewPage = Callable[..., Page]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where imports go, beside the server's folder for temporary files."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "stores").mkdir()
    (folder / "temporary").mkdir()
    return folder


@pytest.fixture(scope="module")
def address(store: BehaviorStore, checkpoints: Path, own: Path) -> Iterator[str]:
    settings = {"DIN_IMPORT": str(own / "stores"), "TMPDIR": str(own / "temporary")}
    with running_app({"DIN_STORE": store.url, "DIN_CHECKPOINTS": str(checkpoints), **settings}) as started:
        yield started


def table(page: Page, heading: str) -> Locator:
    """The first table below a heading."""
    return page.get_by_role("heading", name=heading).locator("xpath=following::table[1]")


def test_four_files_with_a_bad_row_become_a_store(page: Page, address: str, own: Path, tmp_path: Path) -> None:
    tables = valid_tables()
    tables["behaviors"]["timestamp"] = ["100", "soon", "150", "300"]
    folder = write(tmp_path, tables, "csv")
    page.goto(f"{address}data")
    for name in tables:
        wait_until_rest(page)  # a file field that a run is about to draw anew loses what it was given
        upload = page.locator(f".st-key-import_{name}")
        upload.locator("input[type=file]").set_input_files(folder / f"{name}.csv")
        expect(upload).to_contain_text(f"{name}.csv")
    expect(page.get_by_role("heading", name="Preview")).to_be_visible()
    page.get_by_role("button", name="Check every row").click()
    found = table(page, "What the check found").locator("tbody tr")
    expect(found).to_have_count(4)
    counts = [[number(cell) for cell in row.locator("td").all_inner_texts()[1:]] for row in found.all()]
    assert counts == [[3, 3, 0], [2, 2, 0], [4, 3, 1], [5, 5, 0]]
    expect(
        page.get_by_text("timestamp is no time: write whole seconds or ISO 8601, or say by --time-format how it is")
    ).to_be_visible()
    expect(page.get_by_text('row 2: "soon"')).to_be_visible()
    writing = page.get_by_role("button", name="Write the store")
    expect(writing).to_be_disabled()
    page.get_by_text("Leave the rows out that cannot be loaded").click()
    expect(writing).to_be_enabled()
    writing.click()
    path = own / "stores" / "own.db"
    expect(page.get_by_test_id("stCode")).to_contain_text(f"DIN_STORE=sqlite:///{os.path.relpath(path, ROOT)}")
    store = open_store(f"sqlite:///{path}")
    try:
        summary = store.summary()
        assert (summary.n_items, summary.n_users, summary.n_behaviors, summary.n_impressions) == (3, 2, 3, 5)
    finally:
        store.close()
    assert list((own / "temporary").glob("din-lens-import-*")) == []
    assert sorted(p.name for p in (own / "stores").iterdir() if p.suffix not in (".db-wal", ".db-shm")) == ["own.db"]
    writing.click()
    expect(page.get_by_text("is there already and is not written over")).to_be_visible()
