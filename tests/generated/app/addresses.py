"""Generated addresses of pages: names and values of links, some as they should be, most not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from random import Random
from urllib.parse import quote, urlencode

from din_core.sharing.links import CHOICES
from din_core.sharing.page_choices import CODECS
from tests.generated import corpus

Pair = tuple[str, str]

TIMES = ("2017-11-20T00:00:00Z", "2017-10-23T00:00:00Z", "2017-11-20", "2017-11-13T01:00:00Z", "1970-01-01")
"""Of the small world, mostly."""
ODD_TIMES = (
    *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0000-00-00", "2017-11-20T00:00:00+23:59", "2017-W47-1"),
    *("-2017-11-20", "10000-01-01T00:00:00Z", "2017-11-20T00:00:00.999999Z", "20171120T000000Z", "1511136000"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2017-11-20T24:00:00Z", "２０１７-11-20"),
)
EDITS = (
    *("drop,m1,2017-11-13T01:00:00Z", "drop,m1,2017-11-13T01:00:00Z,1", "drop-item,n1", "drop-item,m1", "add,b2"),
    *("add,m2,2017-11-01", "move,m1,2017-11-13T01:00:00Z,1,before,n1,2017-11-19T00:00:00Z,1", "candidate,m2"),
    *("keep-before,2017-11-01", "keep-from,2017-11-01", "repeat,3,m1,2017-11-13T01:00:00Z", "context,store,Store 292"),
    *("profile,age,65+", "profile,age", "context,mailer", "type,m1,2017-11-13T01:00:00Z,1,buy", "candidate,nosuch"),
    *("repeat,999999,m1,2017-11-13T01:00:00Z", "repeat,0,m1,2017-11-13T01:00:00Z", "add,m1,9999-12-31T23:59:59Z"),
    *("add,m1,0001-01-01", "keep-before,0001-01-01", "keep-from,9999-12-31", "profile,nosuch,a,b", "context,nosuch,a"),
    *("drop", "drop,,", "nosuch,a", "move,m1", "", ",", "drop%2Cm1", "%", "drop,m1,%ff", "profile,age,a,a,a,a"),
)
IDS = ("7", "8", "9", "10", "m1", "m2", "c1", "b1", "b2", "n1", "x1", "nosuch", "07", "7 ", "M1")
MODELS = ("din", "base", "dien", "din,base", "din@000000000000", "nosuch", "din,din", "din,base,dien", "@", "din@", ",")
TABLES = (
    *("candidates;sort,-probability", "models;columns,rank,candidate;rows,50", "rows;find,milk", ";", "a;b", "a;rows"),
    *(
        "a;rows,2001",
        "a;rows,-1",
        "a;sort,",
        "a;columns," + ",".join(map(str, range(200))),
        "a;find,%2C%3B",
        "a,b;sort,c",
    ),
)
LINK_VALUES: Mapping[str, Sequence[str]] = {
    "v": ("1", "1", "1", "2", "0", "", "1.0"),
    "user": ("7", "7", "8", "9", "10", "nosuch"),
    "item": ("b2", "m2", "n1", "c1", "m1", "x1", "nosuch"),
    "at": (*TIMES, *ODD_TIMES),
    "models": MODELS,
    "nth": ("1", "2", "1,2", "999999", "1000000", "0", "-1", ",", "1,,2", "x"),
    "ctx.store": ("Store 367", "Store 292", "", "nosuch"),
    "ctx.mailer": ("Front page feature", ""),
    "ctx.display": ("Rear end cap", ""),
    "ctx.nosuch": ("a", ""),
    "ctx.": ("a",),
    "history": ("25-4e611cbd", "25-00000000", "24-00000000", "0-00000000", "25-", "x", "999999999999-00000000", ""),
    "pin": ("0", "1", "2", "50", "51", "-1", "x", "00", "1" * 40),
    "part": ("2017-11-01~2017-11-20", "2017-11-20~2017-11-01", "~", "2017-11-01", "a~b", "0001-01-01~9999-12-31"),
    "type": ("buy", "view", ""),
    "behavior": ("m1", "nosuch", ""),
    "view": ("brief", "brief", "x"),
    "embed": ("true", "1"),
    "snapshot": ("nosuch", "A" * 22, ""),
    "signed": ("generated.e30.x", "generated.", ".", "nosuch.e30.x", "generated." + "A" * 3000),
    "s": ("nosuch", "A" * 22, ""),
    "lang": ("en", "zh", "de", ""),
    **{name: (*known, "-" + known[0], "nosuch") for name, known in CHOICES.items() if name != "lang"},
}
"""By name: values that a link may have, and such that it may not."""
CHARACTERS = "\0\t\n\r ,;&=%+~@#?/\\'\"<>|{}[]é咖\u202e\ud800\U0001f600ſ٣\u2028-._09azAZ"


@lru_cache(maxsize=1)
def page_values() -> dict[str, Sequence[str]]:
    """The same for what pages show beyond the scenario."""
    found: dict[str, Sequence[str]] = {}
    for codec in CODECS.values():
        for name, value in codec.values.items():
            found[codec.prefix + name] = (*value.known, *IDS[:4], *TIMES[:2], *TABLES, "age,65+", "category,", "20", "")
    return found


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """All names that a link may have, those of every link more often."""
    return (*LINK_VALUES, *LINK_VALUES, *page_values(), "edits", "edits", "edits")


def value_of(random: Random, name: str) -> str:
    """A value for a parameter: mostly one of its own."""
    kind = random.random()
    if kind < 0.12:
        return random.choice(JUNK)
    if name == "edits":
        text = ";".join(random.choices(EDITS, k=random.choice((1, 1, 2, 3, 8, 60))))
    else:
        text = random.choice(LINK_VALUES.get(name) or page_values()[name])
    return mutated(random, text) if kind < 0.3 else text


JUNK = (*corpus.CELLS, *corpus.TIMES, *corpus.NUMBERS, *corpus.TEXTS, *ODD_TIMES, *IDS)


def mutated(random: Random, text: str) -> str:
    """The text with a few signs more, fewer or others, or a part of it repeated."""
    for _ in range(random.choice((1, 1, 2, 5))):
        at = random.randint(0, len(text))
        end = min(len(text), at + random.randint(0, 4))
        put = random.choice(MUTATIONS)(random, text[at:end])
        text = text[:at] + put + text[end:]
    return text


MUTATIONS: tuple[Callable[[Random, str], str], ...] = (
    lambda random, _: "".join(random.choices(CHARACTERS, k=random.randint(1, 3))),
    lambda random, _: random.choice(CHARACTERS) * random.choice((1, 2, 30, 700)),
    lambda random, part: part * random.choice((2, 3, 50)),
    lambda random, _: random.choice(JUNK)[:80],
    lambda _, __: "",
    lambda _, part: part.swapcase(),
    lambda _, part: quote(part.encode("utf-8", "surrogatepass")),
)


def pairs(random: Random) -> list[Pair]:
    """The parameters of one address, in any order."""
    found: list[Pair] = []
    if random.random() < 0.7:  # else hardly anything would be looked up
        found = [("user", random.choice("7789")), ("item", random.choice(("b2", "m2", "n1"))), ("at", TIMES[0])]
        found += [("models", random.choice(("din", "din,base", "base,din", "dien,din")))] * random.choice((0, 1))
    chosen = random.choices(names(), k=random.choice((0, 1, 1, 2, 3, 5, 12)))
    found += [(name, value_of(random, name)) for name in chosen]
    if random.random() < 0.08:
        found.append((mutated(random, random.choice(names())), value_of(random, "user")))
    if random.random() < 0.03:
        found += [random.choice(found or [("item", "b2")])] * random.choice((1, 19, 60))
    if random.random() < 0.3:
        random.shuffle(found)
    return found


def query_bytes(random: Random) -> bytes:
    """The address behind its question mark, mostly as browsers write it."""
    return query_text(random, pairs(random)).encode("utf-8", "surrogatepass")


def query_text(random: Random, found: Sequence[Pair]) -> str:
    """These parameters as they stand in an address, now and then with signs that do not belong there."""
    if random.random() < 0.15:
        text = "&".join(f"{name}={value}" for name, value in found)
    else:
        text = urlencode([tuple(part.encode("utf-8", "surrogatepass") for part in pair) for pair in found])
    return mutated(random, text) if random.random() < 0.1 else text
