"""`check`: what is asked of a store, for people and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.postgres_server import PASSWORD, PostgresServer
from tests.small_world import small_store, write_tables
from tests.store.input_tables import valid_tables, write
from trainer.__main__ import main


def test_each_question_has_a_verdict_and_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with small_store(tmp_path) as store:
        assert main(["check", "--store", store.url]) == 0
        printed = capsys.readouterr().out
        assert main(["check", "--store", store.url, "--json"]) == 0
        result = json.loads(capsys.readouterr().out)
    assert "ok      duplicates  " in printed
    assert "note    sizes       7 items, 4 users, 28 behaviors, 5 impressions" in printed
    assert "fewer than 1,000 impressions in test" in printed
    wrong = sum(finding["verdict"] == "problem" for finding in result["findings"])
    assert printed.splitlines()[-1].startswith(f"{len(result['findings'])} questions, {wrong} problem")
    asked = [finding for finding in result["findings"] if finding["name"] != "data"]  # whose text says what to do
    assert all((finding["advice"] is None) == (finding["verdict"] == "fine") for finding in asked)
    assert "there are 0 valid impressions, and training needs some" in printed


def test_a_store_in_postgres_is_loaded_and_asked_like_one_in_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], postgres: PostgresServer
) -> None:
    tables = str(write_tables(tmp_path / "tables"))
    printed = []
    with postgres.database() as name:
        for url in (f"sqlite:///{tmp_path / 'x.db'}", postgres.url(name)):
            assert main(["ingest", tables, "--store", url]) == 0
            capsys.readouterr()
            assert main(["check", "--store", url, "--json"]) == 0
            printed.append(json.loads(capsys.readouterr().out)["findings"])
        assert main(["ingest", tables, "--store", postgres.url(name)]) == 1
        refused = "".join(capsys.readouterr())
    assert printed[0] == printed[1]
    assert "already holds 28 behaviors of 4 users" in refused and PASSWORD not in refused


def test_the_rules_of_splits_and_sessions_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--split-time=1970-01-03,1970-01-05", "--session=day", "--timezone=Asia/Shanghai"]
    tables = valid_tables()
    tables["impressions"]["timestamp"] = [n * 86_400 for n in (1, 2, 3, 4, 5)]
    url = f"sqlite:///{tmp_path / 'store.db'}"
    assert main(["ingest", str(write(tmp_path / "in", tables)), "--store", url, *words]) == 0
    capsys.readouterr()
    assert main(["check", "--store", url]) == 0
    printed = capsys.readouterr().out
    assert "ok      splits      split by --split-time: valid begins 1970-01-02 16:00:00, test 1970-01-04 16" in printed
    assert "ok      sessions    a history holds the behaviors of earlier days alone" in printed
    assert "(Asia/Shanghai)" in printed


def test_empty_histories_are_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tables = valid_tables()
    tables["behaviors"]["timestamp"] = [n * 1000 for n in tables["behaviors"]["timestamp"]]
    url = f"sqlite:///{tmp_path / 'store.db'}"
    assert main(["ingest", str(write(tmp_path / "in", tables)), "--store", url]) == 0
    capsys.readouterr()
    assert main(["check", "--store", url]) == 0
    told = [line for line in capsys.readouterr().out.splitlines() if "empty" in line or " have none" in line]
    assert len(told) == 1 and "have an empty history" in told[0]


def test_a_store_that_is_not_there_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--store", f"sqlite:///{tmp_path / 'none.db'}"]) == 1
    assert capsys.readouterr().err.count("\n") <= 2
