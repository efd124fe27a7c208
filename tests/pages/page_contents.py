"""What a page that AppTest ran says and what its instruments are told."""

from __future__ import annotations

import json
import re
from typing import Any

from streamlit.testing.v1 import AppTest


def lens(page: AppTest) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the lens is told to show, and what it then shows: its candidates by the models of `chosen`.

    Only the one on screen has weights.
    """
    head, common, models = held(page)
    chosen = [models[link] for link in head["chosen"]]
    for place, case in enumerate(common["cases"]):
        case |= chosen[0]["scored"][place]
        case["probability"] = [model["scored"][place]["probability"] for model in chosen]
    return head, common | {"models": chosen, **{name: chosen[0][name] for name in ("timeline", "historyText")}}


def held(page: AppTest) -> tuple[dict[str, Any], dict[str, Any], dict[str, dict[str, Any]]]:
    """What the lens is told to show, what does not depend on the model, and each model that it holds."""
    head, common, *texts = (json.loads(line) for line in the_lens(page).proto.bytes.decode().split("\n"))
    models, effects = texts[: len(head["models"])], texts[len(head["models"]) :]
    assert head["models"] == [model["link"] for model in models]
    found = {model["link"]: model | {"effects": {}} for model in models}
    for (link, place), text in zip(head["effects"], effects, strict=True):
        found[link]["effects"][place] = text
    return head, common, found


def the_lens(page: AppTest) -> Any:
    (found,) = (e for e in page.get("bidi_component") if e.proto.component_name == "din_lens.lens")
    return found


def boxes(page: AppTest) -> dict[str, Any]:
    """What each search box is told, by label."""
    found = [json.loads(e.proto.json) for e in page.get("bidi_component") if e.proto.json]
    return {box["label"]: box for box in found}


def said(page: AppTest) -> list[str]:
    """The sentences about problems."""
    return [read(warning.value) for warning in page.warning]


def read(text: str) -> str:
    """Markdown as it is read: without its escapes."""
    return re.sub(r"\\(.)", r"\1", text)


def shows_lens(page: AppTest) -> bool:
    return any(e.proto.component_name == "din_lens.lens" for e in page.get("bidi_component"))


def words(page: AppTest) -> str:
    """All running text of the page."""
    return read(" ".join(e.value for e in [*page.markdown, *page.caption]))
