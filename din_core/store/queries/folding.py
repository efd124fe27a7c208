"""How texts are stored for searches and how typed ones are compared with them: whatever their case and accents."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

TRIGRAM = 3

_ACCENTS = re.compile("[\u0300-\u036f]")
"""Combining marks of Latin, Greek and Cyrillic; those of other scripts make another letter or syllable."""
_LETTERS = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "þ": "th", "æ": "ae", "œ": "oe"})
"""What no decomposition takes apart."""
_UNSPACED = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\u1780-\u17ff"  # Burmese, Khmer
    "\u3005-\u3007\u3041-\u30ff\u3105-\u318f\u31a0-\u31bf\u31f0-\u31ff"  # kana, Bopomofo
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
    "\u1100-\u11ff\uac00-\ud7ff"  # Hangul, whose compounds have no spaces
)
"""Characters of scripts in which a word may begin anywhere."""
_PARTS = re.compile(rf"[{_UNSPACED}]|[^{_UNSPACED}\s]+")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")


@dataclass(frozen=True)
class Folding:
    """One way to store texts, and to seek in them."""

    stored: Callable[[str], str]
    """Two spaces before each word: so even the start of a word is a string of three characters, "  a" or " ab", which
    is what a trigram index can look up."""
    needles: Callable[[str], list[str]]
    """What each word of a typed text must find in a stored one; a trigram index finds three characters at least."""


def plain(text: str) -> str:
    """Without case and accents: `İSTANBUL` and `ıstanbul` as `istanbul`, `Café` as `cafe`, `Straße` as `strasse`."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return unicodedata.normalize("NFC", _ACCENTS.sub("", apart)).translate(_LETTERS)


def folded(text: str) -> str:
    """The form in which texts are stored. Each character of a script without spaces stands as a word of its own."""
    return "".join([f"  {part}" for part in _PARTS.findall(plain(text))])


def search_text(parts: Iterable[str | list[str] | None]) -> str:
    """What searches of an item or user read, from its title, id and field values."""
    words: list[str] = []
    for part in parts:
        if isinstance(part, list):
            words += part
        elif part:
            words.append(part)
    return folded(" ".join(words))


def needles(typed: str) -> list[str]:
    """What a typed text must find: a short word the start of one, others their characters wherever they stand."""
    found = []
    for word in plain(typed).split():
        parts = "  ".join(_PARTS.findall(word))
        found.append(f"  {parts}" if _IS_UNSPACED.match(parts) else parts.rjust(TRIGRAM))
    return found


def _folded_by_case(text: str) -> str:
    return "".join([f"  {word}" for word in text.casefold().split()])


def _needles_by_case(typed: str) -> list[str]:
    words = typed.casefold().split()
    return [word if _IS_UNSPACED.match(word) else word.rjust(TRIGRAM) for word in words]


FOLDING = "2"
"""The one in which this program stores texts."""
FOLDINGS = {None: Folding(_folded_by_case, _needles_by_case), FOLDING: Folding(folded, needles)}
"""By what a store says of itself; stores of earlier releases say nothing until something is appended to them."""
