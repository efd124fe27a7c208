"""What the READMEs name is there: files, headings, options, parts, models, environment variables."""

from __future__ import annotations

import argparse
import re
from functools import cache

import pytest

from tests.readme.shown_commands import READMES, ROOT, text_of
from trainer.__main__ import COMMANDS, command_module
from trainer.bench.suite import PARTS
from trainer.training.recipes import RECIPES


def prose(readme: str) -> str:
    """A README without the table of old names."""
    return text_of(readme).split("## Names that changed")[0]


def anchors(text: str) -> set[str]:
    """The headings of a README as links name them."""
    heads = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


@cache
def sources() -> str:
    """All Python of the app and the trainer."""
    return "\n".join(
        path.read_text("utf-8") for room in ("din_core", "trainer") for path in (ROOT / room).rglob("*.py")
    )


@cache
def help_of(verb: str) -> str:
    """What `--help` says of a verb's options."""
    parser = argparse.ArgumentParser()
    command_module(verb).configure(parser)
    return parser.format_help() + "--json"


@pytest.mark.parametrize("readme", READMES)
def test_every_link_and_picture_leads_somewhere(readme: str) -> None:
    folder = (ROOT / readme).parent
    targets = re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", text_of(readme))
    for target in filter(lambda target: "://" not in target, map("".join, targets)):
        path, _, anchor = target.partition("#")
        file = folder / path if path else ROOT / readme
        assert file.exists(), target
        assert not anchor or anchor in anchors(file.read_text("utf-8")), target


@pytest.mark.parametrize("readme", READMES)
def test_every_path_in_the_text_exists(readme: str) -> None:
    for path in re.findall(r"`((?:din_core|trainer|tests|assets)/[\w./-]+)`", prose(readme)):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("readme", READMES)
def test_every_option_that_the_text_names_with_a_verb_is_one_of_that_verb(readme: str) -> None:
    for verb, rest in re.findall(rf"`(?:python -m trainer )?({'|'.join(COMMANDS)}) (--[^`]+)`", prose(readme)):
        for option in re.findall(r"--[\w-]+", rest):
            assert re.search(rf"{option}\b", help_of(verb)), f"{verb} {option}"


@pytest.mark.parametrize("readme", READMES)
def test_every_environment_variable_is_read_by_the_code(readme: str) -> None:
    for name in set(re.findall(r"DIN_[A-Z_]+", prose(readme))):
        assert f'"{name}"' in sources(), name


def first_column(readme: str, heading: str) -> list[str]:
    """The names in backticks in the first column of the first table below a heading."""
    below = text_of(readme).split(f"{heading}\n", 1)[1]
    table = re.search(r"(?:^\|.*\n)+", below, re.M)
    assert table is not None, f"no table below {heading}"
    rows = table[0].splitlines()[2:]
    return [name for row in rows for name in re.findall(r"`([\w-]+)`", row.split("|")[1])]


def test_the_table_of_models_names_all_that_train_knows() -> None:
    assert sorted(first_column("trainer/README.md", "## The models")) == sorted(RECIPES)


def test_the_table_of_commands_names_all_commands_with_their_help() -> None:
    assert first_column("trainer/README.md", "# Trainer") == list(COMMANDS)
    for name, summary in COMMANDS.items():
        assert f"| `{name}` | {summary}" in text_of("trainer/README.md")


def test_the_table_of_parts_names_all_that_bench_measures() -> None:
    assert sorted(first_column("trainer/bench/README.md", "## The parts")) == sorted(PARTS)


def test_the_rooms_in_din_core_are_those_in_the_table() -> None:
    named = first_column("din_core/README.md", "## How it fits together")
    folders = {path.name for path in (ROOT / "din_core").iterdir() if (path / "__init__.py").exists()}
    assert folders <= set(named)


def test_a_newcomer_meets_their_own_data_before_any_table_of_figures() -> None:
    lines = text_of("README.md").split("\n")
    assert len(lines) <= 250
    assert lines.index("## Your own data") < 25
    assert "Kendall" not in text_of("README.md")
