"""Code of components by URL: the text itself, for good, and nothing else."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response

from din_core.pages.app.component_scripts import SCRIPTS, answer, by_url

CODE = 'export default () => "a\\u4e2d";\n'


def fetched(name: str) -> Response:
    return answer(Request({"type": "http", "method": "GET", "headers": [], "path_params": {"name": name}}))


def test_a_component_brings_the_address_of_its_code() -> None:
    module = by_url(CODE)
    name = re.findall(rf"{SCRIPTS}/(\w+)\.js", module)
    assert len(name) == 1 and CODE not in module
    assert "\n" in module.strip()  # Streamlit would take one line for the path of a file
    response = fetched(name[0])
    assert (response.status_code, bytes(response.body).decode()) == (200, CODE)
    assert response.headers["content-type"].startswith("text/javascript")
    assert "immutable" in response.headers["cache-control"]


def test_other_code_has_another_address() -> None:
    assert by_url(CODE) == by_url(CODE) != by_url(CODE + " ")


def test_nothing_else_is_answered() -> None:
    assert fetched("0" * 32).status_code == fetched("../app").status_code == 404
