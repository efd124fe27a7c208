"""What a page that AppTest ran says and what its instruments are told."""

from __future__ import annotations

import json
import re
from typing import Any

import pandas as pd
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


def sent_records(page: AppTest, key: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the table of records of this key is told: its head, and its columns, links and keys."""
    (found,) = (proto for proto in record_table_protos(page) if f"-{key}-" in f"{proto.id}-")
    return head_and_body(found)


def all_sent_records(page: AppTest) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The same of all tables of records of the page."""
    return [head_and_body(proto) for proto in record_table_protos(page)]


def record_table_protos(page: AppTest) -> list[Any]:
    """What Streamlit sends of each table of records."""
    return [e.proto for e in page.get("bidi_component") if e.proto.component_name == "din_lens.record_table"]


def head_and_body(proto: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both lines of a table of records."""
    head, body = proto.bytes.decode().split("\n")
    return json.loads(head), json.loads(body)


def records(page: AppTest, key: str) -> pd.DataFrame:
    """A table of records as it stands on the page: the columns shown by their heads, ids where names are alike."""
    head, body = sent_records(page, key)
    chosen = head["state"]["columns"]
    shown = [c for c in body["columns"] if (c["name"] in chosen if chosen else c["shown"])]
    return pd.DataFrame({column["label"]: shown_texts(column) for column in shown})


def held_records(page: AppTest, key: str) -> pd.DataFrame:
    """What files hold of a table of records: the values of all columns by their names."""
    _, body = sent_records(page, key)
    return pd.DataFrame({column["name"]: column["values"] for column in body["columns"]})


def shown_texts(column: dict[str, Any]) -> list[str]:
    """What the cells of a column say."""
    texts = column.get("texts") or ["–" if value is None else str(value) for value in column["values"]]
    if "ids" not in column:
        return texts
    named = [*zip(texts, column["ids"], strict=True)]
    alike = {text for text, own in named if any(text == other and own != its for other, its in named)}
    alike.update(column["beside"])
    return [f"{text} · item {own}" if text in alike else text for text, own in named]


def record_tables(page: AppTest) -> list[pd.DataFrame]:
    """All tables of records of the page."""
    return [records(page, proto.id.split("-")[-1]) for proto in record_table_protos(page)]


def saved_charts(page: AppTest) -> list[dict[str, Any]]:
    """What the rows below the charts are told."""
    found = [e.proto for e in page.get("bidi_component") if e.proto.component_name == "din_lens.save_chart"]
    return [json.loads(proto.bytes) for proto in found]
