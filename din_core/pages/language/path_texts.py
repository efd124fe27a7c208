"""What each part of a path split is called, and what it is."""

from __future__ import annotations

from din_core.pages.language.translate import T, t

WORDS = {
    "profile, context and candidate alone": (
        T("Profile, context, candidate"),
        T("what the score would be without any history"),
    ),
    "interest vector": (T("Interest vector"), T("the history as one vector, whatever the candidate")),
    "product": (T("Interest × candidate"), T("the same vector multiplied with the candidate's, value by value")),
    "intensity": (T("Sum of weights Σw"), T("how much weight the history gets in all")),
    "counts": (
        T("Counts of repeats"),
        T("how often the candidate and its fields were there before; goes past the weights"),
    ),
    "history": (T("History"), T("all that behaviors do together; by which ways, this model does not show")),
}
"""Name and meaning, by what the split calls the part."""


def path_words(part: str) -> tuple[str, str]:
    """Name and meaning in the visitor's language; a part that is not known here keeps its name."""
    name, meaning = WORDS.get(part, (part, ""))
    return t(name), t(meaning)
