"""`python -m trainer ingest`, as typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from din_core.store import open_store
from tests.store.input_tables import Tables, database, valid_tables, write
from trainer.__main__ import main


def faulty_tables() -> Tables:
    tables = valid_tables()
    tables["impressions"]["label"][1] = 5
    return tables


def test_ingest_fills_a_store_and_prints_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ingest", str(write(tmp_path / "in", valid_tables())), "--store", database(tmp_path)]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0].split() == ["read", "loaded", "updated", "rejected"]
    assert out.splitlines()[3].split() == ["behaviors", "4", "4", "0", "0"]
    assert f"{database(tmp_path)} filled in " in out
    assert "loading behaviors" in err  # the progress bar
    assert open_store(database(tmp_path)).summary().n_behaviors == 4


def test_ingest_prints_json_alone_on_stdout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ingest", str(write(tmp_path / "in", valid_tables())), "--store", database(tmp_path), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["counts"]["items"] == {"read": 3, "loaded": 3, "updated": 0, "rejected": 0, "repeated": 0}
    assert result["rejects"] == []


def test_rejected_rows_end_with_1_and_the_reasons(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["ingest", str(write(tmp_path / "in", faulty_tables(), "csv")), "--store", database(tmp_path)]
    assert main(command) == 1
    err = capsys.readouterr().err
    assert "error: 1 of 14 rows cannot be loaded, so nothing was" in err
    assert '    impressions.csv row 2: "5"' in err
    assert not (tmp_path / "store.db").exists()

    assert main([*command, "--skip-rejects"]) == 0
    out = capsys.readouterr().out
    assert "left out:\n  impressions: label is neither 0 nor 1 (1 row)" in out


def test_a_second_ingest_needs_append(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["ingest", str(write(tmp_path / "in", valid_tables())), "--store", database(tmp_path)]
    assert main(command) == 0
    assert main(command) == 1
    assert "add these tables with --append" in capsys.readouterr().err
    assert main([*command, "--append"]) == 0
    assert "note: behaviors: rows that equal a stored one in every column are left out (rows: 4)" in (
        capsys.readouterr().out
    )
    assert open_store(database(tmp_path)).summary().n_behaviors == 4


def test_a_store_is_started_over_with_replace(tmp_path: Path) -> None:
    more = valid_tables()
    more["behaviors"] = {"user_id": ["u1"], "item_id": ["a"], "timestamp": [7]}
    for name, tables in (("in", valid_tables()), ("more", more)):
        command = ["ingest", str(write(tmp_path / name, tables)), "--store", database(tmp_path), "--replace"]
        assert main(command) == 0
    summary = open_store(database(tmp_path)).summary()
    assert (summary.n_items, summary.n_behaviors, summary.behavior_fields) == (3, 1, ())


def test_times_and_encodings_are_named_by_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(tmp_path / "in", valid_tables(), "csv")
    (folder / "items.csv").write_bytes("item_id,title\na,咖啡\nb,x\nc,y\n".encode("gbk"))
    times = [f"2026-03-01 08:0{n}" for n in range(4)]
    rows = [f"u1,a,{time}" for time in times]
    (folder / "behaviors.csv").write_text("\n".join(["user_id,item_id,timestamp", *rows]))
    command = ["ingest", str(folder), "--store", database(tmp_path)]
    assert main(command) == 1
    assert "say so by --encoding gb18030" in capsys.readouterr().err
    assert main([*command, "--encoding", "gbk", "--timezone", "Asia/Shanghai"]) == 0
    assert "note: times without a zone are read as Asia/Shanghai (behaviors; --timezone)" in capsys.readouterr().out
    store = open_store(database(tmp_path))
    assert store.item("a").title == "咖啡"
    assert store.history("u1", 2**40).behaviors[0].timestamp == 1772323200


def test_the_store_is_din_db_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["ingest", str(write(tmp_path / "in", valid_tables()))]) == 0
    assert (tmp_path / "din.db").is_file()


def test_missing_tables_end_with_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ingest", str(tmp_path), "--store", database(tmp_path)]) == 1
    assert "items.parquet or items.csv is missing" in capsys.readouterr().err


def test_what_to_check_in_the_data_is_said_after_loading(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["ingest", str(write(tmp_path / "in", valid_tables())), "--store", database(tmp_path)]
    assert main(command) == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("Check the data: ")]
    assert lines[0].startswith("Check the data: all 1 valid impressions have the label 1, so AUC and GAUC have no ")
    assert main([*command, "--append", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["faults"]) == len(lines) == 2
