"""What is said when workers are lost."""

from __future__ import annotations

from collections.abc import Mapping

HEADS = ("Training failed due to", "[Rank")
"""How lines begin that Ray Train puts before a reason."""


def describe_losses(errors: Mapping[int, Exception]) -> str:
    """Which workers were lost, by rank, and why; of those that failed as the others were away nothing, if there is any
    other."""
    first = {rank: error for rank, error in errors.items() if "gloo" not in str(error)} or errors
    lost = ", ".join(f"{rank} ({reason_of(error)})" for rank, error in sorted(first.items()))
    return f"lost worker {lost}; another takes its place, and all go on from the last saved state"


def reason_of(error: BaseException) -> str:
    """The line of what Ray says that tells why: that memory was short, wherever it stands, else the first."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip() and not line.startswith(HEADS)]
    short = [line for line in lines if "running low on memory" in line]
    return (*short, *lines, type(error).__name__)[0]
