"""Histories of users at several times, each user read once."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from din_core.domain import History, UnknownUser, User
from din_core.store import BehaviorStore


def read_histories(
    store: BehaviorStore, places: Sequence[tuple[str, int]]
) -> Iterator[tuple[tuple[str, int], History, bool]]:
    """Of each (user id, time) its history, and whether the store knows the user.

    One whom it does not know has an empty history and no profile.
    """
    times: dict[str, list[int]] = {}
    for user_id, time in places:
        times.setdefault(user_id, []).append(time)
    for user_id, own in times.items():
        try:
            whole, known = store.history(user_id, max(own)), True
        except UnknownUser:
            whole, known = History(User(user_id), max(own), ()), False
        moments = [behavior.timestamp for behavior in whole.behaviors]
        for time in own:
            cut = History(whole.user, time, whole.behaviors[: bisect_left(moments, time)])
            yield (user_id, time), whole if time == whole.as_of else cut, known
