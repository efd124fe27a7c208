"""Signed links: what was signed is read back, a change of any sign is noticed, keys rotate and are never quoted."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer, URLSafeTimedSerializer

from din_core.domain import LinkError
from din_core.sharing.signed_links import LinkKeys, LinkKeysError, SignedBrief, is_signing, link_keys, read_keys

OLD, NEW = "o" * 32, "n" * 32
BRIEF = SignedBrief("explain-inspect", 2_000, "user=7&item=b2&at=2017-11-20&models=din")
KEYS = LinkKeys({"new": NEW, "old": OLD})
REFUSED = "was not signed by this server, or was changed; ask its sender for another one"


def test_what_was_signed_is_read_back_until_it_ends() -> None:
    token = KEYS.sign(BRIEF)
    assert KEYS.read(token, 1_999) == BRIEF
    for now in (2_000, 9_999):
        with pytest.raises(LinkError, match="this signed link has expired; ask its sender"):
            KEYS.read(token, now)


def test_the_first_key_signs_and_all_verify_until_they_are_taken_out() -> None:
    before = LinkKeys({"old": OLD}).sign(BRIEF)
    assert KEYS.sign(BRIEF).startswith("new.") and KEYS.read(before, 0) == BRIEF
    with pytest.raises(LinkError, match=REFUSED):
        LinkKeys({"new": NEW}).read(before, 0)


def test_a_link_that_hides_its_user_holds_no_query() -> None:
    token = KEYS.sign(SignedBrief("explain-inspect", 2_000, slug="abc"))
    body = token.split(".")[1]
    assert json.loads(base64.urlsafe_b64decode(body + "==")) == {"p": "explain-inspect", "e": 2_000, "s": "abc"}


TOKEN = KEYS.sign(BRIEF)


@given(st.integers(0, len(TOKEN) - 1), st.characters(codec="ascii"))
def test_a_token_with_another_sign_anywhere_is_refused(place: int, sign: str) -> None:
    changed = TOKEN[:place] + sign + TOKEN[place + 1 :]
    if changed != TOKEN:
        with pytest.raises(LinkError, match=REFUSED):
            KEYS.read(changed, 0)


def test_a_sign_of_base64_that_means_the_same_bytes_is_refused_too() -> None:
    for place in range(TOKEN.rindex("."), len(TOKEN)):
        for sign in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=!":
            changed, longer = TOKEN[:place] + sign + TOKEN[place + 1 :], TOKEN[:place] + sign + TOKEN[place:]
            for other in {changed, longer} - {TOKEN}:
                with pytest.raises(LinkError):
                    KEYS.read(other, 0)


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "new",
        "new.",
        "new.x",
        "é.x",
        TOKEN + "x",
        TOKEN[:-1],
        TOKEN.replace("new.", "old."),
        "new." + "x" * 400_000,
        "new." + URLSafeSerializer(NEW).dumps({"p": "explain-inspect", "e": 2_000, "q": "user=8"}),
        "new." + URLSafeSerializer("another" * 5, salt="din-lens.brief.new").dumps({"p": "explain-inspect", "e": 9}),
        "new." + URLSafeTimedSerializer(NEW, salt="_streamlit_user").dumps("{}"),
    ],
    ids=range(13),
)
def test_what_another_key_or_purpose_signed_is_refused(token: str) -> None:
    with pytest.raises(LinkError, match=REFUSED):
        KEYS.read(token, 0)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (f"a:{OLD} b:short-secret", "the secret of key 2 has 12 characters, it needs 32"),
        (f"a:{OLD} {NEW}", "key 2 is not ID:SECRET"),
        (f"a b:{OLD}", "key 1 is not ID:SECRET"),
        (f"a.b:{OLD}", "key 1 is not ID:SECRET"),
        (f"a:{OLD} a:{NEW}", "key 2 has the id of an earlier one"),
        (" \n", "there is no key"),
    ],
)
def test_keys_that_cannot_be_used_are_told_by_their_place_and_never_quoted(text: str, sentence: str) -> None:
    with pytest.raises(LinkKeysError, match=sentence) as raised:
        read_keys(text)
    assert not any(secret in str(raised.value) for secret in (OLD, NEW, "short-secret"))


def test_keys_come_from_a_variable_or_a_file_that_may_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIN_LINK_KEYS", raising=False)
    monkeypatch.delenv("DIN_LINK_KEYS_FILE", raising=False)
    assert not is_signing()
    with pytest.raises(LinkKeysError, match="the keys of DIN_LINK_KEYS cannot be used: there is no key"):
        link_keys()
    monkeypatch.setenv("DIN_LINK_KEYS", f"a:{OLD}")
    assert is_signing() and link_keys() == LinkKeys({"a": OLD})
    file = tmp_path / "keys"
    monkeypatch.setenv("DIN_LINK_KEYS_FILE", str(file))
    with pytest.raises(LinkKeysError, match="are both set; set one of them"):
        link_keys()
    monkeypatch.delenv("DIN_LINK_KEYS")
    with pytest.raises(LinkKeysError, match=r"the keys in .*keys cannot be read \(No such file"):
        link_keys()
    file.write_text(f"b:{NEW}\na:{OLD}\n", "ascii")
    assert list(link_keys().secrets) == ["b", "a"]
    file.write_bytes(b"\xff")
    with pytest.raises(LinkKeysError, match="other characters than ASCII"):
        link_keys()


def test_a_secret_is_in_no_text_of_what_holds_it() -> None:
    assert OLD not in repr(KEYS) and OLD not in KEYS.sign(BRIEF)
