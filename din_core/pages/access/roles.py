"""The file that DIN_ROLES names: who is an analyst, who a viewer, by what their provider says of them.

    unverified_emails = false

    [analyst]
    emails = ["ada@example.org"]

    [viewer]
    domains = ["example.org"]
    claims = { groups = ["stakeholders"] }

TOML, or the same as JSON. Who is both is an analyst; who is neither gets nothing.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

UNVERIFIED = "unverified_emails"
EMAIL, VERIFIED = "email", "email_verified"
"""Claims of OpenID Connect."""


class Role(Enum):
    """What somebody may see; the first that they have counts."""

    ANALYST = "analyst"
    """Everything."""
    VIEWER = "viewer"
    """Snapshots, and briefs whose link was signed, to which somebody gave them the link."""


class RolesError(Exception):
    """The file cannot be read; one sentence."""


@dataclass(frozen=True, slots=True)
class Members:
    """Who has a role."""

    emails: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    """Of e-mail addresses: what stands behind the @, whole."""
    claims: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Other claims with the values that count; of a claim with several values any."""

    def include(self, claims: Mapping[str, Any], email: str | None) -> bool:
        """Whether somebody of these claims, and of this address where it counts, is one of them."""
        if email is not None and (email in self.emails or email.rpartition("@")[2] in self.domains):
            return True
        return any(wanted & values_of(claims.get(name)) for name, wanted in self.claims.items())


@dataclass(frozen=True, slots=True)
class Roles:
    """The whole file."""

    members: Mapping[Role, Members]
    unverified_emails: bool = False
    """Whether an e-mail address counts of which the provider does not say that it is verified."""

    def role_of(self, claims: Mapping[str, Any]) -> Role | None:
        """The role of whom the provider says this; None for none."""
        email = email_of(claims, self.unverified_emails)
        return next((role for role in Role if self.members[role].include(claims, email)), None)


def email_of(claims: Mapping[str, Any], unverified: bool) -> str | None:
    """The address in small letters; None where it is none, or does not count."""
    email, verified = claims.get(EMAIL), claims.get(VERIFIED)
    if verified is not True and not (unverified and verified is None):
        return None
    return email.casefold() if isinstance(email, str) and email.count("@") == 1 else None


def values_of(claim: Any) -> set[str]:
    """The texts of a claim, which may be one or a list."""
    return {one for one in (claim if isinstance(claim, list) else [claim]) if isinstance(one, str)}


def read_roles(path: Path) -> Roles:
    """The file's roles; RolesError says what is wrong with it."""
    try:
        text = path.read_text("utf-8")
        data = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise RolesError(f"the roles in {path} cannot be read ({reason})") from None
    known = {role.value for role in Role} | {UNVERIFIED}
    if not isinstance(data, dict) or data.keys() - known:
        unknown = ", ".join(sorted(data.keys() - known)) if isinstance(data, dict) else type(data).__name__
        raise RolesError(f"the roles in {path} hold {unknown}; known are {', '.join(sorted(known))}")
    unverified = data.get(UNVERIFIED, False)
    if not isinstance(unverified, bool):
        raise RolesError(f"{UNVERIFIED} in {path} must be true or false")
    members = {role: read_members(data.get(role.value, {}), f"{role.value} in {path}") for role in Role}
    if members[Role.ANALYST] == Members():
        raise RolesError(f"the roles in {path} name no analyst, so that nobody could share anything; name one")
    return Roles(members, unverified)


def read_members(data: Any, place: str) -> Members:
    """Who has one role."""
    known = ("emails", "domains", "claims")
    if not isinstance(data, dict) or data.keys() - set(known):
        raise RolesError(f"{place} must hold {', '.join(known)} and nothing else")
    emails, domains = (read_texts(data.get(name, []), f"{name} of {place}") for name in ("emails", "domains"))
    if wrong := [one for one in emails if one.count("@") != 1] + [one for one in domains if "@" in one]:
        raise RolesError(f"{wrong[0]!r} of {place} is no e-mail address, or no domain without @")
    claims = data.get("claims", {})
    if not isinstance(claims, dict):
        raise RolesError(f"claims of {place} must be names with lists of values")
    wanted = {name: frozenset(read_texts(values, f"{name} of {place}")) for name, values in claims.items()}
    return Members(frozenset(map(str.casefold, emails)), frozenset(map(str.casefold, domains)), wanted)


def read_texts(data: Any, place: str) -> list[str]:
    """A list of texts that say something."""
    if not isinstance(data, list) or not all(isinstance(one, str) and one for one in data):
        raise RolesError(f"{place} must be a list of texts")
    return data
