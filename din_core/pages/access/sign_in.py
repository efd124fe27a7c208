"""Sign-in by Streamlit's OpenID Connect, and the role that a visitor has by it.

On where DIN_ROLES names a file of roles; without it everybody whom the server answers is an analyst. The providers
stand in Streamlit's `secrets.toml`, section `[auth]`.
"""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

import streamlit as st
from starlette.requests import HTTPConnection
from streamlit.auth_util import (
    get_cookie_with_chunks,
    get_origin_from_redirect_uri,
    get_secrets_auth_section,
    get_signing_secret,
    get_validated_redirect_uri,
    is_authlib_installed,
    validate_auth_credentials,
)
from streamlit.errors import StreamlitAuthError
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from din_core.pages.access.roles import Role, Roles, RolesError, read_roles
from din_core.pages.app.failure_log import log_warning

SETTING = "DIN_ROLES"
SHORTEST_SECRET = 32
"""Characters of the secret that signs who somebody is."""
DEFAULT = "default"
"""Streamlit's name of the provider that stands in `[auth]` itself."""


def is_on() -> bool:
    """Whether visitors must sign in."""
    return bool(os.environ.get(SETTING))


def check_settings() -> None:
    """SystemExit with a sentence where sign-in is half configured."""
    auth = get_secrets_auth_section()
    if not is_on():
        if auth:
            raise SystemExit(
                f"error: secrets.toml has a section [auth], but {SETTING} is not set, so nobody would have to sign in; "
                "set it to the file of roles, or take the section out"
            )
        return
    if not is_authlib_installed() or importlib.util.find_spec("httpx") is None:
        raise SystemExit("error: sign-in needs Authlib and httpx; install them: pip install -r requirements-auth.txt")
    try:
        ROLES.read()
        check_providers(auth)
    except (RolesError, StreamlitAuthError) as error:
        raise SystemExit(f"error: {SETTING} is set, but {' '.join(str(error).split())}") from None


def check_providers(auth: Mapping[str, Any]) -> None:
    """RolesError or StreamlitAuthError where the section cannot be used; neither quotes a secret."""
    if not auth:
        raise RolesError("no secrets.toml that can be read has a section [auth]; it says how visitors sign in")
    found = providers()
    if not found:
        raise RolesError("[auth] of secrets.toml names no provider; write client_id, client_secret and the rest")
    for name in found:
        validate_auth_credentials(name)
    if get_validated_redirect_uri() is None:
        raise RolesError("redirect_uri in [auth] of secrets.toml must end in /oauth2callback")
    n = len(get_signing_secret())
    if n < SHORTEST_SECRET:
        raise RolesError(f"cookie_secret in [auth] of secrets.toml has {n} characters; write {SHORTEST_SECRET} or more")


def providers() -> list[str]:
    """Those to sign in by; `DEFAULT` for the one that stands in the section itself."""
    auth = get_secrets_auth_section()
    named = [name for name, section in auth.items() if isinstance(section, Mapping) and "client_id" in section]
    return [DEFAULT, *named] if "client_id" in auth else named


class RoleFile:
    """The file of roles, read again when it was changed."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: tuple[object, Roles] | None = None

    def read(self) -> Roles:
        """As it is now; RolesError where it cannot be read."""
        path = Path(os.environ.get(SETTING, ""))
        with self._lock:
            try:
                found = path.stat()
            except OSError as error:
                raise RolesError(f"the roles in {path} cannot be read ({error.strerror})") from None
            state = path, found.st_ino, found.st_size, found.st_mtime_ns
            if self._kept is None or self._kept[0] != state:
                self._kept = state, read_roles(path)
            return self._kept[1]


ROLES = RoleFile()


def role_of_claims(claims: Mapping[str, Any]) -> Role | None:
    """The role of whom this is known; while the file cannot be read nobody has one, and the log says so."""
    if claims.get("is_logged_in") is not True:
        return None
    try:
        return ROLES.read().role_of(claims)
    except RolesError as error:
        log_warning(f"nobody is let in: {error}")
        return None


def role_of_visit() -> Role | None:
    """The role of whom a page is run for."""
    return role_of_claims(st.user.to_dict()) if is_on() else Role.ANALYST


def role_of_request(connection: HTTPConnection) -> Role | None:
    """The role of who asks beside the pages, by the cookie that Streamlit signs when somebody signs in."""
    return role_of_claims(claims_of(connection.cookies)) if is_on() else Role.ANALYST


def claims_of(cookies: Mapping[str, str]) -> Mapping[str, Any]:
    """What the signed cookie says; nothing where there is none, or one of another server, secret or age."""
    secret = get_signing_secret()
    if len(secret) < SHORTEST_SECRET:
        return {}

    def signed(name: str) -> bytes | None:
        return decode_signed_value(secret, name, cookies[name]) if name in cookies else None

    try:
        found = json.loads(get_cookie_with_chunks(signed, USER_COOKIE_NAME) or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) and found.get("origin") == get_origin_from_redirect_uri() else {}
