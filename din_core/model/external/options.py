"""Where a model that is not this project's own is found: by an entry point, or at a URL."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from din_core.domain import CheckpointError
from din_core.domain.translatable import Translatable
from din_core.model.external.scoring_server import is_http_address

GROUP = "din_lens.models"
"""The entry points that are read."""
TIMEOUT = 5.0
"""Seconds that a served model has for one batch, unless its checkpoint says otherwise."""
MOST_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class ModuleOptions:
    """A module that an installed package offers."""

    entry_point: str
    """Its name in the group `din_lens.models`."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """What its constructor is given by name beside the fields; JSON."""
    title: str = ""
    """Its name for people; that of the entry point where none is given."""

    def __post_init__(self) -> None:
        _check_text("module.entry_point", self.entry_point, least=1)
        _check_text("module.title", self.title, least=0)
        _check_arguments(self.arguments)


@dataclass(frozen=True, slots=True)
class ServedOptions:
    """A model that a server computes."""

    url: str
    """Where batches are sent by POST: http or https, without a user or a password."""
    timeout: float = TIMEOUT
    """Seconds from the request of a batch to the end of its answer."""
    title: str = ""
    """Its name for people; the server's name where none is given."""

    def __post_init__(self) -> None:
        _check_text("served.url", self.url, least=1)
        _check_text("served.title", self.title, least=0)
        if not is_http_address(self.url):
            raise _wrong("served.url", self.url, Translatable("a URL of http or https without user or password"))
        _check_seconds(self.timeout)

    @property
    def server(self) -> str:
        """Host and port."""
        return urlsplit(self.url).netloc


def _check_text(name: str, value: Any, least: int) -> None:
    if not isinstance(value, str) or len(value.strip()) < least:
        raise _wrong(name, value, Translatable("a text"))


def _check_arguments(value: Any) -> None:
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise _wrong("module.arguments", value, Translatable("an object"))
    try:
        json.dumps(dict(value), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise _wrong("module.arguments", value, Translatable("plain JSON")) from error


def _check_seconds(value: Any) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or not 0 < value <= MOST_SECONDS:
        raise _wrong("served.timeout", value, Translatable("seconds above 0 and at most 60"))


def _wrong(name: str, value: object, limit: Translatable) -> CheckpointError:
    return CheckpointError(
        "{name} is {value!r}, but must be {limit}; give another value", name=name, value=value, limit=limit
    )
