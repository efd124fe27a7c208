"""How things are called on screen: labels for people and products, outcomes, chances, dates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime

from din_core.domain import FieldValue, Impression, Item, User, values_of, written
from din_core.model.fields.number_buckets import NumberBuckets
from din_core.model.vocabulary import item_value
from din_core.pages.language.number_texts import number_words
from din_core.pages.language.translate import T, t
from din_core.store import StoreSummary

MISSING = T("unknown")
CATEGORY = T("Category")
"""The one field that has a name in every language: items of any store may have it."""
MONTHS = (
    T("Jan"),
    T("Feb"),
    T("Mar"),
    T("Apr"),
    T("May"),
    T("Jun"),
    T("Jul"),
    T("Aug"),
    T("Sep"),
    T("Oct"),
    T("Nov"),
    T("Dec"),
)


ODDS = (12, 15, 20, 25, 30, 40, 50, 70, 100, 150, 200, 300, 400, 500, 700, 1000)
"""Of a small chance, in plain words: each is within about a fifth of what it stands for."""
ODDS_BELOW = 0.09
"""Probability; from here on a chance is told in tenths."""


@dataclass(frozen=True, slots=True)
class Words:
    """What users, positives and negatives are called in the store at hand."""

    person: str = T("User")
    people: str = T("users")
    shown: str = T("What this user was shown")
    positive: str = T("Positive")
    negative: str = T("Negative")
    happened: str = T("a positive outcome")
    when: str = T("{outcome} at {date}")
    """An outcome with its impression's date."""

    def translated(self) -> Words:
        """The same in the visitor's language."""
        values = (t(text) for text in astuple(self))
        return Words(*values)

    def user_label(self, user: User) -> str:
        """`Household 7 · 45-54 · 2 adults, no kids`."""
        return " · ".join([f"{self.person} {user.user_id}", *profile(user)])

    def outcome(self, label: int | None) -> str:
        """`Bought` / `Not bought`, or that it is not known."""
        return t("Outcome not known") if label is None else self.positive if label else self.negative

    def impression_label(self, impression: Impression, distinction: str = "") -> str:
        """`20 Nov 2017 · Stout · 12 oz · bought`; `distinction` is one of `distinctions`."""
        outcome = self.outcome(impression.label).lower()
        return " · ".join(filter(None, [day(impression.timestamp), impression.item.label, distinction, outcome]))


HOUSEHOLDS = Words(
    T("Household"),
    T("households"),
    T("What this household was shown"),
    T("Bought"),
    T("Not bought"),
    T("a purchase"),
    T("{outcome} in the week of {date}"),
)


def words_for(summary: StoreSummary) -> Words:
    """Words for the store at hand, in the visitor's language: shopping words where its users are households."""
    return (HOUSEHOLDS if of_households(summary) else Words()).translated()


def of_households(summary: StoreSummary) -> bool:
    """Whether the store's users are households, and their behaviors purchases."""
    return any(name.startswith("household") for name in summary.user_fields)


def distinctions(impressions: Sequence[Impression]) -> list[str]:
    """Of each of a user's impressions, what tells it from others of its item and time: nothing where it is alone.

    The context values in which they differ, such as `Position: top`, or its number where these are not enough.
    """
    alike = defaultdict[tuple[str, int], list[Impression]](list)
    for one in impressions:
        alike[one.item.item_id, one.timestamp].append(one)
    return [_distinction(one, alike[one.item.item_id, one.timestamp]) for one in impressions]


def _distinction(own: Impression, alike: Sequence[Impression]) -> str:
    if len(alike) == 1:
        return ""
    differing = [name for name in own.context if len({one.context.get(name) for one in alike}) > 1]
    texts = [f"{field_label(name)}: {own.context[name] or t(MISSING)}" for name in differing]
    same = [one for one in alike if all(one.context.get(name) == own.context[name] for name in differing)]
    number = [t("no. {n}", n=own.nth)] if len(same) > 1 else []
    return ", ".join([*texts, *number])


def profile(user: User) -> list[str]:
    """The two profile values that say most; nothing where nothing is known."""
    first = [name for name in ("age", "household_comp") if name in user.fields] or list(user.fields)[:2]
    return [", ".join(user.fields[name]) for name in first if user.fields[name]]


def item_detail(item: Item, numbers: Mapping[str, NumberBuckets] | None = None) -> str:
    """The item's field values in one line, each once, without what its title already says.

    Those of numeric fields come last, with the range that a model takes for the same: `Price 7.99 (6.5 to 9.2)`.
    """
    others = [name for name in item.fields if name not in (numbers or {})]
    values = dict.fromkeys(value for name in others for value in item.values(name))
    title = item.label.casefold()
    return " · ".join([*(value for value in values if value.casefold() not in title), *item_numbers(item, numbers)])


def item_numbers(item: Item, numbers: Mapping[str, NumberBuckets] | None) -> list[str]:
    """The item's numbers, each with its field's name and its range."""
    read = {name: (item_value(item, name, buckets), buckets) for name, buckets in (numbers or {}).items()}
    return [f"{field_label(name)} {number_words(text, buckets)}" for name, (text, buckets) in read.items() if text]


def item_labels(items: Iterable[Item]) -> list[str]:
    """What the items of one list are called: their labels, with the id where another of them has the same.

    `White milk · Private · item 862349`.
    """
    listed = list(items)
    ids = defaultdict[str, set[str]](set)
    for item in listed:
        ids[item.label].add(item.item_id)
    return [
        item.label if len(ids[item.label]) == 1 else f"{item.label} · {t('item {id}', id=item.item_id)}"
        for item in listed
    ]


def labels_by_id(items: Iterable[Item]) -> dict[str, str]:
    """The same by id, of items that may stand there several times, such as those of a history."""
    listed = {item.item_id: item for item in items}
    return dict(zip(listed, item_labels(listed.values()), strict=True))


def field_label(name: str) -> str:
    """`household_comp` as `Household comp`."""
    text = name.replace("_", " ").strip()
    text = text[:1].upper() + text[1:]
    return t(CATEGORY) if text == CATEGORY else text


def field_values(
    values: Mapping[str, str | None] | Mapping[str, tuple[str, ...]] | Mapping[str, FieldValue],
    numbers: Mapping[str, NumberBuckets] | None = None,
) -> list[tuple[str, str]]:
    """Label and readable value of each field, several with commas; what is missing is called unknown.

    Numbers have their range.
    """
    found = []
    for name, value in values.items():
        buckets = (numbers or {}).get(name)
        texts = values_of(value)
        shown = texts if buckets is None else [number_words(text, buckets) for text in texts]
        found.append((field_label(name), ", ".join(shown) or t(MISSING)))
    return found


def chance(probability: float) -> str:
    """A probability in plain words: `about 6 in 10`, `about 1 in 50`, `less than 1 in 1,000`."""
    if probability < 0.001:
        return t("less than 1 in 1,000")
    if probability < ODDS_BELOW:
        odds = min(ODDS, key=lambda n: abs(1 / n - probability))
        return t("about 1 in {odds:,}", odds=odds)
    if probability > 0.95:
        return t("almost certain")
    return t("about {n} in 10", n=round(probability * 10) or 1)


def percent(share: float | None, decimals: int = 1) -> str:
    """`12.3 %`, on one line; `–` for None."""
    return written.percent(share, "\N{NO-BREAK SPACE}", decimals)


def fixed(value: float, decimals: int, sign: str = "") -> str:
    """`−0.512`, with a minus for a hyphen; `sign` "+" puts one before what is above 0."""
    return f"{value:{sign}.{decimals}f}".replace("-", "−")


def day(at: int) -> str:
    """`20 Nov 2017`, UTC."""
    moment = datetime.fromtimestamp(at, UTC)
    month = t(MONTHS[moment.month - 1])
    return t("{day} {month} {year}", day=moment.day, month=month, year=moment.year)


def tick_label(label: str) -> str:
    """A date under a time axis, `Nov 2017` or `20 Nov`, in the visitor's language; times stay as they are."""
    first, _, last = label.partition(" ")
    if first in MONTHS:
        return t("{month} {year}", month=t(first), year=last)
    return t("{day} {month}", day=first, month=t(last)) if last in MONTHS else label


def moment(at: int) -> str:
    """`20 Nov 2017 00:00 UTC`."""
    return f"{day(at)} {datetime.fromtimestamp(at, UTC):%H:%M} UTC"
