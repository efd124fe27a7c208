"""The mark of a text that is said later; a leaf, so that what `language` stands on can mark texts too."""

from __future__ import annotations


def T(text: str) -> str:
    """Marks a text that is said later, by `t` of `language`; returns it as it is."""
    return text
