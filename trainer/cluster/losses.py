"""What is said when workers are lost."""

from __future__ import annotations

from collections.abc import Mapping

from trainer.cluster.connection import first_line


def describe_losses(errors: Mapping[int, Exception]) -> str:
    """Which workers were lost, by rank, and why; of those that failed as the others were away nothing, if there is any
    other."""
    first = {rank: error for rank, error in errors.items() if "gloo" not in str(error)} or errors
    lost = ", ".join(f"{rank} ({first_line(error)})" for rank, error in sorted(first.items()))
    return f"lost worker {lost}; another takes its place, and all go on from the last saved state"
