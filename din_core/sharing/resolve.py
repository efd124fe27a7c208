"""From what a link says to what a page shows: what it leaves open is chosen here, always the same way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from din_core.domain import (
    Candidate,
    CheckpointError,
    DinLensError,
    Edit,
    Impression,
    Item,
    Scenario,
    State,
    UnknownItem,
    UnknownUser,
)
from din_core.domain.edits import fitting, items_needed
from din_core.domain.translatable import Translatable, sentence_of
from din_core.sharing.edits import edit_parts
from din_core.sharing.history_mark import change_since
from din_core.sharing.links import Link
from din_core.sharing.values import shown
from din_core.store import BehaviorStore

ON_SCREEN = 2
"""Models of one page: the one whose weights are shown, and the one it is compared with."""
LOOK_AT_USERS = 50
"""Users among whom the opening example is sought where none is given."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a link is read against, beside the store's rows."""

    fingerprints: Mapping[str, str]
    """Checkpoint fingerprints by folder name, in the order of the screen: the first two open."""
    context_fields: tuple[str, ...]
    last_timestamp: int | None
    """The newest behavior of the store."""
    opening: Scenario | None = None
    """The example that an empty link shows."""

    @property
    def models(self) -> tuple[str, ...]:
        """The pair that opens where no model is named, as a link names them."""
        return tuple(checkpoint_name(*named) for named in self.fingerprints.items())[:ON_SCREEN]


@dataclass(frozen=True, slots=True)
class Resolved:
    """A scenario that can be shown, or None and the reason among the problems."""

    scenario: Scenario | None
    problems: tuple[str, ...] = ()


def checkpoint_name(name: str, fingerprint: str) -> str:
    """How a link names a checkpoint: by folder and fingerprint, so that a retrained one is noticed."""
    return f"{name}@{fingerprint}"


def resolve(link: Link, store: BehaviorStore, setting: Setting) -> Resolved:
    """`fill_in`, then the edits of the link, as far as they fit; a sentence for each that does not.

    One more where the history is another than when the link was made.
    """
    found = fill_in(link, store, setting)
    if found.scenario is None:
        return found
    problems = (*found.problems, *history_changes(link, store))
    return with_edits(link, store, found.scenario, problems) if link.edits else replace(found, problems=problems)


def history_changes(link: Link, store: BehaviorStore) -> list[str]:
    """How the history differs from the one that was sent; nothing where it does not, or the link does not say."""
    if link.history is None or link.user_id is None or link.as_of is None:
        return []
    change = change_since(link.history, store.history(link.user_id, link.as_of))
    return [] if change is None else [change]


def with_edits(link: Link, store: BehaviorStore, scenario: Scenario, found: Sequence[str]) -> Resolved:
    """The scenario after the edits of the link that fit."""
    start, items = what_if_start(store, scenario), items_of(store, link.edits)
    kept, wrong = fitting(start, link.edits, items)
    problems = [
        Translatable("The edit {text} is left out: {error}", text=shown(",".join(edit_parts(edit))), error=error.text)
        for edit, error in wrong
    ]
    before, _ = fitting(start, link.edits[: link.reference], items)
    edited = replace(scenario, edits=kept, reference=len(before))
    return Resolved(edited, (*found, *map(sentence, problems)))


def what_if_start(store: BehaviorStore, scenario: Scenario) -> State:
    """What a scenario asks its models before any edit: its first candidate."""
    history = store.history(scenario.user_id, scenario.as_of)
    return State(history, store.item(scenario.candidate_ids[0]), scenario.context)


def items_of(store: BehaviorStore, edits: Sequence[Edit]) -> dict[str, Item]:
    """The items that edits bring in, as far as the store holds them."""
    found = {}
    for item_id in items_needed(edits):
        with suppress(UnknownItem):
            found[item_id] = store.item(item_id)
    return found


def fill_in(link: Link, store: BehaviorStore, setting: Setting) -> Resolved:
    """Fill in what `link` leaves open, from the store as it is now.

    Without a user the opening example's; without an item or a time those of the user's newest fitting
    impression. A link that names an item names the first of its impressions at that time, where it does not number
    another. An unknown user or item gives no scenario and a sentence that names it.
    """
    names, problems = find_checkpoints(link.checkpoints, setting.fingerprints)
    models = tuple(checkpoint_name(name, setting.fingerprints[name]) for name in names)
    opening = setting.opening
    if opening is not None and link.user_id is None and not link.candidate_ids and link.as_of is None:
        return Resolved(replace(opening, checkpoints=models), problems)
    user_id = link.user_id or (opening.user_id if opening else None)
    if user_id is None:
        return Resolved(None, (*problems, Translatable("The link names no user; search for one.")))
    try:
        impressions = store.impressions(user_id)
        shown_once = {impression.item.item_id for impression in impressions}
        for item_id in link.candidate_ids:
            if item_id not in shown_once:  # else the store holds it
                store.item(item_id)
    except (UnknownUser, UnknownItem) as error:
        return Resolved(None, (*problems, sentence(error)))
    chosen = choose_impression(impressions, link)
    as_of = link.as_of if link.as_of is not None else newest(chosen, impressions, setting)
    candidates, missing = numbered(link.candidates, impressions, as_of)
    problems = (*problems, *missing)
    if not candidates and chosen is not None:
        candidates = (chosen.candidate,)
    elif not candidates and opening is not None:
        candidates = tuple(map(Candidate, opening.candidate_ids))
    if not candidates:
        return Resolved(
            None,
            (*problems, Translatable("User {user_id} has no impression; search for a candidate.", user_id=user_id)),
        )
    given = link.context or context_of(impressions, as_of, candidates[0])
    strange = [name for name in given if name not in setting.context_fields]
    if strange:
        quoted = ", ".join(shown(name) for name in strange)
        lacking = Translatable("This store has no context field {names}; the link's value is left out.", names=quoted)
        problems = (*problems, lacking)
    context = {name: given.get(name) for name in setting.context_fields}
    return Resolved(Scenario(user_id, as_of, (), models).with_candidates(candidates, context), problems)


def numbered(
    candidates: Sequence[Candidate], impressions: Sequence[Impression], as_of: int
) -> tuple[tuple[Candidate, ...], tuple[str, ...]]:
    """The candidates, and a sentence for each whose number no impression of that time has: it becomes the first."""
    then = [impression.candidate for impression in impressions if impression.timestamp == as_of]
    found, problems = list[Candidate](), list[str]()
    for one in candidates:
        if one.nth == 1 or one in then:
            found.append(one)
            continue
        found.append(Candidate(one.item_id))
        problems.append(
            Translatable(
                "The link names impression {nth} of item {item_id} at that time, but the store holds {n} of it then; "
                "the first is meant.",
                nth=one.nth,
                item_id=shown(one.item_id),
                n=sum(other.item_id == one.item_id for other in then),
            )
        )
    return tuple(found), tuple(problems)


def find_checkpoints(wanted: Sequence[str], fingerprints: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Folder names of the wanted checkpoints, and a sentence for each that is not here as it was.

    A link names a folder, a fingerprint, or folder@fingerprint. At most two are on screen; the first two at hand
    where none is wanted or found.
    """
    if not fingerprints:
        raise CheckpointError("there are 0 checkpoints to score with; train one with `python -m trainer train`")
    by_fingerprint = {fingerprint: name for name, fingerprint in fingerprints.items()}
    found: list[str] = []
    problems: list[str] = []
    for text in wanted:
        name, _, fingerprint = text.rpartition("@")
        if text in fingerprints:
            found.append(text)
        elif fingerprint in by_fingerprint:
            found.append(by_fingerprint[fingerprint])
        elif name in fingerprints:
            found.append(name)
            problems.append(
                Translatable(
                    "This link was made with version {sent} of the model {name}; here is version {here}, so the "
                    "numbers may differ from those that were sent.",
                    sent=shown(fingerprint),
                    name=name,
                    here=fingerprints[name],
                )
            )
        else:
            at_hand = ", ".join(fingerprints)
            problems.append(
                Translatable("There is no model {text} here; at hand are {at_hand}.", text=shown(text), at_hand=at_hand)
            )
    names = tuple(dict.fromkeys(found))
    if len(names) > ON_SCREEN:
        many = Translatable(
            "The link names {n} models; the first {limit} are shown, the limit.", n=len(names), limit=ON_SCREEN
        )
        problems.append(many)
    return (names or tuple(fingerprints))[:ON_SCREEN], tuple(problems)


def choose_impression(impressions: Sequence[Impression], link: Link) -> Impression | None:
    """The first of the user's impressions (newest first) that fits the link; without its number where none has that."""
    then = [impression for impression in impressions if link.as_of in (None, impression.timestamp)]
    if not link.candidate_ids:
        return next(iter(then), None)
    wanted = (link.candidates[0], Candidate(link.candidate_ids[0]))
    return next((one for candidate in wanted for one in then if one.candidate == candidate), None)


def newest(chosen: Impression | None, impressions: Sequence[Impression], setting: Setting) -> int:
    """Time of the chosen impression, else of the user's newest, else just after the last behavior of all."""
    if chosen is None and not impressions:
        return (setting.last_timestamp or 0) + 1
    return (chosen or impressions[0]).timestamp


def context_of(impressions: Sequence[Impression], as_of: int, candidate: Candidate) -> Mapping[str, str | None]:
    """The context of that impression; of another one of the same time where the item was not shown then."""
    then = [impression for impression in impressions if impression.timestamp == as_of]
    then.sort(key=lambda impression: impression.candidate != candidate)
    return then[0].context if then else {}


def find_opening(
    store: BehaviorStore, models: tuple[str, ...], stored: Mapping[str, object] | None = None
) -> Scenario | None:
    """The example an empty link opens on: `stored`, else the first user who lately got a test positive.

    `stored` holds `user_id`, `item_id` and `as_of`. None for a store without impressions.
    """
    if stored is not None:
        user_id, item_id = str(stored["user_id"]), str(stored["item_id"])
        as_of = int(str(stored["as_of"]))
        context = context_of(store.impressions(user_id), as_of, Candidate(item_id))
        return Scenario(user_id, as_of, (item_id,), models, context)
    first = [store.impressions(user.user_id)[:1] for user in store.search_users("", LOOK_AT_USERS).matches]
    newest_of_each = [impressions[0] for impressions in first if impressions]
    if not newest_of_each:
        return None
    best = min(newest_of_each, key=lambda i: (i.split != "test", i.label != 1))
    return Scenario(best.user_id, best.timestamp, (), models).with_candidates([best.candidate], best.context)


def sentence(error: Exception | str) -> str:
    """An error's text as a sentence; it remembers how it was made, where the error does."""
    text = error.text if isinstance(error, DinLensError) else error if isinstance(error, str) else str(error)
    return text.as_sentence() if isinstance(text, Translatable) else sentence_of(text)
