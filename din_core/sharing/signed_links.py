"""Links that hold one scenario under a signature: a change of any sign of them is noticed, and they end.

DIN_LINK_KEYS holds the keys, or DIN_LINK_KEYS_FILE names a file of them: `ID:SECRET` each, with spaces or line ends
between. The first signs, all verify: put a new one first, and take an old one out once its links may end.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from din_core.domain import LinkError

KEYS, KEYS_FILE = "DIN_LINK_KEYS", "DIN_LINK_KEYS_FILE"
SHORTEST_SECRET = 32
"""Characters."""
ENTRY = re.compile(r"([A-Za-z0-9_-]{1,16}):([!-~]*)")
PURPOSE = "din-lens.brief"
"""Mixed into every signature: what was signed for something else is none here."""
LONGEST = 300_000
"""Characters of a token; a link that is kept has at most 200,000."""


class LinkKeysError(Exception):
    """The keys cannot be used; one sentence, which quotes none."""


@dataclass(frozen=True, slots=True)
class SignedBrief:
    """What a signed link stands for."""

    path: str
    """The path of the page whose brief it is."""
    expires: int
    """From this second on it no longer opens."""
    query: str = ""
    """The query string of the scenario; nothing where the user is hidden, as whoever holds a link can read it."""
    slug: str = ""
    """Where the user is hidden: under which the query is kept on the server."""


@dataclass(frozen=True, slots=True)
class LinkKeys:
    """Secrets by their ids, which stand in links."""

    secrets: Mapping[str, str] = field(repr=False)
    """The first signs."""

    def sign(self, brief: SignedBrief) -> str:
        """The token of a brief: key id, what it stands for, signature."""
        key = next(iter(self.secrets))
        data = {"p": brief.path, "e": brief.expires, "q": brief.query, "s": brief.slug}
        token = self._serializer(key).dumps({name: value for name, value in data.items() if value})
        return f"{key}.{token}"

    def read(self, token: str, now: float) -> SignedBrief:
        """The inverse; LinkError for what was not signed by one of these keys, was changed, or has ended."""
        key, _, signed = token.partition(".")
        try:
            if key not in self.secrets or len(token) > LONGEST:
                raise BadData("no key of ours")
            serializer = self._serializer(key)
            data: dict[str, Any] = serializer.loads(signed)
            body, _, signature = signed.rpartition(".")
            # Base64 has several texts for the same bytes: only the one that was written counts.
            if serializer.make_signer().get_signature(body) != signature.encode():
                raise BadData("another text of the signature")
            brief = SignedBrief(data["p"], data["e"], data.get("q", ""), data.get("s", ""))
        except (BadData, KeyError, TypeError):
            raise not_signed() from None
        if now >= brief.expires:
            raise LinkError("this signed link has expired; ask its sender for another one")
        return brief

    def _serializer(self, key: str) -> URLSafeSerializer:
        options = {"key_derivation": "hmac", "digest_method": sha256}
        return URLSafeSerializer(self.secrets[key], salt=f"{PURPOSE}.{key}", signer_kwargs=options)


def not_signed() -> LinkError:
    """Of a link that no key of this server has signed as it is."""
    return LinkError("this link was not signed by this server, or was changed; ask its sender for another one")


def read_keys(text: str) -> LinkKeys:
    """The keys of a text; LinkKeysError says which cannot be one, and quotes none."""
    secrets: dict[str, str] = {}
    for place, entry in enumerate(text.split(), start=1):
        found = ENTRY.fullmatch(entry)
        if found is None:
            raise LinkKeysError(f"key {place} is not ID:SECRET with an id of 1 to 16 letters, digits, - or _")
        name, secret = found.groups()
        if len(secret) < SHORTEST_SECRET:
            raise LinkKeysError(f"the secret of key {place} has {len(secret)} characters, it needs {SHORTEST_SECRET}")
        if name in secrets:
            raise LinkKeysError(f"key {place} has the id of an earlier one; give each its own")
        secrets[name] = secret
    if not secrets:
        raise LinkKeysError("there is no key; write ID:SECRET")
    return LinkKeys(secrets)


def is_signing() -> bool:
    """Whether this server has keys to sign links with."""
    return bool(os.environ.get(KEYS) or os.environ.get(KEYS_FILE))


def link_keys() -> LinkKeys:
    """The keys as they are now, also of a file that was changed; LinkKeysError where there are none to use."""
    path = os.environ.get(KEYS_FILE)
    if path and os.environ.get(KEYS):
        raise LinkKeysError(f"{KEYS} and {KEYS_FILE} are both set; set one of them")
    try:
        text = Path(path).read_text("ascii") if path else os.environ.get(KEYS, "")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it holds other characters than ASCII"
        raise LinkKeysError(f"the keys in {path} cannot be read ({reason})") from None
    try:
        return read_keys(text)
    except LinkKeysError as error:
        raise LinkKeysError(f"the keys of {KEYS_FILE if path else KEYS} cannot be used: {error}") from None
