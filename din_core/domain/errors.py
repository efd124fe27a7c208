"""Errors a user can meet: one sentence with the fact, the value and the limit, then what to do."""

from __future__ import annotations

from collections.abc import Sequence


class DinLensError(Exception):
    """Base of every error that is the input's fault, not the program's. `str(error)` is fit to show."""


class StoreError(DinLensError):
    """The behavior store cannot be opened, is of another schema version, or refuses the operation."""


class RejectedRows(DinLensError):
    """Input tables hold rows that cannot be loaded; nothing was loaded."""

    def __init__(self, message: str, rejects: Sequence[object] = ()) -> None:
        super().__init__(message)
        self.rejects = tuple(rejects)


class UnknownUser(DinLensError):
    """No such user in the store."""


class UnknownItem(DinLensError):
    """No such item in the store."""


class CheckpointError(DinLensError):
    """A checkpoint folder is missing a file, is damaged, or does not fit the data."""


class UnknownCheckpoint(CheckpointError):
    """No checkpoint of that name or fingerprint."""


class ScorerBusy(DinLensError):
    """More requests wait for scores than may."""


class LinkError(DinLensError):
    """A link holds something that cannot be read."""
