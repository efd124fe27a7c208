"""Every command that a README shows can be typed: its program, verb, options, targets and files are there."""

from __future__ import annotations

import re

import pytest
import streamlit as st

from tests.cluster.measure import make_parser as parser_of_cluster_measure
from tests.generated.__main__ import make_parser as parser_of_generated
from tests.numbers.__main__ import make_parser as parser_of_numbers
from tests.readme.shown_commands import ROOT, Command, all_commands, trainer_commands
from tests.sharing.killed_writer import make_parser as parser_of_kills
from trainer.__main__ import command_module, main

PARSERS = {
    "tests.cluster.measure": parser_of_cluster_measure,
    "tests.numbers": parser_of_numbers,
    "tests.generated": parser_of_generated,
    "tests.sharing.killed_writer": parser_of_kills,
}
RUN = (
    "planted --out data/planted",
    "ingest tables",
    "ingest data/planted",
    "train --store sqlite:///shop.db",
    "check --store sqlite:///shop.db",
    "check --store sqlite:///cj.db",
    "evaluate",
    "calibrate",
    "leaderboard --store sqlite:///cj.db --out runs --measure-only",
    "baselines",
    "cases",
    "faithfulness --store sqlite:///cj.db --checkpoint checkpoints/din",
    "orient --store sqlite:///cj.db",
)
"""Beginnings of the commands that test_output.py runs on small tables."""

PARSED_ONLY = {
    "prepare complete-journey": "reads a year of public data; what it prints is held against its own renderer",
    "prepare": "reads public data that is not here; tests/trainer/datasets runs each source on small made files",
    "ingest data/large": "a hundred million rows",
    "ingest data/cj": "the same as `ingest tables`, of 1.4 million behaviors",
    "leaderboard --store sqlite:///cj.db --out runs --models": "trains for hours",
    "leaderboard --store sqlite:///cj.db --out runs --seeds": "measures those runs",
    "faithfulness --store sqlite:///cj.db --checkpoint runs": "needs those runs",
    "leaderboard --store sqlite:///beauty.db": "trains for minutes, on data that is not part of the project",
    "leaderboard --store sqlite:///sports.db": "trains for minutes, on data that is not part of the project",
    "leaderboard --store sqlite:///planted.db": "twelve models of a minute each",
    "orient --store sqlite:///beauty.db": "needs models that were trained before the sign was chosen",
    "score requests.csv": "tests/tables runs it on small tables, and holds its numbers against the app's",
    "explain": "needs a file that a page saved; tests/pages/snapshots runs it on such files",
    "export": "tests/trainer/export runs it on small networks",
    "train --store sqlite:///shop.db --model din --continue-from": "tests/trainer/training runs it on a small store",
    "ingest newer": "more rows of one's own data",
    "check-model": "measures a model of somebody else; tests/external runs it on one",
    "import-checkpoint": "reads files of other libraries; tests/trainer/foreign_checkpoints runs it on made ones",
    "serve-cluster": "serves until it is ended; tests/cluster runs it",
    "demo": "writes assets/, from all of the runs",
    "train --store sqlite:///planted.db": "ten models of a minute each",
    "faithfulness --store sqlite:///planted.db": "needs those ten models",
    "bench": "minutes, and figures that no test should ask for",
    "train --store sqlite:///cj.db --model din --out checkpoints/din --ray": "needs a cluster; tests/cluster has one",
    "leaderboard --store postgresql://…/shop": "needs a cluster and a database; tests/cluster has a cluster",
    "train --help": "argparse's own",
    "--help": "argparse's own",
}
"""Beginnings of the commands whose options are parsed and no more -> why they are not run."""


@pytest.mark.parametrize("command", trainer_commands(), ids=lambda command: command.where)
def test_a_trainer_command_is_parsed_by_its_verbs_own_parser(
    command: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = command.words[3:]
    if "--help" in arguments:
        with pytest.raises(SystemExit, match="0"):
            main(arguments)
        return
    module = command_module(arguments[0])
    monkeypatch.setattr(module, "run", lambda args: {"parsed": True})
    monkeypatch.setattr(module, "render", lambda result: "parsed")
    assert main(arguments) == 0


def test_a_trainer_command_is_run_or_listed_with_the_reason_why_not() -> None:
    texts = [" ".join(command.words[3:]) for command in trainer_commands()]
    listed = (*RUN, *PARSED_ONLY)
    for command, text in zip(trainer_commands(), texts, strict=True):
        assert [start for start in listed if text.startswith(start)], f"{command.where}: {text}"
    assert [start for start in listed if not any(text.startswith(start) for text in texts)] == []


def fault(command: Command) -> str | None:
    """What of a command that is none of the trainer's does not exist."""
    words = command.words
    while words and re.fullmatch(r"DIN_\w+=\S+", words[0]):
        words = words[1:]
    match words:
        case ["make", target, *variables]:
            makefile = (ROOT / "Makefile").read_text("utf-8")
            names = [word.split("=")[0] for word in variables if re.match(r"[A-Z_]+=", word)]
            missing = [name for name in names if not re.search(rf"^{name} \?=", makefile, re.M)]
            missing += [] if re.search(rf"^{target}:", makefile, re.M) else [target]
            return f"Makefile has no {missing[0]}" if missing else None
        case ["streamlit", "run", script, *options]:
            unknown = [name for name in options[::2] if st.get_option(name.removeprefix("--")) is None]
            return f"no {unknown}" if unknown else _missing(script)
        case [
            ".venv/bin/python",
            "-m",
            ("tests.numbers" | "tests.generated" | "tests.cluster.measure" | "tests.sharing.killed_writer") as module,
            *options,
        ]:
            PARSERS[module]().parse_args(options)
            return None
        case ["pip", "install", "-r", file] | [".venv/bin/python", "-m", "pytest", file]:
            return _missing(file)
        case [("python3" | "."), *_] | ["head", "-3", "tables/*.csv"]:
            return None
    return f"{words[0]} is no program that a README needs"


def _missing(path: str) -> str | None:
    return None if (ROOT / path).exists() else f"{path} is not there"


OTHERS = [command for command in all_commands() if not command.text.startswith("python -m trainer ")]


@pytest.mark.parametrize("command", OTHERS, ids=lambda command: command.where)
def test_any_other_command_names_targets_options_and_files_that_exist(command: Command) -> None:
    assert fault(command) is None
