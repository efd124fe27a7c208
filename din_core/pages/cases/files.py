"""The cases that `python -m trainer cases` made: where they lie, what they are of, and whether they fit the screen."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

import streamlit as st

from din_core.cases import FILES, LENGTHS, UNKNOWN, Cases, Model, Slice, choices, fingerprint_of, read_cases, weeks
from din_core.domain import DinLensError
from din_core.pages.app.startup import DEMO, DEMO_CHECKPOINTS, App
from din_core.pages.language.labels import day, field_label
from din_core.pages.language.translate import t
from din_core.pages.session import address, caches, visitor
from din_core.pages.widgets.folding_bar import folding_bar
from din_core.pages.widgets.frame import literal, report
from din_core.pages.widgets.one_or_all import ALL, one_or_all
from din_core.sharing import checkpoint_name
from din_core.sharing.page_choices import CasesChoice, CohortChoice

FOLDER = "cases"

Sliced = TypeVar("Sliced", CasesChoice, CohortChoice)
SLICE_FIELDS = ("profile", "category", "week", "length", "outcome")
"""What of a page's choice names a slice."""


@dataclass(frozen=True)
class LoadedCases:
    """Cases, with their models as the app calls them."""

    key: tuple[object, ...]
    """Another one when the files are others."""
    cases: Cases
    main: str
    """The main model's name on screen."""
    base: str
    links: tuple[str, str]
    """How a link names the two."""


@st.cache_resource(show_spinner=False, max_entries=2)
def cached_cases(_folder: Path, key: tuple[object, ...]) -> Cases:
    """What the folder of cases holds, for all sessions; `key` changes with its files."""
    return read_cases(_folder)


def cases_folder(app: App) -> Path:
    """DIN_CASES; without it the demo's own, or the folder beside the checkpoints."""
    named = os.environ.get("DIN_CASES")
    if named:
        return Path(named)
    return (DEMO if app.checkpoints == DEMO_CHECKPOINTS else app.checkpoints) / FOLDER


def head(title: str) -> LoadedCases | None:
    """The head of a page about the cases; None where it has nothing to show."""
    report(visitor.session().problems)
    st.header(title, anchor=False)
    loaded = find_cases(caches.current_app())
    if loaded is not None:
        st.caption(literal(about(loaded)))
        tell_other_models(loaded)
    return loaded


def tell_other_models(loaded: LoadedCases) -> None:
    """Where other models are chosen on screen: which ones these cases are of."""
    app, scenario = caches.current_app(), visitor.session().scenario
    chosen = () if scenario is None else caches.models_on_screen(scenario)
    about = loaded.cases.about
    if set(chosen) <= {folder_of(app, about.main), folder_of(app, about.base)}:
        return
    text = t(
        "Chosen on screen: {chosen}. The cases here are of {main} and {base}, and open in *Inspect* under these two; "
        "`python -m trainer cases` finds those of other models.",
        chosen=literal(" · ".join(app.models[name].name for name in chosen)),
        main=literal(loaded.main),
        base=literal(loaded.base),
    )
    st.info(text, icon=":material/info:")


def find_cases(app: App) -> LoadedCases | None:
    """The computed cases, with a warning where they are of other rows; None, with a sentence, where there are none."""
    try:
        loaded = load_cases(app)
    except DinLensError as error:
        report([error.text])
        return None
    if loaded is None:
        st.markdown(
            t(
                "There are no cases here yet: `python -m trainer cases --store URL --checkpoint {dir}/din --base "
                "{dir}/base` looks through all test impressions and writes them.",
                dir="DIR",
            )
        )
        return None
    report(misfits(app, loaded.cases))
    return loaded


def load_cases(app: App) -> LoadedCases | None:
    """The computed cases; None where there are none, DinLensError where they cannot be read."""
    folder = cases_folder(app)
    if not folder.is_dir():
        return None
    key = (str(folder), *((folder / name).stat().st_mtime_ns for name in FILES if (folder / name).is_file()))
    found = cached_cases(folder, key)
    main, base = found.about.main, found.about.base
    names = [name_of(app, main), name_of(app, base)]
    if names[0] == names[1]:  # two seeds that are not here: charts and tables tell models apart by name
        names = [f"{model.title} · {model.fingerprint}" for model in (main, base)]
    return LoadedCases(key, found, names[0], names[1], (link_of(app, main), link_of(app, base)))


def misfits(app: App, cases: Cases) -> list[str]:
    """A sentence for each thing that is not as it was when the cases were made."""
    found = []
    if cases.about.store != fingerprint_of(asdict(app.summary)):
        found.append(
            t("The store on screen is not, or is no longer, what these cases were made from: its rows may differ.")
        )
    fingerprints = {scorer.fingerprint for scorer in app.scorers.values()}
    for model in (cases.about.main, cases.about.base):
        if model.fingerprint not in fingerprints:
            found.append(
                t(
                    "These cases are of {title}, version {fingerprint}, which is not among the models here: Inspect "
                    "may show other numbers.",
                    title=model.title,
                    fingerprint=model.fingerprint,
                )
            )
    return found


def folder_of(app: App, model: Model) -> str | None:
    """The folder of the very checkpoint, where it is here."""
    return next((name for name, scorer in app.scorers.items() if scorer.fingerprint == model.fingerprint), None)


def name_of(app: App, model: Model) -> str:
    """What the model is called on screen."""
    folder = folder_of(app, model)
    return model.title if folder is None else app.models[folder].name


def link_of(app: App, model: Model) -> str:
    """How a link names it."""
    return checkpoint_name(folder_of(app, model) or model.folder, model.fingerprint)


def about(loaded: LoadedCases) -> str:
    """Which models, on what, and when."""
    found = loaded.cases.about
    pair = t("{main} against {base}", main=loaded.main, base=loaded.base)
    where = {"split": t(found.split), "of": f"{found.of:,}", "when": found.made_at}
    if found.impressions == found.of:
        return t("{pair}, on all {of} impressions of the {split} split, made {when}.", pair=pair, **where)
    return t(
        "{pair}, on {n:,} of the {of} impressions of the {split} split, drawn at random with seed {seed}, made {when}.",
        pair=pair,
        n=found.impressions,
        seed=found.seed,
        **where,
    )


def offered(cases: Cases) -> dict[str, list[Any]]:
    """By choice: the values that some impression has."""
    return {
        "profile": [(field, value) for field in cases.profile for value in choices(cases, field)],
        "category": sorted({cases.categories[c] for c in set(cases.category.tolist())}),
        "week": sorted(set(weeks(cases).tolist())),
    }


def fitting(cases: Cases, chosen: Sliced) -> tuple[Sliced, list[str]]:
    """The choice, and a sentence for each value that no impression has: all are shown then."""
    known = offered(cases)
    strange = {n: v for n, values in known.items() if (v := getattr(chosen, n)) is not None and v not in values}
    in_words: dict[str, Callable[[Any], str]] = {"profile": profile_words, "category": value_words, "week": day}
    problems = [
        t(
            "None of these impressions is of “{value}”, which the link names: all are shown.",
            value=in_words[name](value),
        )
        for name, value in strange.items()
    ]
    without: dict[str, Any] = dict.fromkeys(strange)
    return replace(chosen, **without), problems


def pick_slice(cases: Cases, key: str, chosen: Sliced, outcomes: tuple[str, str] | None = None) -> None:
    """Choices side by side; `outcomes` names negatives and positives where they may be told apart."""
    known = offered(cases)
    profile, category, week, last = folding_bar(choice_words(chosen, outcomes)).columns(4)
    with profile:
        pick(cases, key, chosen, "profile", t("Profile"), known["profile"], profile_words)
    with category:
        pick(cases, key, chosen, "category", t("Category of the candidate"), known["category"], category_words)
    with week:
        pick(cases, key, chosen, "week", t("Week"), known["week"], week_words)
    with last:
        if outcomes is None:
            pick(cases, key, chosen, "length", t("Different items in the history"), range(len(LENGTHS)), length_words)
            return

        def outcome_words(found: bool | str) -> str:
            return t("Any outcome") if found == ALL else outcomes[bool(found)]

        pick(cases, key, chosen, "outcome", t("Outcome"), [True, False], outcome_words)


def offer_all(chosen: Sliced) -> None:
    """The way back from a slice without impressions."""
    nothing: dict[str, Any] = dict.fromkeys(one.name for one in fields(chosen) if one.name in SLICE_FIELDS)
    st.button(
        t("Show all impressions"), on_click=address.choose_on_page, args=(replace(chosen, **nothing),), key="show_all"
    )


def choice_words(chosen: CasesChoice | CohortChoice, outcomes: tuple[str, str] | None) -> str:
    """What is chosen, as the boxes say it."""
    slice_chosen = Slice(chosen.profile, chosen.category, chosen.week, getattr(chosen, "length", None))
    outcome = getattr(chosen, "outcome", None)
    return slice_words(slice_chosen) + ("" if outcomes is None or outcome is None else f" · {outcomes[outcome]}")


def pick(
    cases: Cases,
    key: str,
    chosen: Sliced,
    name: str,
    label: str,
    values: Iterable[Any],
    format_func: Callable[[Any], str],
) -> None:
    """One choice among all and these."""

    def keep(wanted: Any) -> None:
        before, _ = fitting(cases, address.page_choice(type(chosen)))  # another choice may have changed in the same run
        address.choose_on_page(replace(before, **{name: wanted}))

    one_or_all(f"{key}_{name}", label, values, getattr(chosen, name), format_func, keep)


def slice_words(chosen: Slice) -> str:
    """What a slice's impressions have in common; its outcome is not said."""
    parts = [
        profile_words(ALL if chosen.profile is None else chosen.profile),
        category_words(ALL if chosen.category is None else chosen.category),
        week_words(ALL if chosen.week is None else chosen.week),
    ]
    if chosen.length is not None:
        parts.append(f"{t('Different items in the history')}: {length_words(chosen.length)}")
    return " · ".join(parts)


def profile_words(chosen: tuple[str, str] | str) -> str:
    """`Age: 45-54`."""
    if isinstance(chosen, str):
        return t("Everybody")
    return f"{field_label(chosen[0])}: {value_words(chosen[1])}"


def category_words(name: str) -> str:
    """A category's name."""
    return t("All categories") if name == ALL else value_words(name)


def week_words(first: int | str) -> str:
    """`from 20 Nov 2017`."""
    return t("All weeks") if isinstance(first, str) else t("from {day}", day=day(first))


def length_words(place: int | str) -> str:
    """`11–30`."""
    return t("Any number") if isinstance(place, str) else bin_names(LENGTHS)[place]


def value_words(value: str) -> str:
    """A value as it is; what is not known, in the visitor's language."""
    return t("unknown") if value == UNKNOWN else value


def bin_names(begins: tuple[int, ...], whole: bool = True) -> tuple[str, ...]:
    """`1`, `2–3`, `4+`; of what is not counted in whole numbers, `1–2`, `2–4`, `4+`."""
    ends = [after - 1 if whole else after for after in begins[1:]]
    names = [str(begin) if begin == end else f"{begin}–{end}" for begin, end in zip(begins, ends, strict=False)]
    return (*names, f"{begins[-1]}+")
