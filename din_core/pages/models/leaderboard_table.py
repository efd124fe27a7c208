"""The leaderboard as a table of records."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial

from din_core.domain.leaderboard import Leaderboard, Measure
from din_core.figures.leaderboard import LABELS, number
from din_core.metrics import is_worse_than_base_rate
from din_core.pages.language.labels import percent
from din_core.pages.language.translate import T, join_sentences, t
from din_core.pages.widgets.record_table.columns import RecordColumn, number_column
from din_core.pages.widgets.record_table.record_table import Records

SPLITS = {"train": T("training"), "valid": T("validation"), "test": T("test")}
HERE = "✓"
SPACE = "\N{NO-BREAK SPACE}"


def board_records(board: Leaderboard, here: Collection[str], metric: str, links: Sequence[str]) -> Records:
    """One row a model, in the board's order; intervals are shown of `metric` alone.

    `here` are the recipe names of the checkpoints at hand, `links` where each row leads.
    """
    about: dict[str, str | int] = {
        "split": board.split,
        "impressions": board.impressions,
        "users": board.users,
        "data": board.provenance,
        "written": board.made_at,
    }
    return Records(
        t("Leaderboard"),
        board_columns(board, here, metric),
        len(board.rows),
        links=links,
        about=about,
        file=("leaderboard", board.split),
    )


def board_columns(board: Leaderboard, here: Collection[str], metric: str) -> list[RecordColumn]:
    """What is known of each model."""
    rows = board.rows
    held = [int(row.model in here) for row in rows]
    columns = [
        RecordColumn("model", t("Model"), [row.title for row in rows]),
        RecordColumn("recipe", t("Recipe"), [row.model for row in rows], help="`--model`", shown=False),
        RecordColumn("in_app", t("In this app"), held, [HERE if one else "" for one in held]),
    ]
    for name in ("auc", "gauc", "rela_impr", "log_loss", "ece"):
        columns += metric_columns(board, name, with_interval=name == metric)
    return [
        *columns,
        number_column("training_seconds", t("Training"), [row.seconds for row in rows], duration),
        number_column("parameters", t("Parameters"), [row.parameters for row in rows]),
        number_column("seeds", t("Seeds"), [len(row.seeds) for row in rows], shown=False),
    ]


def metric_columns(board: Leaderboard, name: str, with_interval: bool) -> list[RecordColumn]:
    """A metric's mean, its 95 % interval and its standard deviation over seeds, which stands behind the mean too."""
    label, measures = t(LABELS[name]), [row.metrics.get(name) for row in board.rows]

    def of(part: str) -> list[float | None]:
        return [None if measure is None else getattr(measure, part) for measure in measures]

    texts = [with_spread(name, measure) for measure in measures]
    if name == "rela_impr":
        texts = [
            t("reference") if row.model == board.reference else text
            for row, text in zip(board.rows, texts, strict=True)
        ]
    write = partial(number, name)
    ends = {
        "low": t("{metric}, 95 % from", metric=label),
        "high": t("{metric}, 95 % to", metric=label),
    }
    return [
        RecordColumn(name, label, of("mean"), texts, "number"),
        *(number_column(f"{name}_{end}", head, of(end), write, shown=with_interval) for end, head in ends.items()),
        number_column(
            f"{name}_sd",
            t("{metric}, ± over seeds", metric=label),
            of("sd"),
            partial(spread, name),
            shown=False,
        ),
    ]


def base_rate_words(board: Leaderboard, base: float) -> str:
    """The log loss that every model has to beat, and which do not."""
    losses = {row.title: row.metrics["log_loss"] for row in board.rows}
    worse = [title for title, loss in losses.items() if loss is not None and is_worse_than_base_rate(loss.mean, base)]
    text = t(
        "Log loss of the base rate, which gives every impression the share of positives, {share}: {loss:.4f}.",
        share=percent(board.base_rate),
        loss=base,
    )
    if not worse:
        return text
    below = t("Worse, so that its probabilities tell less than that: {models}.", models=", ".join(worse))
    return join_sentences(text, below)


def with_spread(metric: str, measure: Measure | None) -> str:
    """`0.7576 ± 0.0021`: mean and standard deviation over seeds; of RelaImpr the mean alone."""
    if measure is None:
        return "–"
    shown = number(metric, measure.mean)
    if measure.sd is None or metric == "rela_impr":
        return shown
    return f"{shown}{SPACE}±{SPACE}{spread(metric, measure.sd)}"


def spread(metric: str, sd: float) -> str:
    """`0.0021`, or `1.2 %` for RelaImpr."""
    return number(metric, sd).removeprefix("+")


def duration(seconds: float) -> str:
    """`17 min`, `48 s`."""
    return f"{seconds:.0f}{SPACE}s" if seconds < 100 else f"{seconds / 60:.0f}{SPACE}min"
