"""Cases of the small world, and what the pages about them say."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

from tests.pages.conftest import World
from tests.pages.page_contents import read
from trainer.__main__ import main


def make(world: World, *options: str) -> Path:
    """Cases of the small world's three test impressions, beside its checkpoints."""
    folders = ["--checkpoint", str(world.checkpoints / "din"), "--base", str(world.checkpoints / "base")]
    assert main(["cases", "--store", world.url, *folders, *options]) == 0
    return world.checkpoints / "cases"


def said(page: AppTest) -> str:
    return read(" ".join([e.value for e in page.markdown] + [e.value for e in page.caption]))


def points(text: str) -> float:
    """`12.3 %` or `−1.2` as a number."""
    return float(text.replace("\N{NO-BREAK SPACE}%", "").replace("−", "-"))
