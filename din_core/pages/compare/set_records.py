"""The users of a set on one candidate, as a table: each row puts its user beside the first one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from streamlit.navigation.page import Page

from din_core.domain import User
from din_core.pages.compare.compare_records import about_models, sums_column
from din_core.pages.compare.rows import CompareInputs
from din_core.pages.inspect.inspection import Case
from din_core.pages.language.labels import words_for
from din_core.pages.language.translate import t
from din_core.pages.widgets.record_table.columns import RecordColumn, number_column, percent_column
from din_core.pages.widgets.record_table.record_table import Records, row_link
from din_core.sharing.user_set import UserSet
from din_core.sharing.values import iso


def known_users(now: CompareInputs, own: UserSet) -> list[User]:
    """Those that the store holds, in the set's order."""
    found = now.app.store.users(own.users)
    return [found[user_id] for user_id in own.users if user_id in found]


def set_records(now: CompareInputs, case: Case, users: Sequence[User], total: int, there: Page) -> Records:
    """These users, the first of `total`, by the first model's probability; `there` is the page that rows lead to."""
    histories = [now.app.store.history(user.user_id, now.scenario.as_of) for user in users]
    scores = [
        [now.app.scorers[name].score(history, [case.item], case.context) for history in histories] for name in now.names
    ]
    order = sorted(range(len(users)), key=lambda place: -float(scores[0][place].logit[0]))
    words = words_for(now.app.summary)
    columns = [
        RecordColumn("user", t(words.person), [words.user_label(users[place]) for place in order]),
        RecordColumn(
            "user_id", t("{label}: id", label=t(words.person)), [users[place].user_id for place in order], shown=False
        ),
        number_column("behaviors", t("Behaviors"), [len(histories[place].behaviors) for place in order]),
    ]
    for prefix, name, found in zip(("", "other_"), now.names, scores, strict=False):
        chances = [float(found[place].probability[0]) for place in order]
        columns.append(percent_column(f"{prefix}probability", now.app.models[name].name, chances))
    columns.append(sums_column([float(scores[0][place].intensity[0]) for place in order]))
    choices = [replace(now.comparison, other=users[place].user_id) for place in order]
    return Records(
        t("Users of the set"),
        columns,
        total,
        links=[row_link(there, now.scenario, choice=choice) for choice in choices],
        about={**about_models(now, now.names), "candidate_id": case.item.item_id, "complete": len(users) == total},
        file=("users", case.item.item_id, iso(now.scenario.as_of)[:10]),
    )
