"""The protocol between the instruments in the browser and Python; `client.js` is its other side.

- Python mounts an instrument with a message (`Payload.encode`): a line of JSON that says what comes, a line for each
  text. Its `epoch` counts what was chosen elsewhere on the page: the instrument follows another epoch, and otherwise
  knows better where it is. Its `revision` is another whenever a text is another.
- The instrument asks for more by itself, beside the page's runs (`route.py`): at the path of its `endpoint`, with the
  key and the visitor's language in the headers. The answer is a message again.
- Where it went it tells Python as a numbered `report` message (`inbox.py`, `Report`). `handled` is the number of the
  last one that Python has handled: what Python says before it has handled the last one sent is outdated.
- A report also says which revision the instrument `holds`. As long as nothing else was chosen since, Python sends that
  revision without its texts. An instrument that does not have them reports again, with nothing but that.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import Any

INSPECT = "_din/inspect"
"""Where *Inspect* asks, below the page's own path."""
WHAT_IF = "_din/what-if"
SHORT_LINK = "_din/short-link"
SIGNED_LINK = "_din/signed-link"
HISTORY_MARK = "_din/history-mark"
KEY_HEADER = "din-lens-key"
LANGUAGE_HEADER = "din-lens-language"
SHORTEST_KEY = 16


def page_key() -> str:
    """What DIN_PAGE_KEY names, for several processes that share visitors; else one of this process alone."""
    key = os.environ.get("DIN_PAGE_KEY", "")
    if key and not (key.isascii() and key.isprintable() and " " not in key and len(key) >= SHORTEST_KEY):
        raise SystemExit(
            f"error: DIN_PAGE_KEY has {len(key)} characters; it must have {SHORTEST_KEY} or more, of ASCII and without "
            "spaces"
        )
    return key or token_urlsafe(16)


KEY = page_key()
"""Only pages of this server know it: who cannot open them is answered nothing."""
REPORT = "report"
"""The kind of message that says where an instrument went by itself."""


@dataclass(frozen=True)
class Payload:
    """Texts for an instrument."""

    revision: str
    """Another whenever one of the texts is another."""
    texts: Sequence[str]
    """JSON in one line each, made once and sent as it is."""
    head: Mapping[str, object] = field(default_factory=dict)
    """Says what the texts are."""

    def encode(self, **more: object) -> bytes:
        """The message; `more` joins its head."""
        head = {"revision": self.revision, **self.head, **more}
        return "\n".join([json.dumps(head), *self.texts]).encode()


@dataclass(frozen=True)
class Report:
    """Where an instrument went by itself."""

    link: str
    """Query string of where it is; empty where it asks to be sent what is on screen."""
    problems: tuple[str, ...] = ()
    """What could not be done, in sentences."""
    actions: Sequence[Sequence[Any]] = ()
    """What is still to be done from there, as the instrument got no answer."""
    holds: str | None = None
    """Revision of the payload that it has."""

    @classmethod
    def read(cls, value: Any) -> Report:
        """From the value of a `report` message."""
        return cls(str(value["link"]), tuple(value["problems"]), value["actions"], value.get("holds"))
