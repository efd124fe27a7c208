"""What the environment says of a cluster."""

from __future__ import annotations

from pathlib import Path

import pytest

from din_core.domain import DinLensError
from din_core.scoring.cluster.settings import cluster_address, token_of

TOKEN = "a-token-of-these-tests"


def test_without_an_address_there_is_no_cluster() -> None:
    assert cluster_address({"DIN_SCORER": " ", "DIN_SCORER_TOKEN": TOKEN}) is None


def test_the_token_is_of_the_file_before_the_setting(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n", "utf-8")
    settings = {"DIN_SCORER": "https://scores.example/din/", "DIN_SCORER_TOKEN": "another-token-of-tests"}
    assert cluster_address(settings).token == "another-token-of-tests"
    found = cluster_address({**settings, "DIN_SCORER_TOKEN_FILE": str(tmp_path / "token")})
    assert (found.url, found.token) == ("https://scores.example/din", TOKEN)
    assert TOKEN not in repr(found)


@pytest.mark.parametrize(
    "url",
    [
        "models:8000",
        "ftp://a",
        "http://user:secret@a",
        "http://a?token=secret",
        "http://a:0",
        "http://a:x",
        "http://a\n/b",
    ],
)
def test_what_is_no_address_is_refused_without_being_quoted(url: str) -> None:
    with pytest.raises(DinLensError, match="DIN_SCORER must be a URL of http or https") as told:
        cluster_address({"DIN_SCORER": url})
    assert "secret" not in str(told.value)


@pytest.mark.parametrize(
    "token", ["", "short", "with a space in between", "über-lange-zeichenkette", "two\nlines-of-a-token"]
)
def test_what_is_no_token_is_refused_without_being_quoted(tmp_path: Path, token: str) -> None:
    (tmp_path / "token").write_text(token, "utf-8")
    with pytest.raises(DinLensError, match="must be 16 or more ASCII characters on one line") as told:
        token_of({}, tmp_path / "token")
    assert not token or token not in str(told.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DinLensError, match=r"away cannot be read as a token \(No such file or directory\)"):
        token_of({"DIN_SCORER_TOKEN": TOKEN}, tmp_path / "away")
