"""The file of roles: whom it names, and what is wrong with it in one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from din_core.pages.access.roles import Role, Roles, RolesError, read_roles

TOML = """
[analyst]
emails = ["Ada@Lab.example"]
claims = { groups = ["din", "admin"], tier = ["1"] }

[viewer]
emails = ["vic@other.example"]
domains = ["shop.example", "lab.example"]
"""


def roles(tmp_path: Path, text: str = TOML, name: str = "roles.toml") -> Roles:
    (tmp_path / name).write_text(text, "utf-8")
    return read_roles(tmp_path / name)


def verified(email: Any) -> dict[str, Any]:
    return {"email": email, "email_verified": True}


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        (verified("ada@lab.example"), Role.ANALYST),
        (verified("ADA@LAB.EXAMPLE"), Role.ANALYST),
        (verified("bob@lab.example"), Role.VIEWER),
        (verified("vic@other.example"), Role.VIEWER),
        ({"groups": ["users", "din"]}, Role.ANALYST),
        ({"groups": "admin"}, Role.ANALYST),
        (verified("bob@shop.example") | {"tier": "1"}, Role.ANALYST),
    ],
)
def test_somebody_has_the_first_role_that_names_them(tmp_path: Path, claims: dict[str, Any], role: Role) -> None:
    assert roles(tmp_path).role_of(claims) is role


@pytest.mark.parametrize(
    "claims",
    [
        {},
        verified("eve@elsewhere.example"),
        verified("eve@my.shop.example"),
        verified("eve@shop.example.evil"),
        verified("shop.example"),
        verified("ada@lab.example@evil.example"),
        verified(["ada@lab.example"]),
        verified(None),
        {"email": "ada@lab.example"},
        {"email": "ada@lab.example", "email_verified": False},
        {"email": "ada@lab.example", "email_verified": "true"},
        {"groups": ["dine"]},
        {"groups": {"din": True}},
        {"tier": 1},
        {"claims": "din"},
    ],
)
def test_whom_nobody_named_or_vouches_for_has_no_role(tmp_path: Path, claims: dict[str, Any]) -> None:
    assert roles(tmp_path).role_of(claims) is None


def test_an_address_that_a_provider_says_nothing_of_counts_where_the_file_says_so(tmp_path: Path) -> None:
    found = roles(tmp_path, "unverified_emails = true\n" + TOML)
    assert found.role_of({"email": "ada@lab.example"}) is Role.ANALYST
    assert found.role_of({"email": "ada@lab.example", "email_verified": False}) is None


def test_the_same_may_be_written_as_json(tmp_path: Path) -> None:
    text = json.dumps({"analyst": {"emails": ["ada@lab.example"]}})
    assert roles(tmp_path, text, "roles.json").role_of(verified("ada@lab.example")) is Role.ANALYST


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[analyst", "cannot be read"),
        ("", "name no analyst"),
        ("[viewer]\nemails = ['a@b.example']", "name no analyst"),
        ("[admin]\nemails = ['a@b.example']", "hold admin; known are analyst, unverified_emails, viewer"),
        ("[analyst]\nmail = ['a@b.example']", r"analyst in .* must hold emails, domains, claims and nothing else"),
        ("analyst = 'ada'", r"analyst in .* must hold emails"),
        ("[analyst]\nemails = 'a@b.example'", "emails of analyst in .* must be a list of texts"),
        ("[analyst]\nemails = ['a']", "'a' of analyst in .* is no e-mail address"),
        ("[analyst]\ndomains = ['@b.example']", "is no e-mail address, or no domain without @"),
        ("[analyst]\nclaims = ['x']", "claims of analyst in .* must be names with lists of values"),
        ("[analyst]\nclaims = { groups = 'x' }", "groups of analyst in .* must be a list of texts"),
        ("unverified_emails = 1\n[analyst]\nemails = ['a@b.example']", "must be true or false"),
    ],
)
def test_what_is_wrong_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(RolesError, match=sentence) as raised:
        roles(tmp_path, text)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("text", ["[]", "1", "[" * 100_000, "\ud800"])
def test_json_that_holds_no_roles_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "roles.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(RolesError):
        read_roles(tmp_path / "roles.json")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RolesError, match=r"nowhere\.toml cannot be read \(No such file"):
        read_roles(tmp_path / "nowhere.toml")
