"""A text that keeps its template and values, so that pages can translate it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce


class Translatable(str):
    """English text, made of a template and the values in it: `Translatable("no user {user_id}", user_id="7")`.

    A value may be a Translatable itself. Without values the template is the text as it is, braces too.
    """

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, /, **values: object) -> Translatable:
        if isinstance(template, Translatable) and not values:
            return template._with_text(str(template))
        made = super().__new__(cls, template.format(**values) if values else template)
        made.template, made.values = str(template), values
        return made

    def _with_text(self, text: str) -> Translatable:
        """The same template and values, written as `text`."""
        other = super().__new__(type(self), text)
        other.template, other.values = self.template, self.values
        return other

    @classmethod
    def of_parts(cls, template: str, values: Mapping[str, object]) -> Translatable:
        """From a template and values that were kept apart."""
        return cls(template, **values)

    def as_sentence(self) -> Translatable:
        """With a capital and a full stop."""
        return self._with_text(sentence_of(self))


def sentence_of(text: str) -> str:
    """Plain text with a capital and a full stop."""
    text = str(text).strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "。")) else ".")


def join_texts(texts: Sequence[Translatable]) -> Translatable:
    """`one; two; three`; at least one."""
    return reduce(lambda first, rest: Translatable("{first}; {rest}", first=first, rest=rest), texts)
