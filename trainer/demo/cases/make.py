"""Cases of one checkpoint against another: what is read, sampled, and put together."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from din_core.cases import About, Cases, Model, Sums, fingerprint_of
from din_core.cases.table import DIMENSIONS, Ints
from din_core.domain import DinLensError
from din_core.domain.results import Floats
from din_core.model.checkpoint import Checkpoint, load_checkpoint
from din_core.store import BulkTables, masked_url, open_store
from trainer.demo.cases.history_bins import Categories
from trainer.demo.cases.sampled_effects import Effects, read_effects
from trainer.demo.cases.weight_sums import Weights, read_weights
from trainer.evaluation.evaluate import Split
from trainer.evaluation.faithfulness.measure import category_field
from trainer.evaluation.faithfulness.sampled_impressions import sample_positions
from trainer.training.freed_memory import keep_freed_memory

Say = Callable[[str], None]
Bar = Callable[[Iterable[Any], int], Iterable[Any]]


@dataclass(frozen=True, slots=True)
class CasesOptions:
    """What to look at, and how closely."""

    store: str
    checkpoint: Path
    base: Path
    split: str = "test"
    limit: int = 0
    """Impressions, drawn at random; 0 for all."""
    effects: int = 5000
    """Of these, how many get leave-one-out effects; 0 for all."""
    sums: int = 0
    """Of these, how many get sums of weights for cohorts; 0 for all."""
    by: str | None = None
    """Item field that is called category; None for "category", or the first field where there is none."""
    seed: int = 0
    device: str = "auto"


def make_cases(options: CasesOptions, say: Say = lambda _: None, bar: Bar = lambda rows, _: rows) -> Cases:
    """All cases of a split; DinLensError where store, checkpoints or options do not fit."""
    for name in ("effects", "sums"):
        if getattr(options, name) < 0:
            raise DinLensError(f"{name} is {getattr(options, name)}, but must be 0 or more; give another --{name}")
    main, base = load_checkpoint(options.checkpoint), load_checkpoint(options.base)
    keep_freed_memory()
    with contextlib.closing(open_store(options.store)) as store:
        say(f"reading {masked_url(options.store)}")
        bulk = store.bulk()
        chosen, total = sample_positions(bulk, options.split, options.limit, options.seed)
        field = category_field(bulk, options.by)
        categories = Categories.of(bulk, field, bulk.impression_item[chosen])
        on = Split(_keep_impressions(bulk, chosen), options.split, options.device)
        say(f"{base.folder.name}: scores of {len(chosen):,} impressions")
        base_probability = on.predict(base).probability
        say(f"{main.folder.name}: scores and weights of {len(chosen):,} impressions")
        weights = read_weights(main, on, categories, bar)
        measured = _random_positions(len(chosen), options.effects, options.seed)
        say(f"{main.folder.name}: leave-one-out effects of {len(measured):,} of them")
        effects = read_effects(main, store, bulk, chosen[measured], bar)
        summary = asdict(store.summary())
    about = About(
        split=options.split,
        of=total,
        impressions=len(chosen),
        measured=len(measured),
        summed=0,
        seed=options.seed,
        main=_model(main),
        base=_model(base),
        store=fingerprint_of(summary),
        category_field=field,
        behavior_categories=categories.bins,
        made_at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )
    summed = _random_positions(len(chosen), options.sums, options.seed + 1)
    nth = bulk.impression_nth[chosen]
    return _assemble(about, on, nth, categories, weights, base_probability, (measured, effects), summed)


def _assemble(
    about: About,
    on: Split,
    nth: Ints,
    categories: Categories,
    weights: Weights,
    base_probability: NDArray[np.float64],
    measured: tuple[Ints, Effects],
    summed: Ints,
) -> Cases:
    """The rows of a split, users and items named by places in their own lists."""
    bulk, rows = on.bulk, on.impression
    tau, share, share_item = _effect_columns(bulk, len(rows), *measured)
    users, user = np.unique(on.user, return_inverse=True)
    items, columns = _places(bulk.impression_item[rows], weights.top_item, weights.low_item, share_item)
    names, category = np.unique(categories.of_item[items], return_inverse=True)
    ids = bulk.items["item_id"].to_numpy()
    return Cases(
        about=replace(about, summed=len(summed)),
        user_ids=tuple(bulk.users["user_id"].to_numpy()[users].tolist()),
        profile={str(name): tuple(bulk.users[name].iloc[users].tolist()) for name in bulk.users if name != "user_id"},
        item_ids=tuple(ids[items].tolist()),
        categories=tuple(categories.names[n] for n in names),
        item_category=category,
        user=user.astype(np.int32),
        item=columns[0],
        time=bulk.impression_time[rows],
        nth=nth[rows],
        label=on.label == 1,
        probability=weights.probability,
        base_probability=base_probability,
        behaviors=weights.behaviors.astype(np.int32),
        distinct=weights.distinct.astype(np.int32),
        intensity=weights.intensity,
        top_weight=weights.top_weight,
        top_item=columns[1],
        low_weight=weights.low_weight,
        low_item=columns[2],
        tau=tau,
        share=share,
        share_item=columns[3],
        sums=Sums(
            summed,
            {name: weights.weight[name][summed].T for name in DIMENSIONS},
            {name: weights.count[name][summed].T.astype(np.int32) for name in DIMENSIONS},
        ),
    )


def _effect_columns(bulk: BulkTables, m: int, measured: Ints, effects: Effects) -> tuple[Floats, Floats, Ints]:
    """(M,) τ, share and item position of the strongest effect; NaN and -1 where none was measured."""
    position = {item: n for n, item in enumerate(bulk.items["item_id"])}
    tau, share, share_item = np.full(m, np.nan), np.full(m, np.nan), np.full(m, -1)
    tau[measured], share[measured] = effects.tau, effects.share
    share_item[measured] = [-1 if item is None else position[item] for item in effects.item_ids]
    return tau, share, share_item


def _places(*columns: Ints) -> tuple[Ints, list[Ints]]:
    """The distinct positions of all columns, -1 aside, and each column as places among these; -1 stays."""
    distinct = np.unique(np.concatenate(columns))
    distinct = distinct[distinct >= 0]
    return distinct, [np.where(column < 0, -1, np.searchsorted(distinct, column)) for column in columns]


def _keep_impressions(bulk: BulkTables, rows: Ints) -> BulkTables:
    """The store with no impressions but these; they stay in the order of the split."""
    return replace(
        bulk,
        impression_user=bulk.impression_user[rows],
        impression_item=bulk.impression_item[rows],
        impression_time=bulk.impression_time[rows],
        impression_label=bulk.impression_label[rows],
        impression_split=bulk.impression_split[rows],
        impression_context=bulk.impression_context.iloc[rows].reset_index(drop=True),
    )


def _random_positions(n: int, most: int, seed: int) -> Ints:
    """Rising positions of at most so many of n, drawn at random; all for 0."""
    if not most or most >= n:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, most, replace=False))


def _model(checkpoint: Checkpoint) -> Model:
    return Model(checkpoint.folder.name, checkpoint.fingerprint, checkpoint.config.title)
