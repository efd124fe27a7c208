"""Where a cluster scores, and with which token it is asked, from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from din_core.domain import DinLensError
from din_core.model.external.scoring_server import is_http_address

ADDRESS, TOKEN, TOKEN_FILE = "DIN_SCORER", "DIN_SCORER_TOKEN", "DIN_SCORER_TOKEN_FILE"
LEAST_CHARACTERS = 16
"""Of a token."""


@dataclass(frozen=True)
class ClusterAddress:
    """Below the URL each checkpoint is served under its fingerprint."""

    url: str
    token: str | None = field(default=None, repr=False)


def cluster_address(environment: Mapping[str, str] = os.environ) -> ClusterAddress | None:
    """What DIN_SCORER names; None where it is not set. DinLensError for what is no address or no token."""
    url = environment.get(ADDRESS, "").strip()
    if not url:
        return None
    if not _is_base_address(url):  # which is not quoted: it may hold a password
        raise DinLensError(
            "{setting} must be a URL of http or https without user, password, ? or #, such as http://127.0.0.1:8000;"
            " give another value",
            setting=ADDRESS,
        )
    return ClusterAddress(url.rstrip("/"), token_of(environment))


def token_of(environment: Mapping[str, str] = os.environ, file: Path | None = None) -> str | None:
    """The token of a file, of the file that DIN_SCORER_TOKEN_FILE names, or DIN_SCORER_TOKEN; None without any.

    DinLensError where a file cannot be read or what is given is no token.
    """
    named = environment.get(TOKEN_FILE, "").strip()
    path = file or (Path(named) if named else None)
    token = environment.get(TOKEN, "").strip() if path is None else _read(path)
    if not token and path is None:
        return None
    if len(token) < LEAST_CHARACTERS or not token.isascii() or not token.isprintable() or " " in token:
        raise DinLensError(
            "the token of {place} must be {least} or more ASCII characters on one line, without spaces; make one with"
            " `python -c 'import secrets; print(secrets.token_urlsafe())'`",
            place=str(path or TOKEN),
            least=LEAST_CHARACTERS,
        )
    return token


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise DinLensError(
            "{path} cannot be read as a token ({error}); name a file that holds one",
            path=str(path),
            error=getattr(error, "strerror", None) or str(error),
        ) from error


def _is_base_address(url: str) -> bool:
    """Whether paths can be written behind it."""
    return is_http_address(url) and url.isprintable() and not (urlsplit(url).query or urlsplit(url).fragment)
