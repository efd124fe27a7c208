"""The mark of a text that is translated later; a leaf, so that what `language` stands on can mark texts too."""

from __future__ import annotations


def T(text: str) -> str:
    """Marks a text that `t` of `language` translates when it is shown; returns it as it is."""
    return text
