"""Generated requests to what is answered beside the pages: each route with what it may be asked, and with what not."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from din_core.pages.browser.protocol import KEY, KEY_HEADER, LANGUAGE_HEADER
from din_core.pages.monitoring.request_watch import REQUEST_ID
from tests.generated import corpus
from tests.generated.app import addresses

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class GeneratedRequest:
    """One request as a server hands it over."""

    method: str
    path: str
    query: bytes
    headers: Headers
    parts: tuple[bytes, ...]
    """Of the body."""
    leaves: bool
    """Whether the browser is gone before the last part."""
    client: str


GIVEN: Mapping[str, tuple[str, ...]] = {
    "ask.want": ("scores", "weights", "effects", "effects", "nosuch", ""),
    "ask.places": ("0", "0,1,2", "0,0", "-1", "3", "", ",", "1e9", "9" * 5000, "0," * 3000 + "0", "٣"),
    "ask.pick": ("user", "impression", "candidate", "nosuch", ""),
    "ask.id": (
        *("7", "8", "10", "b2", "nosuch", "1511136000 1 b2", "1511136000 2 b2", "9223372036854775807 1 b2", ""),
        *("-62135596801 1 m1", "1e9 1 m1", " 1 m1", "1511136000", "99999999999999999999 1 m1", "1511136000 -1 m1"),
        *("253402300800 1 m1", "1511136000 999999 m1", "-99999999999 1 m1"),
    ),
    "ask.ahead": ("1", "0", ""),
    "ask.nosuch": ("1",),
}
"""What *Inspect* asks."""
SENT = ("what-if", "what-if", "short-link", "signed-link", "history-mark")
ROUTES = ("inspect", "inspect", "inspect", *SENT, "script", "font", "page")
OTHERS = ("health", "metrics", "card.png")
PATHS = {
    "script": ("_din/script/{name}.js", "_din/script/.js", "_din/script/{name}"),
    "font": ("_din/font/{name}.woff2", "_din/font/400-{name}.woff2"),
    "page": (
        "",
        "explain-inspect",
        "explain-what-if",
        "find-cases",
        "nosuch",
        "_stcore/metrics",
        "_din/",
        "_din/nosuch",
    ),
}
BASES = ("/", "/", "/", "/explain-inspect/", "/base/explain-what-if/", "//", "/../", "/%2e%2e/", "/" + "a/" * 300, "")
PAGES = ("explain-inspect", "explain-what-if", "find-cases", "data", "nosuch", "", None, 7, "../..", "explain-inspect/")
ACTIONS: tuple[Any, ...] = (
    *(["clear"], ["pin", 0], ["pin", 1], ["pin", -1], ["pin", 10**40], ["pin", True], ["pin", "1"], ["undo", -1, None]),
    *(
        ["undo", 0, None],
        ["undo", 10**30, None],
        ["undo", 0, ["drop-item", "n1"]],
        ["model", 0, "base"],
        ["undo", 0, 7],
    ),
    *(["model", 1, "din"], ["model", 2, "din"], ["model", 0, ""], ["go", "user", "8"], ["go", "user", "nosuch"]),
    *(["go", "impression", "1511136000 1 m2"], ["go", "impression", "x"], ["go", "candidate", "m2"], ["go", "x", "y"]),
    *(["go", "impression", "99999999999999 1 m2"], ["go", "candidate", ""], [], ["nosuch"], ["edit"], [None], [[[]]]),
    *([["clear"]], ["edit", None], ["edit", ["drop"]], ["edit", {}], ["clear", 1], [{"a": 1}], ["edit", "\ud800"]),
)
LANGUAGES = ("en", "en", "zh", "", "de", "e" * 5000, "\xff")


def make_request(random: Random) -> GeneratedRequest:
    """One of any kind, most with the key that pages have."""
    route = random.choice(OTHERS if random.random() < 0.08 else ROUTES)
    is_sent = route in SENT
    method = "POST" if is_sent else "GET"
    if random.random() < 0.06:
        method = random.choice(("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "X"))
    body = BODIES[route](random) if is_sent else random.choice((b"", b"", b"", b"x"))
    cut = random.randint(0, len(body))
    parts = (body,) if random.random() < 0.8 else (body[:cut], b"", body[cut:])
    query = question(random) if route == "inspect" else addresses.query_bytes(random)
    client = random.choice(("127.0.0.1",) * 30 + ("::1", "10.0.0.7", "nobody", ""))
    return GeneratedRequest(
        method, path_to(random, route), query, headers(random), parts, random.random() < 0.02, client
    )


def path_to(random: Random, route: str) -> str:
    """A route's path below any base."""
    name = random.choice(PATHS.get(route, (f"_din/{route}",))).replace("{name}", random.choice(corpus.TEXTS)[:300])
    path = random.choice(BASES) + name
    return addresses.mutated(random, path) if random.random() < 0.05 else path


def question(random: Random) -> bytes:
    """A link, and what is asked of it."""
    found = addresses.pairs(random)
    for name in ("ask.want", *random.choices(list(GIVEN), k=random.choice((0, 1, 2, 3)))):
        value = random.choice(GIVEN[name])
        found.append((name, addresses.mutated(random, value) if random.random() < 0.1 else value))
    return addresses.query_text(random, found).encode("utf-8", "surrogatepass")


def headers(random: Random) -> Headers:
    """The key and the language of a page; now and then wrong ones, and what proxies and browsers add."""
    key = KEY if random.random() < 0.93 else random.choice(("", KEY[:-1], "é" * 9, "x" * 9000))
    language = random.choice(LANGUAGES[:3]) if random.random() < 0.9 else random.choice(LANGUAGES)
    found = [(KEY_HEADER, key), (LANGUAGE_HEADER, language), ("host", "127.0.0.1:8501")]
    for name, values in random.choices(list(MORE_HEADERS.items()), k=random.choice((0, 0, 1, 2))):
        found.append((name, random.choice(values)))
    return [(name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in found]


MORE_HEADERS: Mapping[str, tuple[str, ...]] = {
    "host": ("", "din.example", '"><x>', "a" * 3000, "[::1", "é", "a:b:c", "a/../b"),
    REQUEST_ID: ("abc", "x" * 65, "\xff", "a b"),
    "authorization": ("Bearer the-key-of-the-metrics", "Bearer ", "Basic x", "\xff"),
    "accept-encoding": ("gzip", "br;q=x", ""),
    "content-length": ("0", "-1", "x", "9" * 30),
    "content-type": ("application/json", "text/plain; charset=nosuch", "multipart/form-data"),
    "cookie": ("_streamlit_user=x", "a=b; c", "=", ";" * 99, "_streamlit_user=" + "A" * 3000),
    "if-none-match": ("*", '"x"', "x"),
    "if-modified-since": ("x", "Thu, 01 Jan 1970 00:00:00 GMT"),
    "range": ("bytes=0-", "bytes=-1", "bytes=9-1", "x", "bytes=0-1,0-1,0-1,0-1", "bytes=" + "0-1," * 500),
    "x-forwarded-for": ("10.0.0.7", "x", ""),
    "origin": ("null", "http://elsewhere.example", "x"),
}


def what_if_body(random: Random) -> bytes:
    """A link and what is done there."""
    actions = [action_of(random) for _ in range(random.choice((0, 1, 1, 2, 5)))]
    if random.random() < 0.01:
        actions *= random.choice((60, 400, 20_000))
    link: Any = addresses.query_text(random, addresses.pairs(random))
    return spoiled(random, {"link": link, "actions": actions})


def action_of(random: Random) -> Any:
    """One action, mostly an edit."""
    if random.random() < 0.5:
        return ["edit", *random.choice(addresses.EDITS).split(",")]
    return random.choice(ACTIONS)


def short_link_body(random: Random) -> bytes:
    """A page and a query."""
    query = addresses.query_text(random, addresses.pairs(random)) * random.choice((1,) * 50 + (3000,))
    return spoiled(random, {"path": random.choice(PAGES), "query": query})


def signed_link_body(random: Random) -> bytes:
    """A page, a query and whether it hides its user."""
    query = addresses.query_text(random, addresses.pairs(random))
    hidden = random.choice((True, False, False, None, "x"))
    return spoiled(random, {"path": random.choice(PAGES[:2] * 4 + PAGES), "query": query, "hidden": hidden})


BODIES: Mapping[str, Callable[[Random], bytes]] = {
    "what-if": what_if_body,
    "short-link": short_link_body,
    "signed-link": signed_link_body,
    "history-mark": short_link_body,
}


def spoiled(random: Random, asked: dict[str, Any]) -> bytes:
    """As it is sent; now and then with other values, signs, or as something else."""
    kind = random.random()
    if kind < 0.05:
        asked[random.choice(list(asked))] = random.choice(corpus.JSON_VALUES)
    elif kind < 0.07:
        asked.pop(random.choice(list(asked)))
    text = json.dumps(asked).encode("utf-8", "surrogatepass")
    if kind > 0.97:
        return random.choice((*corpus.BYTES, b"[" * 100_000, b'{"a":' * 50_000, b"9" * 9_000, b"x" * (1 << 21)))
    if kind > 0.94:
        at = random.randint(0, len(text))
        return text[:at] + bytes(random.choices(range(256), k=3)) + text[at + random.randint(0, 3) :]
    return text
