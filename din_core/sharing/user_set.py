"""A named set of users ⇄ URL, in one parameter: `set=North,7,8,12`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from din_core.domain.translatable import Translatable
from din_core.sharing.table_choice import quoted

PARAMETER = "set"
PATHS = ("find-cases", "find-cohorts", "compare-scenarios", "models-trust")
"""Of the pages that a set restricts, and whose links hold it."""
MOST_USERS = 300
LONGEST_NAME = 60
LONGEST_SET = 12_000
"""Characters of one in a link: browsers and proxies take more, but not all take much more."""


@dataclass(frozen=True, slots=True)
class UserSet:
    """Users who are looked at together."""

    name: str
    users: tuple[str, ...]
    """Ids, each once."""


def write_set(own: UserSet) -> str:
    """Its name and its users, with commas between."""
    return ",".join(map(quoted, (own.name, *own.users)))


def read_set(raw: Mapping[str, Sequence[str]]) -> tuple[UserSet | None, tuple[str, ...]]:
    """What query parameters say of a set; None without one, and with a sentence for one that cannot be used."""
    given = raw.get(PARAMETER)
    if not given:
        return None, ()
    name, *users = (unquote(part) for part in given[0].split(","))
    found = UserSet(name, tuple(dict.fromkeys(user for user in users if user)))
    problem = fault_of(found)
    return (None, (problem,)) if problem else (found, ())


def fault_of(own: UserSet) -> Translatable | None:
    """Why it cannot be a set; None where it can."""
    n, longest = len(own.users), len(write_set(own))
    if not own.name.strip() or len(own.name) > LONGEST_NAME:
        return Translatable(
            "A set needs a name of 1 to {limit} characters, this one has {n}: all users are shown.",
            limit=LONGEST_NAME,
            n=len(own.name.strip()),
        )
    if not 0 < n <= MOST_USERS:
        return Translatable(
            "A set holds 1 to {limit} users, this one would hold {n}: choose other rows, or a smaller part first.",
            limit=MOST_USERS,
            n=n,
        )
    if longest > LONGEST_SET:
        return Translatable(
            "The ids of this set have {n} characters in a link, the limit is {limit}: choose fewer users.",
            n=longest,
            limit=LONGEST_SET,
        )
    return None
