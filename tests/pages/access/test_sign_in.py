"""Sign-in is on or off, never in between; a request's role comes from the cookie that was signed at the sign-in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection

from din_core.pages.access import sign_in
from din_core.pages.access.gate import AccessGate
from din_core.pages.access.roles import Role
from din_core.pages.access.sign_in import check_settings, providers, role_of_request
from din_core.pages.app.launch import middleware
from tests.pages.access.conftest import ADA, CLIENT_SECRET, COOKIE_SECRET, EVE, ROLES, SECRETS, VIC, cookie_of

Secrets = Callable[[str], None]


def gates() -> list[Middleware]:
    return [one for one in middleware() if one.cls is AccessGate]


def test_without_configuration_nobody_signs_in(secrets: Secrets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIN_ROLES", raising=False)
    secrets("other = 1")
    assert not gates() and role_of_request(asking("")) is Role.ANALYST


def test_with_both_parts_of_the_configuration_a_gate_stands_before_all(signing_in: Path) -> None:
    assert len(gates()) == 1


def test_providers_without_roles_end_the_start(secrets: Secrets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIN_ROLES", raising=False)
    secrets(SECRETS)
    with pytest.raises(SystemExit, match=r"\[auth\], but DIN_ROLES is not set, so nobody would have to sign in"):
        middleware()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("other = 1", r"no secrets.toml that can be read has a section \[auth\]"),
        ("[auth", r"no secrets.toml that can be read has a section \[auth\]"),
        ("[auth]\nredirect_uri = 'x'", r"\[auth\] of secrets.toml names no provider"),
        (SECRETS.replace("server_metadata_url", "x"), "missing the following keys: .'server_metadata_url'"),
        (SECRETS.replace("redirect_uri", "x"), 'missing the "redirect_uri" key'),
        (SECRETS.replace("/oauth2callback", "/"), "redirect_uri .* must end in /oauth2callback"),
        (SECRETS.replace(COOKIE_SECRET, "short secret"), "cookie_secret .* has 12 characters; write 32 or more"),
    ],
)
def test_half_a_configuration_ends_the_start_with_a_sentence_and_no_secret(
    roles: Path, secrets: Secrets, text: str, sentence: str
) -> None:
    secrets(text)
    with pytest.raises(SystemExit, match=sentence) as raised:
        check_settings()
    said = str(raised.value)
    assert said.startswith("error: DIN_ROLES is set, but ") and "\n" not in said
    assert not any(secret in said for secret in (COOKIE_SECRET, CLIENT_SECRET, "short secret"))


def test_roles_that_cannot_be_read_end_the_start(signing_in: Path) -> None:
    signing_in.write_text("[admin]", "utf-8")
    with pytest.raises(SystemExit, match=r"the roles in .* hold admin"):
        check_settings()


def test_without_authlib_the_start_ends_with_what_to_install(signing_in: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in, "is_authlib_installed", lambda: False)
    with pytest.raises(SystemExit, match=r"pip install -r requirements-auth\.txt"):
        check_settings()


def test_each_provider_that_is_named_can_be_chosen(secrets: Secrets) -> None:
    secrets(SECRETS + '\n[auth.company]\nclient_id = "x"\n[auth.other]\nnothing = 1\n')
    assert providers() == ["default", "company"]


def asking(cookie: str) -> HTTPConnection:
    """A request with this header of cookies."""
    return HTTPConnection({"type": "http", "headers": [(b"cookie", cookie.encode())]})


def role(cookie: str) -> Role | None:
    return role_of_request(asking(f"_streamlit_user={cookie}"))


def test_a_request_has_the_role_of_whom_its_cookie_was_signed_for(signing_in: Path) -> None:
    assert role(cookie_of(ADA)) is Role.ANALYST
    assert role(cookie_of(VIC)) is Role.VIEWER
    assert role(cookie_of(EVE)) is None


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        "x",
        "é",
        cookie_of(ADA)[:-2] + "AA",
        cookie_of(ADA, secret="another secret of thirty-two and more"),
        cookie_of(ADA, origin="http://elsewhere.example"),
        cookie_of(ADA, is_logged_in=False),
        cookie_of(ADA, is_logged_in="true"),
    ],
)
def test_a_cookie_of_nobody_another_secret_or_another_server_is_nothing(signing_in: Path, cookie: str) -> None:
    assert role(cookie) is None
    assert role_of_request(asking("")) is None


def test_a_change_of_the_file_holds_at_once_and_a_broken_file_lets_nobody_in(
    signing_in: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cookie = cookie_of(ADA)
    assert role(cookie) is Role.ANALYST
    signing_in.write_text(ROLES.replace("ada", "somebody-else"), "utf-8")
    assert role(cookie) is None
    signing_in.write_text(ROLES + "[analyst]", "utf-8")
    assert role(cookie) is None and "nobody is let in: the roles in" in caplog.text
    signing_in.unlink()
    assert role(cookie) is None


def test_secrets_that_vanish_while_the_server_runs_let_nobody_in(signing_in: Path, secrets: Secrets) -> None:
    cookie = cookie_of(ADA)
    secrets("[auth]\ncookie_secret = ''")
    assert role(cookie) is None
    secrets("")
    assert role(cookie) is None
