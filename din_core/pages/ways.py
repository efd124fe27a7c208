"""Where a choice leads from the scenario on screen, as a link that leaves open what the choice leaves open."""

from __future__ import annotations

from dataclasses import replace

from din_core.domain import Scenario
from din_core.sharing import Link
from din_core.store import BehaviorStore


def to_user(now: Scenario | None, user_id: str, store: BehaviorStore) -> Link:
    """Another user: at their newest impression, with the candidate on screen where they have none."""
    link = Link(user_id=user_id, checkpoints=now.checkpoints if now else ())
    if now is not None and not store.impressions(user_id):
        link = replace(link, candidate_ids=now.candidate_ids, context=now.context)
    return link


def to_impression(now: Scenario, choice: str) -> Link:
    """One of the user's impressions, as `impression_id` names it: its time, candidate and context."""
    as_of, _, item_id = choice.partition(" ")
    return Link(now.user_id, int(as_of), (item_id,), now.checkpoints)


def impression_id(as_of: int, item_id: str) -> str:
    """An impression of the user on screen, as a choice."""
    return f"{as_of} {item_id}"


def to_candidate(now: Scenario | None, item_id: str) -> Link:
    """Any candidate at the time on screen; resolved like a link, so an impression brings its own context."""
    if now is None:
        return Link(candidate_ids=(item_id,))
    kept = Link(now.user_id, now.as_of, (item_id,), now.checkpoints)
    return replace(kept, edits=now.edits, reference=now.reference)  # of the history, which stays
