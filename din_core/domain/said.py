"""A text that remembers how it was made, so that it can be said in another language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce


class Said(str):
    """English text, made of a template and the values in it: `Said("no user {user_id}", user_id="7")`.

    A value may be a Said itself. Without values the template is the text as it is, braces too.
    """

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, /, **values: object) -> Said:
        if isinstance(template, Said) and not values:
            return template._written(str(template))
        made = super().__new__(cls, template.format(**values) if values else template)
        made.template, made.values = str(template), values
        return made

    def _written(self, text: str) -> Said:
        """The same template and values, written as `text`."""
        other = super().__new__(type(self), text)
        other.template, other.values = self.template, self.values
        return other

    def as_sentence(self) -> Said:
        """With a capital and a full stop."""
        return self._written(sentence_of(self))


def sentence_of(text: str) -> str:
    """Plain text with a capital and a full stop."""
    text = str(text).strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "。")) else ".")


def listed(texts: Sequence[Said]) -> Said:
    """`one; two; three`; at least one."""
    return reduce(lambda first, rest: Said("{first}; {rest}", first=first, rest=rest), texts)
