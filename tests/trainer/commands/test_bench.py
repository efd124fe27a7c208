"""`bench`, as typed."""

import json

from trainer.__main__ import main


def test_the_command_prints_json_and_writes_it_with_a_page_that_asks_for_nothing(tmp_path, capsys):
    assert main(["bench", "--quick", "--only", "machine", "--json", "--out", str(tmp_path / "out")]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((tmp_path / "out" / "bench.json").read_text("utf-8"))
    assert printed["quick"] is True
    assert {row["part"] for row in printed["rows"]} == {"machine"}
    page = (tmp_path / "out" / "bench.html").read_text("utf-8")
    assert "machine: GFLOP" in page
    assert 'src="http' not in page


def test_an_unknown_part_is_told_with_those_there_are(capsys):
    assert main(["bench", "--only", "machine,warp"]) == 1
    assert "there is no part 'warp'; take some of machine, training, embeddings" in capsys.readouterr().err
