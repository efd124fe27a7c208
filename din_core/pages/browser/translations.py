"""What a browser component says by `say("…")`, in the visitor's language."""

from __future__ import annotations

import re
from functools import cache

from din_core.pages.language.translate import DEFAULT, current, translated

SAY_CALL = re.compile(r'\bsay\(\s*"((?:[^"\\]|\\.)*)"')


@cache
def texts_in(source: str) -> tuple[str, ...]:
    """The English texts of a component's source, each once."""
    return tuple(dict.fromkeys(text.replace('\\"', '"') for text in SAY_CALL.findall(source)))


def spoken(source: str) -> dict[str, str]:
    """English → the visitor's language, for `speak` of `say.js`; empty for English."""
    language = current()
    return {} if language == DEFAULT else {text: translated(text, language) for text in texts_in(source)}
