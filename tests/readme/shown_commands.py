"""The commands that the project's READMEs show, and what they show as output."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
READMES = (
    *("README.md", "CONTRIBUTING.md", "din_core/README.md", "din_core/OWN_MODEL.md"),
    *("trainer/README.md", "trainer/datasets/README.md", "trainer/bench/README.md", "trainer/CLUSTER.md"),
    "trainer/foreign_checkpoints/README.md",
    "din_core/deploy/README.md",
)
TYPED = re.compile(r"\$ |python3? -m |make |streamlit |pip |\. |\.venv/|DIN_\w+=|for |done$")
"""How a line begins that is typed, not printed."""


@dataclass
class Command:
    """One line to type; of a loop, one for each of its values."""

    readme: str
    line: int
    text: str
    output: list[str] = field(default_factory=list)
    """What the README shows below it, without the indentation."""

    @property
    def where(self) -> str:
        """`README.md:12`."""
        return f"{self.readme}:{self.line}"

    @property
    def words(self) -> list[str]:
        """As a shell splits them. Nothing that is shown is quoted."""
        return self.text.split()


def text_of(readme: str) -> str:
    """A README as it is."""
    return (ROOT / readme).read_text("utf-8")


def code_lines(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Number and text of every line of code, fenced or indented by four, blank ones between them too."""
    fenced, indented = False, False
    for number, line in enumerate(lines, start=1):
        if line.startswith("```"):
            fenced = not fenced
        elif fenced:
            yield number, line
        elif line.startswith("    ") and (indented or not lines[number - 2].strip() or lines[number - 2][:2] == "<!"):
            indented = True
            yield number, line[4:]
        elif line.strip():
            indented = False
        elif indented:
            yield number, ""


def commands_of(readme: str) -> list[Command]:
    """All commands of a README, in order; a loop's body once for each of its values."""
    found: list[Command] = []
    loop: tuple[str, list[str]] | None = None
    last = -2
    for number, line in code_lines(text_of(readme).split("\n")):
        inside = loop is not None and line.startswith("    ")
        if number != last + 1 and found and not line.startswith("$"):
            found[-1].output += [""]
        last = number
        if not TYPED.match(line) and not inside:
            if found:
                found[-1].output.append(line)
            continue
        typed = re.sub(r"\s+#.*", "", line.removeprefix("$ ").strip())
        if match := re.fullmatch(r"for (\w+) in (.+); do", typed):
            loop = match[1], match[2].split()
        elif typed == "done":
            loop = None
        else:
            for part in re.split(r" && |; ", typed):
                for value in loop[1] if loop and inside else [""]:
                    text = part.replace(f"${loop[0]}", value) if loop and inside else part
                    found.append(Command(readme, number, text))
    return found


def all_commands() -> list[Command]:
    """Those of every README."""
    return [command for readme in READMES for command in commands_of(readme)]


def trainer_commands() -> list[Command]:
    """Those that begin `python -m trainer`."""
    return [command for command in all_commands() if command.text.startswith("python -m trainer ")]


def output_of(start: str, nth: int = 0) -> list[str]:
    """What is shown below the nth command that starts like this, without blank lines around it."""
    outputs = ["\n".join(c.output).strip("\n") for c in all_commands() if c.text.startswith(start)]
    return [output for output in outputs if output][nth].split("\n")


def shape(line: str) -> str:
    """A printed line with every number as `#`, and runs of blanks and dashes as one."""
    return re.sub(r"[ ]+", " ", re.sub(r"-{3,}", "-", re.sub(r"[+−-]?\d[\d,]*(?:\.\d+)?", "#", line))).strip()
