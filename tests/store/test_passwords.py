"""A password in a store's URL reaches no page, no log and no error; wrong URLs are message in one sentence."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from din_core.domain import StoreError
from din_core.pages.app.startup import from_environment
from din_core.store import connect, create_store, ingest, masked_url, open_store
from din_core.store.connect import other_version
from tests.store.input_tables import valid_tables, write
from trainer.__main__ import main

SECRET = "hunter2"
POSTGRES = f"postgresql+psycopg://anna:{SECRET}@db.example:5432/shop"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (POSTGRES, "postgresql+psycopg://anna:***@db.example:5432/shop"),
        ("sqlite:///din.db", "sqlite:///din.db"),
        (f"postgresql://h/d?user=a&password={SECRET}", "postgresql://h/d?password=%2A%2A%2A&user=a"),
        (f"mysql://h/d?ssl_key={SECRET}", "mysql://h/d?ssl_key=%2A%2A%2A"),
        (f"postgresql://a:{SECRET}@h:port/d", "…@h:port/d"),
        (f"postgresql:/a:{SECRET}@h/d", "…@h/d"),
        (f"postgresql://a:p@{SECRET}@h/d", "postgresql://a:***@h/d"),
        ("what is this", "what is this"),
    ],
)
def test_a_url_is_shown_without_its_password(url: str, shown: str) -> None:
    assert masked_url(url) == shown
    assert SECRET not in masked_url(url)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (f"postgresql://a:{SECRET}@h:port/d", '"…@h:port/d" is not a store URL'),
        (f"postgresql://a:{SECRET}@h:99999/d", "the port in postgresql://a:***@h:99999/d is 99999, but must be 1 to"),
        (f"postgresql://a:{SECRET}@h:0/d", "the port in postgresql://a:***@h:0/d is 0, but must be 1 to 65535"),
        (f"postgresql://a:p@{SECRET}@h/d", "the password in the store URL holds an @; write it there as %40"),
        (f"sqlite://a:{SECRET}@h/x.db", "sqlite://a:***@h/x.db names a host or a user, which SQLite has not"),
        ("sqlite://x.db", "sqlite://x.db names a host or a user, which SQLite has not; write sqlite:/// with three"),
        (f"mysql://a:{SECRET}@h/d", 'a store lies in SQLite or in PostgreSQL, not at "mysql://…"; write'),
    ],
)
@pytest.mark.parametrize("opened", [open_store, create_store])
def test_a_wrong_url_is_told_in_one_sentence(opened: object, url: str, message: str) -> None:
    with pytest.raises(StoreError) as raised:
        opened(url)  # type: ignore[operator]
    text = str(raised.value)
    assert text.startswith(message)
    assert SECRET not in text and "\n" not in text


def test_a_parameter_that_the_driver_cannot_read_is_told(tmp_path: Path) -> None:
    ingest(write(tmp_path / "in", valid_tables()), f"sqlite:///{tmp_path / 'x.db'}")
    with pytest.raises(StoreError, match=r"x\.db\?timeout=soon cannot be opened \(.*soon"):
        open_store(f"sqlite:///{tmp_path / 'x.db'}?timeout=soon")


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every connection is refused, by words that quote the password."""

    class Engine:
        url = make_url(POSTGRES)
        dialect = SimpleNamespace(loaded_dbapi=sqlite3)

        def refuse(self) -> None:
            raise OperationalError("", None, Exception(f"connection as anna with {SECRET} failed:\n\trefused"))

        begin = connect = refuse

        def dispose(self) -> None: ...

    monkeypatch.setattr(connect, "make_engine", lambda address, **_: Engine())


@pytest.mark.parametrize("opened", [open_store, create_store])
def test_what_a_database_says_is_one_line_without_the_password(refused: None, opened: object) -> None:
    with pytest.raises(StoreError) as raised:
        opened(POSTGRES)  # type: ignore[operator]
    text = str(raised.value)
    assert "(connection as anna with *** failed: refused)" in text
    assert SECRET not in text and "\n" not in text


@pytest.mark.parametrize("version", [None, "0001", "9999"])
def test_a_store_of_another_version_is_named_without_the_password(version: str | None) -> None:
    text = str(other_version(make_url(POSTGRES), version))
    assert "postgresql+psycopg://anna:***@db.example:5432/shop" in text and SECRET not in text


def test_the_app_does_not_show_the_password_of_its_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIN_STORE", POSTGRES)
    monkeypatch.delenv("DIN_CHECKPOINTS", raising=False)
    with pytest.raises(Exception, match="DIN_CHECKPOINTS is not set") as raised:
        from_environment()
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize(
    "command",
    [
        "train --out {folder}/x",
        "evaluate --checkpoint {folder}/x",
        "baselines",
        "ingest {folder}/in",
        "leaderboard --out {folder}/x",
        "faithfulness --checkpoint {folder}/x",
        "cases --checkpoint {folder}/x --base {folder}/x",
    ],
)
def test_no_command_prints_the_password(
    refused: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    write(tmp_path / "in", valid_tables())
    monkeypatch.setattr("din_core.store.ingestion.ingest.make_engine", connect.make_engine)
    words = command.format(folder=tmp_path).split()
    for arguments in ([*words, f"--store={POSTGRES}"], [*words, f"--store={POSTGRES}", "--json"]):
        monkeypatch.setattr("sys.argv", ["trainer", *arguments])
        assert main(arguments) == 1
        assert SECRET not in "".join(capsys.readouterr())


def test_an_unexpected_failure_is_traced_without_the_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(url: str) -> None:
        raise RuntimeError(f"cannot make anything of {url} ({SECRET})")

    monkeypatch.setattr("din_core.store.open_store", fail)
    assert main(["check", f"--store={POSTGRES}"]) == 1
    text = "".join(capsys.readouterr())
    assert "RuntimeError: cannot make anything of postgresql+psycopg://anna:***@db.example:5432/shop (***)" in text
    assert SECRET not in text


@pytest.mark.parametrize("typed", [["--stroe", POSTGRES], [f"--stroe={POSTGRES}"], [f"--seed={POSTGRES}"]])
def test_a_mistyped_option_is_not_quoted_with_the_password(
    capsys: pytest.CaptureFixture[str], typed: list[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["train", "--out", "x", *typed])
    text = "".join(capsys.readouterr())
    assert "postgresql+psycopg://anna:***@db.example:5432/shop" in text and SECRET not in text
