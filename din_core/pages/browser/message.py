"""What Python tells a component, as `readMessage` of `door.js` reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping


def message(head: Mapping[str, object], *texts: str) -> bytes:
    """A line that says what comes, and a line for each text: JSON, made once and sent as it is."""
    return "\n".join([json.dumps(head), *texts]).encode()
