"""The app with sign-in, the provider that visitors sign in at, and what the server prints meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from din_core.store import BehaviorStore
from tests.journeys.access.oidc_provider import CLIENT_ID, CLIENT_SECRET, OidcProvider, running_provider
from tests.journeys.server import running_app

COOKIE_SECRET = "a-secret-that-signs-who-somebody-is"
LINK_SECRET = "a-secret-that-signs-links-of-briefs"
ROLES = """
[analyst]
emails = ["ada@lab.example"]

[viewer]
domains = ["shop.example"]
"""


@dataclass(frozen=True)
class GuardedApp:
    """Where it answers, whom its provider signs in, and all that it has printed."""

    address: str
    provider: OidcProvider
    said: list[str]

    def sign_in_as(self, email: str) -> None:
        """Whom the provider takes whoever comes next for."""
        self.provider.claims = {"email": email, "email_verified": True}


@pytest.fixture(scope="module")
def guarded(store: BehaviorStore, checkpoints: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedApp]:
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "roles.toml").write_text(ROLES, "utf-8")
    said: list[str] = []
    with running_provider() as provider:
        secrets = {
            "redirect_uri": "http://127.0.0.1:{port}/oauth2callback",
            "cookie_secret": COOKIE_SECRET,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "server_metadata_url": f"{provider.issuer}/.well-known/openid-configuration",
        }
        lines = [f'{name} = "{value}"' for name, value in secrets.items()]
        (folder / "secrets.toml").write_text("\n".join(["[auth]", *lines]), "utf-8")
        settings = {
            "DIN_STORE": store.url,
            "DIN_CHECKPOINTS": str(checkpoints),
            "DIN_ROLES": str(folder / "roles.toml"),
            "DIN_LOG": "json",
            "DIN_LINK_KEYS": f"one:{LINK_SECRET}",
            "STREAMLIT_SECRETS_FILES": str(folder / "secrets.toml"),
        }
        with running_app(settings, said=said) as address:
            yield GuardedApp(address, provider, said)
