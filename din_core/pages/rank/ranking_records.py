"""The ranked catalogue as a table: what is known of each item, where its row leads, what files say of it all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from din_core.domain import Candidate, Item, Scenario
from din_core.pages.app.startup import App
from din_core.pages.inspect import page as inspect_page
from din_core.pages.language.labels import field_label, field_values
from din_core.pages.language.translate import t
from din_core.pages.widgets.rare_items import rare_columns
from din_core.pages.widgets.record_table.columns import RecordColumn, item_columns, number_column, percent_column
from din_core.pages.widgets.record_table.record_table import Records, row_link
from din_core.sharing.values import iso

if TYPE_CHECKING:
    from din_core.scoring import RankedItem, Ranking
    from din_core.scoring.whole_catalogue.ranking import Place


def ranking_records(
    app: App,
    ranking: Ranking,
    names: Sequence[str],
    scenario: Scenario,
    found: Sequence[RankedItem],
    repeats: Mapping[str, int],
    *,
    total: int,
    by: int,
    field: str | None,
) -> Records:
    """The items found, the best by one model (by its place) of `total`; `field` is their category."""
    items = [ranked.item for ranked in found]
    return Records(
        t("The whole catalogue, ranked"),
        ranking_columns(app, names, found, repeats, by, field),
        total,
        links=links_of(items, scenario),
        keys=[item.item_id for item in items],
        about=about_ranking(app, ranking, names, scenario, by),
        file=("ranking", scenario.user_id, app.models[names[by]].link),
    )


def links_of(items: Sequence[Item], scenario: Scenario) -> list[str]:
    """To each of the items in Inspect, in the context on screen."""
    there = inspect_page.page()
    shown = (scenario.with_candidates([Candidate(item.item_id)], scenario.context) for item in items)
    return [row_link(there, one) for one in shown]


def about_ranking(
    app: App, ranking: Ranking, names: Sequence[str], scenario: Scenario, by: int
) -> dict[str, str | int | bool]:
    """What a file says of every row: whose ranking it is, by which models, and whether all of it was scored."""
    order = [by, *(place for place in range(len(names)) if place != by)]
    about: dict[str, str | int | bool] = {"user": scenario.user_id, "as_of": iso(scenario.as_of)}
    for prefix, place in zip(("", "other_"), order, strict=False):
        model = app.models[names[place]]
        about |= {f"{prefix}model": model.name, f"{prefix}fingerprint": model.fingerprint}
    complete = all(done == ranking.total for done in ranking.done)
    return about | {"items": ranking.total, "ranking_complete": complete}


def ranking_columns(
    app: App,
    names: Sequence[str],
    found: Sequence[RankedItem],
    repeats: Mapping[str, int],
    by: int,
    field: str | None,
) -> list[RecordColumn]:
    """Rank by one model, item, category, repeats in the history; each probability; the other's rank, and the change."""
    items, title = [ranked.item for ranked in found], [app.models[name].name for name in names]
    first, others = [ranked.places[by] for ranked in found], [place for place in range(len(names)) if place != by]
    times = [repeats.get(item.item_id, 0) for item in items]
    under = t("Probability under this model")
    columns = [
        number_column("rank", t("Rank"), ranks(first)),
        *item_columns(t("Item"), items),
        *item_details(app, names, items, field),
        number_column(
            "in_history",
            t("In history"),
            times,
            lambda n: f"{n:,}×" if n else "–",
            help=t("How often the history holds this very item"),
        ),
        percent_column("probability", title[by], probabilities(first), help=under),
    ]
    for place in others:
        other = [ranked.places[place] for ranked in found]
        moved = [None if a is None or b is None else b.rank - a.rank for a, b in zip(first, other, strict=True)]
        higher = t("Places higher or lower than under the other model")
        columns += [
            percent_column("other_probability", title[place], probabilities(other), absent="…", help=under),
            number_column("other_rank", t("Rank under {model}", model=title[place]), ranks(other), absent="…"),
            number_column("change", t("Change"), moved, change_words, absent="…", help=higher),
        ]
    return columns


def ranks(places: Sequence[Place | None]) -> list[int | None]:
    """None where the model has not come to the item yet."""
    return [None if place is None else place.rank for place in places]


def probabilities(places: Sequence[Place | None]) -> list[float | None]:
    """None where the model has not come to the item yet."""
    return [None if place is None else place.probability for place in places]


def item_details(app: App, names: Sequence[str], items: Sequence[Item], field: str | None) -> list[RecordColumn]:
    """The items' category, and the models that do not know them, where there are such."""
    columns = []
    if field is not None:
        written = [dict(field_values({field: item.fields.get(field)})) for item in items]
        columns.append(
            RecordColumn("category", field_label(field), [next(iter(values.values())) for values in written])
        )
    return [*columns, *rare_columns(app, names, items)]


def change_words(places: int) -> str:
    """`↑ 12`: so many places higher than under the other model."""
    if places == 0:
        return "="
    return f"{'↑' if places > 0 else '↓'}\N{NO-BREAK SPACE}{abs(places):,}"
