"""Where a choice leads from the scenario on screen, as a link that leaves open what the choice leaves open."""

from __future__ import annotations

from dataclasses import replace

from din_core.domain import Candidate, Scenario
from din_core.sharing import Link
from din_core.sharing.values import iso, seconds_of
from din_core.store import BehaviorStore


def link_to(kind: str, now: Scenario, choice: str, store: BehaviorStore) -> Link:
    """Where a choice in the search box of this kind leads; ValueError for another kind or choice."""
    match kind:
        case "user":
            return to_user(now, choice, store)
        case "impression":
            return to_impression(now, choice)
        case "candidate":
            return to_candidate(now, choice)
    raise ValueError(kind)


def to_user(now: Scenario | None, user_id: str, store: BehaviorStore) -> Link:
    """Another user: at their newest impression, with the candidate on screen where they have none."""
    link = Link(user_id=user_id, checkpoints=now.checkpoints if now else ())
    if now is not None and not store.impressions(user_id):
        link = replace(link, candidate_ids=now.candidate_ids, context=now.context)
    return link


def to_impression(now: Scenario, choice: str) -> Link:
    """One of the user's impressions, as `impression_id` names it: its time, candidate and context.

    LinkError for a time that no date can hold.
    """
    as_of, _, candidate = choice.partition(" ")
    nth, _, item_id = candidate.partition(" ")
    at = seconds_of(iso(int(as_of)))
    return Link(now.user_id, at, (item_id,), now.checkpoints, nths=(int(nth),))


def impression_id(as_of: int, candidate: Candidate) -> str:
    """An impression of the user on screen, as a choice."""
    return f"{as_of} {candidate_key(candidate)}"


def candidate_key(candidate: Candidate) -> str:
    """What tells a candidate from all others of one time, as an instrument names it."""
    return f"{candidate.nth} {candidate.item_id}"


def to_candidate(now: Scenario | None, item_id: str) -> Link:
    """Any candidate at the time on screen; resolved like a link, so an impression brings its own context."""
    if now is None:
        return Link(candidate_ids=(item_id,))
    kept = Link(now.user_id, now.as_of, (item_id,), now.checkpoints)
    return replace(kept, edits=now.edits, reference=now.reference)  # of the history, which stays


def to_model(now: Scenario, place: int, checkpoint: str) -> Scenario:
    """A model first (0) or second (1), as a link names it; where it is the other one, the two change places."""
    here = list(now.checkpoints)
    other = here[1 - place] if len(here) > 1 - place else None
    if other == checkpoint:
        other = here[place] if len(here) > place else None
    pair = (checkpoint, other) if place == 0 else (other, checkpoint)
    return replace(now, checkpoints=tuple(name for name in pair if name is not None))
