"""A small share of the generated inputs that `python -m tests.generated` runs, and the runner itself."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from random import Random

import pytest
from hypothesis import strategies as st

from din_core.domain import DinLensError
from din_core.pages.app.failure_log import log_failure
from tests.generated import __main__ as command
from tests.generated import running
from tests.generated.app.app_world import nothing_logged
from tests.generated.outcome import Outcome, run_command
from tests.generated.running import DRAWN, SEEDED, causes, run_kind, run_part
from trainer.__main__ import main


@pytest.mark.parametrize(
    ("kind", "examples"),
    [("links", 300), ("routes", 300), ("tables", 20), ("checkpoints", 50), ("configs", 100), ("options", 20)],
)
def test_generated_input_is_taken_or_refused_in_a_sentence(kind: str, examples: int) -> None:
    found = run_part(kind, 0, 0, examples)
    assert not found.failures, "\n".join(failure.trace for failure in found.failures)
    assert found.examples == examples
    assert 0 < found.refused < examples
    assert found.mib > 0


def stumble(draw: st.DrawFn, folder: Path) -> Outcome:
    """Fails on every number that 7 divides, and refuses odd ones."""
    number = draw(st.integers(1, 1000))
    if number % 7 == 0:
        raise ZeroDivisionError(str(number))
    return "refused" if number % 2 else "done"


@pytest.fixture
def stumbling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DRAWN, "tables", stumble)  # type: ignore[arg-type]


@pytest.mark.usefixtures("stumbling")
def test_a_part_counts_what_failed_and_fails_alike_when_it_is_run_again() -> None:
    found, again, other = (run_part("tables", 3, part, 60) for part in (2, 2, 4))
    assert found.examples == 60 and found.failures and found.refused
    assert [one.what for one in found.failures] == [one.what for one in again.failures]
    assert [one.what for one in found.failures] != [one.what for one in other.failures]
    assert list(causes([found])) == [found.failures[0].what.split(": ")[0]]
    assert "ZeroDivisionError at tests/generated/test_generated.py:" in found.failures[0].what


def test_what_hypothesis_gives_up_drawing_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def often_without_value(draw: st.DrawFn, folder: Path) -> Outcome:
        draw(st.integers(0, 1).filter(bool))
        return "refused" if draw(st.integers(1, 2).filter(lambda number: draw(st.booleans()))) == 1 else "done"

    monkeypatch.setitem(DRAWN, "tables", often_without_value)  # type: ignore[arg-type]
    found = run_part("tables", 0, 0, 40)
    assert (found.examples, found.failures) == (40, [])


def test_an_example_that_hangs_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(draw: st.DrawFn, folder: Path) -> Outcome:
        while True:
            pass

    monkeypatch.setattr(running, "MOST_SECONDS", 1)
    monkeypatch.setitem(DRAWN, "tables", hang)  # type: ignore[arg-type]
    assert "TimeoutError" in run_part("tables", 0, 0, 1).failures[0].what


def test_each_number_of_a_seeded_part_makes_an_input_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[float] = []

    def note(random: Random) -> Outcome:
        drawn.append(random.random())
        if len(drawn) == 2:
            raise ZeroDivisionError
        return "done"

    monkeypatch.setitem(SEEDED, "links", lambda: nullcontext(note))  # type: ignore[arg-type]
    found = [run_part("links", 0, part, 3) for part in (0, 1, 0)]
    assert len(set(drawn)) == 6 and drawn[:3] == drawn[6:]
    assert [(one.examples, len(one.failures)) for one in found] == [(3, 1), (3, 0), (3, 0)]


def test_a_process_that_grows_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    held = iter([400, 500, 700])
    monkeypatch.setattr(running, "resident_mib", lambda: next(held))
    monkeypatch.setitem(running.PARTS, "links", 1)
    monkeypatch.setitem(SEEDED, "links", lambda: nullcontext(lambda _: "done"))  # type: ignore[arg-type]
    found = [[one.what for one in part.failures] for part in run_kind("links", 0, 3, None)]
    assert found == [[], [], ["MemoryError after the part: the process grew from 400 to 700 MiB"]]


def test_a_failure_that_the_app_logs_is_one() -> None:
    with pytest.raises(AssertionError, match="logged: no such thing"), nothing_logged():
        log_failure(DinLensError("no such thing"))


def test_what_the_log_holds_is_not_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(running.PARTS, "tables", 10)
    monkeypatch.setitem(DRAWN, "tables", stumble)  # type: ignore[arg-type]
    log = tmp_path / "log.jsonl"
    first = list(run_kind("tables", 0, 20, log))
    monkeypatch.setitem(DRAWN, "tables", None)  # type: ignore[arg-type]
    assert list(run_kind("tables", 0, 20, log)) == first
    assert [one.part for one in first] == [0, 1] and len(log.read_text().splitlines()) == 2


@pytest.mark.usefixtures("stumbling")
def test_the_command_names_what_runs_a_failed_part_again(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    log = f"--log={tmp_path / 'log.jsonl'}"
    assert command.main(["--only=tables", "--examples=60", "--seed=3", log]) == 1
    out = capsys.readouterr().out
    assert "of --only tables --seed 3 --part 0" in out and "tables: 60 examples" in out
    assert command.main(["--only=configs", "--examples=5", log]) == 0
    capsys.readouterr()
    assert command.main(["--only=tables", "--count", log]) == 1
    assert capsys.readouterr().out == out.splitlines()[-1] + "\n"


def test_a_command_that_fails_without_a_sentence_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.generated.outcome.main", lambda words: 1)
    with pytest.raises(AssertionError, match="exit status 1 without a sentence"):
        run_command("check")


def test_what_is_quoted_from_the_input_is_shown_without_control_characters(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(args: object) -> None:
        raise DinLensError("no item \x1b[31m \udcff é")

    monkeypatch.setattr("trainer.commands.data.check.run", run)
    assert main(["check"]) == 1
    assert capsys.readouterr().err == "error: no item \\x1b[31m \\udcff é\n"
