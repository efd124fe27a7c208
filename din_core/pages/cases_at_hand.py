"""The cases that `python -m trainer cases` made: where they lie, what they are of, and whether they fit the screen."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from din_core.domain import DinLensError
from din_core.explain.cases import FILES, UNKNOWN, Cases, Model, Slice, choices, fingerprint_of, weeks
from din_core.explain.cases.table import LENGTHS
from din_core.pages import state
from din_core.pages.chrome import literal, report
from din_core.pages.language import t
from din_core.pages.startup import DEMO, DEMO_CHECKPOINTS, App
from din_core.pages.words import day, field_label
from din_core.sharing import checkpoint_name

FOLDER = "cases"
ANY = ""
"""The choice of everything; a box whose choice is None would offer to clear it."""


@dataclass(frozen=True)
class AtHand:
    """Cases, with their models as the app calls them."""

    key: tuple[object, ...]
    """Another one when the files are others."""
    cases: Cases
    main: str
    """The main model's name on screen."""
    base: str
    links: tuple[str, str]
    """How a link names the two."""


def cases_folder(app: App) -> Path:
    """DIN_CASES; without it the demo's own, or the folder beside the checkpoints."""
    named = os.environ.get("DIN_CASES")
    if named:
        return Path(named)
    return (DEMO if app.checkpoints == DEMO_CHECKPOINTS else app.checkpoints) / FOLDER


def head(title: str) -> AtHand | None:
    """The head of a page about the cases at hand; None where it has nothing to show."""
    report(state.session().problems)
    st.header(title, anchor=False)
    hand = find_cases(state.current_app())
    if hand is not None:
        st.caption(literal(about(hand)))
    return hand


def find_cases(app: App) -> AtHand | None:
    """The cases at hand, with a warning where they are of other rows; None, with a sentence, where there are none."""
    folder = cases_folder(app)
    if not folder.is_dir():
        st.markdown(
            t(
                "There are no cases here yet: `python -m trainer cases --store URL --checkpoint {dir}/din --base "
                "{dir}/base` looks through all test impressions and writes them.",
                dir="DIR",
            )
        )
        return None
    try:
        key = (str(folder), *((folder / name).stat().st_mtime_ns for name in FILES if (folder / name).is_file()))
        found = state.cases(folder, key)
    except DinLensError as error:
        report([error.said])
        return None
    main, base = found.about.main, found.about.base
    report(misfits(app, found))
    return AtHand(key, found, name_of(app, main), name_of(app, base), (link_of(app, main), link_of(app, base)))


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


def about(hand: AtHand) -> str:
    """Which models, on what, and when."""
    found = hand.cases.about
    pair = t("{main} against {base}", main=hand.main, base=hand.base)
    where = {"split": found.split, "of": f"{found.of:,}", "when": found.made_at}
    if found.impressions == found.of:
        return t("{pair}, on all {of} impressions of the {split} split, made {when}.", pair=pair, **where)
    return t(
        "{pair}, on {n:,} of the {of} impressions of the {split} split, drawn at random with seed {seed}, made {when}.",
        pair=pair,
        n=found.impressions,
        seed=found.seed,
        **where,
    )


def pick_slice(cases: Cases, key: str, outcomes: tuple[str, str] | None = None) -> Slice:
    """Choices side by side; `outcomes` names negatives and positives where they may be told apart."""
    profiles = [(field, value) for field in cases.profile for value in choices(cases, field)]
    names = sorted({cases.categories[c] for c in set(cases.category.tolist())})
    shown = sorted(set(weeks(cases).tolist()))
    profile, category, week, last = st.columns(4)
    chosen = profile.selectbox(
        t("Profile"), [ANY, *profiles], format_func=profile_words, key=f"{key}_profile", disabled=not profiles
    )
    category_name = category.selectbox(
        t("Category of the candidate"),
        [ANY, *names],
        format_func=lambda name: t("All categories") if name == ANY else value_words(name),
        key=f"{key}_category",
    )
    first_day = week.selectbox(
        t("Week"),
        [ANY, *shown],
        format_func=lambda at: t("All weeks") if at == ANY else t("from {day}", day=day(at)),
        key=f"{key}_week",
    )
    if outcomes is None:
        length = last.selectbox(
            t("Different items in the history"),
            [ANY, *range(len(LENGTHS))],
            format_func=lambda n: t("Any number") if n == ANY else bin_names(LENGTHS)[n],
            key=f"{key}_length",
        )
        return Slice(some(chosen), some(category_name), some(first_day), some(length))
    label = last.selectbox(
        t("Outcome"),
        [ANY, True, False],
        format_func=lambda found: t("Any outcome") if found == ANY else outcomes[found],
        key=f"{key}_outcome",
    )
    return Slice(some(chosen), some(category_name), some(first_day), label=some(label))


def slice_words(chosen: Slice) -> str:
    """What a slice's impressions have in common; its outcome is not said."""
    told = [
        t("Everybody") if chosen.profile is None else profile_words(chosen.profile),
        t("All categories") if chosen.category is None else value_words(chosen.category),
        t("All weeks") if chosen.week is None else t("from {day}", day=day(chosen.week)),
    ]
    if chosen.length is not None:
        told.append(f"{t('Different items in the history')}: {bin_names(LENGTHS)[chosen.length]}")
    return " · ".join(told)


def some(choice: Any) -> Any:
    """None for ANY."""
    return None if choice == ANY else choice


def profile_words(chosen: tuple[str, str] | str) -> str:
    """`Age: 45-54`."""
    if isinstance(chosen, str):
        return t("Everybody")
    return f"{field_label(chosen[0])}: {value_words(chosen[1])}"


def value_words(value: str) -> str:
    """A value as it is; what is not known, in the visitor's language."""
    return t("unknown") if value == UNKNOWN else value


def bin_names(begins: tuple[int, ...], whole: bool = True) -> tuple[str, ...]:
    """`1`, `2–3`, `4+`; of what is not counted in whole numbers, `1–2`, `2–4`, `4+`."""
    ends = [after - 1 if whole else after for after in begins[1:]]
    names = [str(begin) if begin == end else f"{begin}–{end}" for begin, end in zip(begins, ends, strict=False)]
    return (*names, f"{begins[-1]}+")
