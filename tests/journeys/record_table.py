"""A table of records, as it stands on the page."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

CELLS = """tables => tables.map(table => [
  [...table.querySelectorAll("thead th")].map(cell => cell.textContent),
  [...table.querySelectorAll("tbody tr")].map(
    line => [...line.querySelectorAll(":is(th, td):not(.pick)")].map(cell => cell.textContent)
  ),
])"""


def record_lines(page: Page, key: str) -> Locator:
    """The rows of the table of this key."""
    return page.locator(f".st-key-{key} tbody tr")


def record_rows(page: Page, key: str) -> list[dict[str, str]]:
    """The table by its heads, as it stands at one instant; none where it is not there."""
    found = page.locator(f".st-key-{key} table").evaluate_all(CELLS)
    return [dict(zip(heads, line, strict=True)) for heads, lines in found for line in lines]


def tick_record(page: Page, key: str, place: int) -> None:
    """The box of a row."""
    record_lines(page, key).nth(place).get_by_role("checkbox").check()


def save_records(page: Page, key: str, kind: str) -> Path:
    """Press the button `csv` or `json`; the file that the browser got."""
    with page.expect_download() as download:
        page.locator(f".st-key-{key} #{kind}").click()
    return Path(download.value.path())


def read_csv(path: Path) -> list[dict[str, str]]:
    """Its rows by their heads."""
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))


def read_json(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found
