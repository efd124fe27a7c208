"""Errors a user can meet: one sentence with the fact, the value and the limit, then what to do."""

from __future__ import annotations

from collections.abc import Sequence

from din_core.domain.translatable import Translatable


class DinLensError(Exception):
    """Base of every error that is the input's fault, not the program's. `str(error)` is fit to show.

    `LinkError("there is no edit {kind}", kind=kind)`: `text` keeps the template and the values apart.
    """

    def __init__(self, template: str, /, **values: object) -> None:
        self.text = Translatable(template, **values)
        super().__init__(self.text)


class StoreError(DinLensError):
    """The behavior store cannot be opened, is of another schema version, or refuses the operation."""


class UnusableStore(StoreError):
    """What lies at the address is no store of this program: it is damaged, holds other things or another version."""


class StoreFailure(StoreError):
    """The database of a store that is open fails: it was stopped, damaged, locked or taken away."""


class RejectedRows(DinLensError):
    """Input tables hold rows that cannot be loaded; nothing was loaded."""

    def __init__(self, template: str, /, rejects: Sequence[object] = (), **values: object) -> None:
        super().__init__(template, **values)
        self.rejects = tuple(rejects)


class UnknownUser(DinLensError):
    """No such user in the store."""


class UnknownItem(DinLensError):
    """No such item in the store."""


class CheckpointError(DinLensError):
    """A checkpoint folder is missing a file, is damaged, or does not fit the data; always one line."""

    def __init__(self, template: str, /, **values: object) -> None:
        super().__init__(template, **{name: _on_one_line(value) for name, value in values.items()})


def _on_one_line(value: object) -> object:
    """What is quoted from a file, its line ends written as in code."""
    broken = type(value) is str and ("\n" in value or "\r" in value)
    return repr(value)[1:-1] if broken else value


class UnknownCheckpoint(CheckpointError):
    """No checkpoint of that name or fingerprint."""


class ModelFailure(DinLensError):
    """A model that is not this project's fails, is away, or gives what cannot be used; others are not touched."""


class ServerAway(ModelFailure):
    """The server of a model is away or slow: nobody who asked it now gets an answer."""


class ScorerBusy(DinLensError):
    """More requests wait for scores than may."""


class LinkError(DinLensError):
    """A link holds something that cannot be read."""
