"""Sign-in configured for a test, and visits as somebody whom the provider has named."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit import config
from streamlit.runtime.secrets import secrets_singleton
from streamlit.testing.v1 import AppTest
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from tests.pages.conftest import MAIN, World

COOKIE_SECRET = "of thirty-two characters or more."
CLIENT_SECRET = "the client's own secret"
ORIGIN = "http://127.0.0.1:8501"
SECRETS = f"""
[auth]
redirect_uri = "{ORIGIN}/oauth2callback"
cookie_secret = "{COOKIE_SECRET}"
client_id = "din"
client_secret = "{CLIENT_SECRET}"
server_metadata_url = "http://127.0.0.1:1/.well-known/openid-configuration"
"""
ROLES = """
[analyst]
emails = ["ada@lab.example"]

[viewer]
domains = ["shop.example"]
"""
ADA = {"email": "ada@lab.example", "email_verified": True}
VIC = {"email": "vic@shop.example", "email_verified": True}
EVE = {"email": "eve@elsewhere.example", "email_verified": True}


@pytest.fixture
def secrets(tmp_path: Path) -> Iterator[Callable[[str], None]]:
    """Give Streamlit another secrets.toml."""

    def write(text: str) -> None:
        path = tmp_path / "secrets.toml"
        path.write_text(text, "utf-8")
        config.set_option("secrets.files", [str(path)])
        secrets_singleton._reset()

    before = config.get_option("secrets.files")
    yield write
    config.set_option("secrets.files", before)
    secrets_singleton._reset()


@pytest.fixture
def roles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of roles, which a test may change."""
    path = tmp_path / "roles.toml"
    path.write_text(ROLES, "utf-8")
    monkeypatch.setenv("DIN_ROLES", str(path))
    return path


@pytest.fixture
def signing_in(roles: Path, secrets: Callable[[str], None]) -> Path:
    """Sign-in is on; the file of roles."""
    secrets(SECRETS)
    return roles


def cookie_of(claims: dict[str, Any], secret: str = COOKIE_SECRET, **other: Any) -> str:
    """What Streamlit keeps in the browser of somebody who has signed in."""
    payload = {**claims, "origin": ORIGIN, "is_logged_in": True, "provider": "default", **other}
    return create_signed_value(secret, USER_COOKIE_NAME, json.dumps(payload)).decode()


@pytest.fixture
def visit_as(world: World, monkeypatch: pytest.MonkeyPatch, signing_in: Path) -> Callable[..., AppTest]:
    """Open the app as somebody, None for nobody, and run it once."""
    monkeypatch.setenv("DIN_STORE", world.url)
    monkeypatch.setenv("DIN_CHECKPOINTS", str(world.checkpoints))

    def open_page(claims: dict[str, Any] | None, **query: str) -> AppTest:
        page = AppTest.from_file(str(MAIN), default_timeout=60)
        page.user = {"is_logged_in": False} if claims is None else {**claims, "is_logged_in": True}
        for name, value in query.items():
            page.query_params[name] = value
        return page.run()

    return open_page
