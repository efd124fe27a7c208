"""From a store to a checkpoint: vocabulary, samples, fitting, model card."""

from __future__ import annotations

import dataclasses
import platform
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from din_core.domain import CheckpointError, DinLensError
from din_core.kernels.accelerate import accelerates
from din_core.kernels.library import status
from din_core.model.checkpoint import check_replaceable, save_checkpoint
from din_core.model.config import OPTIONS, VECTOR, FieldConfig, ModelConfig
from din_core.model.network import InterestNetwork
from din_core.model.vocabulary import FieldValues, VectorItems, Vocabulary
from din_core.store import ItemVectors, StoreSummary, VectorFacts, masked_url, open_store
from trainer.training.calibration.calibrate import RECORD, calibrate
from trainer.training.calibration.logit_fit import FORMS, Form
from trainer.training.calibration.sentences import lines as calibration_lines
from trainer.training.continuation import CONTINUED, Continuation, continue_from, describe_continuation, measure
from trainer.training.data_facts import check_data, data_facts
from trainer.training.fields.numeric_fields import describe_numbers, edges_by_field
from trainer.training.fields.pretrained_vectors import (
    DEFAULT,
    USES,
    describe_vectors,
    fill_vectors,
    read_item_vectors,
    vector_facts,
    vector_use,
    with_vectors,
)
from trainer.training.fields.training_vocabulary import BUCKETS, MAX_VALUES, build_vocabulary, describe_cut
from trainer.training.fitting.facts import best_entry, fitted_facts
from trainer.training.fitting.fit import Fitted, Progress, data_identity, fit
from trainer.training.fitting.options import FitOptions
from trainer.training.fitting.selection import describe_measure, measure_of, users_and_labels
from trainer.training.fitting.workers import SOLE, SoleWorker
from trainer.training.freed_memory import keep_freed_memory
from trainer.training.limits import (
    MOST_BUCKETS,
    MOST_WHOLE,
    MOST_WIDTH,
    check_memory,
    check_room,
    check_writable,
    within,
)
from trainer.training.model_card import model_card
from trainer.training.model_fields import ModelFields, describe_unfit
from trainer.training.orientation import describe_orientation, orient
from trainer.training.recipes import RECIPES, Recipe
from trainer.training.samples import Histories, Samples, build_samples, describe_samples, read_histories
from trainer.training.tuning.search import BestSetting, Parameters, SettingSearch, describe_search, search_space

UNFINISHED = ".unfinished"
DROPOUT = 0.3
TUNING = "tuning"
"""In metrics.json, of a model that was searched for."""
LEAST_MINUTES, MOST_MINUTES = 0.01, 100_000


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """What to train, on what, and where."""

    store: str
    model: str
    """A name in RECIPES."""
    out: Path
    device: str = "auto"
    """"auto" takes CUDA where there is one."""
    compile: str = "auto"
    """"on", "off", or "auto": compiled layers where a compiler is found."""
    max_history: int | None = None
    """Behaviors kept; None for the recipe's own."""
    min_count: int = 3
    """Occurrences that a value needs in training data to get an embedding row of its own."""
    max_values: int = MAX_VALUES
    """Embedding rows of a field, at most: those of its most frequent values."""
    fields: ModelFields = field(default_factory=ModelFields)
    """Fields to read beside the item itself."""
    buckets: int = BUCKETS
    """Of a numeric field, at most."""
    vectors: str | None = None
    """What is done with the items' pretrained vectors: one of USES; None for fixed where the store has any."""
    item_width: int | None = None
    """Embedding width of every item field; None for a width by the size of its vocabulary."""
    tower_dropout: float | None = None
    """None for the recipe's own, or DROPOUT."""
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Options of ModelConfig to lay over the recipe's."""
    calibration: Form = "affine"
    """What is fitted to the logits of validation impressions once the network is trained."""
    continue_from: Path | None = None
    """A checkpoint whose network, fields and weights are where training begins; None to begin anew."""
    tune: float | None = None
    """Minutes to search for the best setting of what is not given; None for the trials of `fit` alone."""
    restart: bool = False
    fit: FitOptions = field(default_factory=FitOptions)

    def __post_init__(self) -> None:
        if self.model not in RECIPES:
            raise DinLensError(f"there is no model {self.model!r}; take one of {', '.join(RECIPES)}")
        strange = [name for name in self.changes if name not in OPTIONS]
        if strange:
            raise DinLensError(f"a model has no option {strange[0]!r}; it has {', '.join(OPTIONS)}")
        for name, most in (("max_history", MOST_WHOLE), ("item_width", MOST_WIDTH)):
            if getattr(self, name) is not None:
                within(name, getattr(self, name), 1, most)
        within("min_count", self.min_count, 1, MOST_WHOLE)
        within("max_values", self.max_values, 1, MOST_WHOLE)
        if self.vectors is not None and self.vectors not in USES:
            raise DinLensError(f"vectors is {self.vectors!r}, but must be one of {', '.join(USES)}")
        if self.calibration not in FORMS:
            raise DinLensError(f"calibration is {self.calibration!r}, but must be one of {', '.join(FORMS)}")
        within("buckets", self.buckets, 2, MOST_BUCKETS)
        if self.tune is not None and self.continue_from is not None:
            raise DinLensError("--tune looks for another network, but --continue-from keeps one; leave out one of them")
        if self.tune is not None:
            within("tune", self.tune, LEAST_MINUTES, MOST_MINUTES)
        if self.tower_dropout is not None and not 0 <= self.tower_dropout < 1:
            raise DinLensError(f"dropout is {self.tower_dropout}, but must be from 0 to below 1; give another value")


@dataclass(frozen=True)
class TrainingData:
    """What training reads of a store, and the network that is for it."""

    earlier: Continuation | None
    vocabulary: Vocabulary
    config: ModelConfig
    vectors: ItemVectors | None
    train: Samples
    valid: Samples
    behavior: Tensor | None
    """(n,) items of everybody's behaviors up to the newest training impression; None where the network has no counts"""
    facts: dict[str, Any]
    """As `data_facts`"""
    summary: StoreSummary


def read_data(
    options: TrainOptions,
    say: Callable[[str], None] = lambda _: None,
    histories: Histories = read_histories,
    *,
    shards_tables: bool = False,
) -> TrainingData:
    """Read the store, and build the samples, whose histories `histories` reads; DinLensError for a run that cannot be.

    `say` hears one line a phase. With `shards_tables` no process holds the whole network.
    """
    earlier = None if options.continue_from is None else continue_from(options.continue_from, options.model)
    say(f"reading {masked_url(options.store)}")
    store = open_store(options.store)
    try:
        check_data(store.data_faults(), say)
        bulk, summary = store.bulk(), store.summary()
        use = "none" if earlier else vector_use(options.vectors, summary)
        vectors = read_item_vectors(store, use)
    finally:
        store.close()
    fields = (earlier.fields if earlier else options.fields).chosen(bulk, summary.unfit_fields)
    for line in describe_unfit(summary.unfit_fields, fields):
        say(line)
    values = build_vocabulary(bulk, options.min_count, fields, options.max_values, options.buckets)
    vocabulary = with_vectors(values, vectors)
    vocabulary = earlier.vocabulary(vocabulary) if earlier else vocabulary
    cut = describe_cut(values, options.max_values)
    for line in (*describe_numbers(vocabulary), *cut, *describe_vectors(use, summary)):
        say(line)
    config = earlier.config(vocabulary) if earlier else build_config(vocabulary, options, summary.vectors)
    if not shards_tables:
        check_memory(config)
    check_room(options.out, config)
    train, valid = (
        build_samples(bulk, vocabulary, split, config.max_history, config.folds, histories)
        for split in ("train", "valid")
    )
    say(describe_samples(train, valid))
    earlier_behavior = bulk.behavior_item[bulk.behavior_time < train.time.max()] if config.counts else None
    known = None if earlier_behavior is None else torch.from_numpy(earlier_behavior)
    return TrainingData(earlier, vocabulary, config, vectors, train, valid, known, data_facts(bulk, summary), summary)


def train(
    options: TrainOptions,
    say: Callable[[str], None] = lambda _: None,
    on_step: Progress | None = None,
    workers: SoleWorker = SOLE,
    data: TrainingData | None = None,
) -> dict[str, Any]:
    """Train one checkpoint into `options.out`; returns its metrics. `say` hears one line a phase. Each of several
    `workers` calls this with what was read already; all but the first, which writes, return {} once it is fitted."""
    device = pick_device(options.device)
    check_replaceable(options.out)
    check_writable(options.out)
    keep_freed_memory()
    unfinished = unfinished_folder(options.out)
    if options.restart:
        shutil.rmtree(unfinished, ignore_errors=True)
    data = read_data(options, say) if data is None else data
    earlier, vocabulary, config, summary = data.earlier, data.vocabulary, data.config, data.summary
    train_samples, valid_samples = data.train.to(device), data.valid.to(device)

    def network(own: ModelConfig) -> InterestNetwork:
        check_memory(own, sum(workers.sharded(own).values()), workers.size)
        made = workers.network(own, options.fit.seed).to(device)
        fill_vectors(made, data.vectors)
        if earlier is not None:
            earlier.copy_into(made)
        if made.counts is not None and data.behavior is not None:
            made.counts.count_everybody(train_samples.item_rows[data.behavior.to(device)], train_samples.sets)
        return made

    model = network(config)
    accelerated = uses_kernels(model, options.compile, say)
    before = measure(model, valid_samples) if earlier else {}
    tuning: dict[str, Any] = {}
    if options.tune is None:
        state = unfinished / f"from {earlier.checkpoint.fingerprint}" if earlier else unfinished
        fitted = fit(model, train_samples, valid_samples, options.fit, state, on_step, accelerated, workers)
        model = workers.whole(model, unfinished)
        if workers.rank > 0:
            return {}
    else:
        found = _search(
            options,
            model,
            lambda own: network(build_config(vocabulary, own, summary.vectors)),
            (train_samples, valid_samples),
            on_step or (lambda _: None),
            accelerated,
        )
        config = build_config(vocabulary, with_parameters(options, found.parameters), summary.vectors)
        model, fitted, tuning = network(config), found.fitted, {TUNING: found.record}
        model.load_state_dict(found.weights)
        say(describe_search(found))
    if remark := describe_measure(fitted.measure, *users_and_labels(valid_samples)):
        say(remark)
    calibrated = calibrate(model, valid_samples, options.calibration)
    for line in calibration_lines(calibrated):
        say(line)
    went = earlier and earlier.record(model, valid_samples, before, measure(model, valid_samples))
    for line in describe_continuation(went) if went else ():
        say(line)
    orientation = orient(model, valid_samples)
    say(describe_orientation(orientation))
    metrics = {
        "model": options.model,
        "title": config.title,
        "data": data.facts,
        "rules": {"split": summary.rules.split_text, "history": summary.rules.history_text},
        "parameters": sum(p.numel() for p in model.parameters()),
        "options": {
            **asdict(options.fit),
            "min_count": options.min_count,
            RECORD: options.calibration,
            "tune": options.tune,
        },
        "fitted": fitted_facts(fitted),
        **tuning,
        "fused": accelerated,
        "device": workers.title + device_name(device),
        "threads": torch.get_num_threads(),
        **({"workers": workers.size} if workers is not SOLE else {}),
        **({"sharded": list(sharded)} if (sharded := workers.sharded(config)) else {}),
        "torch": torch.__version__,
        "seconds": tuning[TUNING]["seconds"] if tuning else round(fitted.seconds, 1),
        "steps": fitted.steps,
        "best_step": fitted.best_step,
        "trained_at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "chosen_by": fitted.measure,
        "orientation": orientation,
        "edges": edges_by_field(vocabulary),
        **vector_facts(config, summary),
        "valid": {**best_entry(fitted), "log_loss": calibrated["after"]["log_loss"]},
        "curve": fitted.curve,
        RECORD: calibrated,
        **({CONTINUED: went} if went else {}),
    }
    save_checkpoint(options.out, model, vocabulary, metrics, model_card(config, metrics))
    shutil.rmtree(unfinished, ignore_errors=True)
    return {"checkpoint": str(options.out), **metrics}


def _search(
    options: TrainOptions,
    model: InterestNetwork,
    network: Callable[[TrainOptions], InterestNetwork],
    samples: tuple[Samples, Samples],
    on_step: Progress,
    accelerated: bool,
) -> BestSetting:
    """The best setting and its weights, by trials of what `network` makes. `model` is the one of the options as they
    are, not trained; `samples` are train and valid."""

    def run_trial(parameters: Parameters, hear: Progress) -> tuple[dict[str, Tensor], Fitted]:
        own = with_parameters(options, parameters)
        tried = network(own)
        went = fit(tried, *samples, own.fit, None, hear, accelerated)
        return tried.state_dict(), went

    assert options.tune is not None
    return SettingSearch(
        options.tune,
        search_space(given_parameters(options)),
        run_trial,
        unfinished_folder(options.out) / TUNING,
        seed=options.fit.seed,
        measure=measure_of(samples[1]),
        identity={"options": asdict(options.fit), **data_identity(model, *samples)},
    ).run(on_step)


def unfinished_folder(out: Path) -> Path:
    """Where a run into `out` keeps its state until it is finished."""
    return out.parent / f".{out.name}{UNFINISHED}"


def fit_options(recipe: Recipe, given: Mapping[str, Any]) -> FitOptions:
    """A recipe's way of fitting, with what is given (and not None) laid over it, by the names of FitOptions."""
    names = [own.name for own in dataclasses.fields(FitOptions)]
    own = {name: getattr(recipe, name) for name in names if hasattr(recipe, name)}
    return FitOptions(**own | {name: given[name] for name in names if given.get(name) is not None})


def given_parameters(options: TrainOptions) -> dict[str, Any]:
    """What a search may choose, by its names: None where it is not given."""
    fit, recipe = options.fit, RECIPES[options.model].options
    decay = fit.embedding_decay if fit.regularisation == "decay" else 0.0  # of no use to the other kind
    dropout = options.changes.get("tower_dropout", options.tower_dropout)
    return {
        "learning_rate": fit.learning_rate,
        "embedding_decay": decay,
        "tower_dropout": recipe.get("tower_dropout", dropout),
        "item_width": options.item_width,
    }


def with_parameters(options: TrainOptions, found: Mapping[str, Any]) -> TrainOptions:
    """A run with what a search found; a width of 0 is the one by vocabulary size."""
    names = ("learning_rate", "embedding_decay")
    fit = dataclasses.replace(options.fit, **{name: found[name] for name in names if name in found})
    return dataclasses.replace(
        options,
        fit=fit,
        item_width=found.get("item_width") or options.item_width,
        tower_dropout=found.get("tower_dropout", options.tower_dropout),
    )


def build_config(vocabulary: Vocabulary, options: TrainOptions, vectors: VectorFacts | None = None) -> ModelConfig:
    """The recipe's model on a vocabulary: embedding widths by its sizes, all else as the paper has it.

    `vectors` are the store's, where the vocabulary has some.
    """
    recipe = RECIPES[options.model]
    given = {"max_history": options.max_history, "tower_dropout": options.tower_dropout}

    def fields(vocabularies: Mapping[str, FieldValues], width: int | None = None) -> tuple[FieldConfig, ...]:
        return tuple(FieldConfig(name, v.rows, width or width_of(name, v)) for name, v in vocabularies.items())

    several, items = vocabulary.several, fields(vocabulary.item, options.item_width)

    return ModelConfig(
        architecture=recipe.architecture,
        item_fields=tuple(dataclasses.replace(own, several=own.name in several) for own in items),
        user_fields=fields(vocabulary.user),
        context_fields=fields(vocabulary.context),
        behavior_fields=fields(vocabulary.behavior),
        **_vector_options(vocabulary, options, vectors),
        **{
            "max_history": recipe.max_history,
            "tower_dropout": DROPOUT,
            **recipe.options,
            **{name: value for name, value in given.items() if value is not None},
            **options.changes,
        },
    )


def _vector_options(vocabulary: Vocabulary, options: TrainOptions, vectors: VectorFacts | None) -> dict[str, Any]:
    if vectors is None or not isinstance(vocabulary.item.get(VECTOR), VectorItems):
        return {}
    return {"vectors": options.vectors or DEFAULT, "vector_length": vectors.length}


def width_of(name: str, vocabulary: FieldValues) -> int:
    """Embedding width of a field: wide for ids, narrow for small vocabularies."""
    if name == "item_id":
        return 24
    if isinstance(vocabulary, VectorItems):
        return 16
    limits = ((1000, 16), (100, 12), (10, 6), (4, 4))
    return next((width for limit, width in limits if vocabulary.rows >= limit), 2)


def pick_device(wanted: str) -> torch.device:
    """ "auto", "cpu", "cuda" or "cuda:N" → a device that is there."""
    if wanted == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        found = torch.device(wanted)
    except RuntimeError as error:
        raise DinLensError(f"device {wanted!r} is not one of auto, cpu, cuda, cuda:N") from error
    if found.type not in ("cpu", "cuda"):  # nothing here was written for others, such as mps
        raise DinLensError(f"device {wanted!r} is not one of auto, cpu, cuda, cuda:N")
    here = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if found.type == "cuda" and (found.index or 0) >= here:
        raise DinLensError(f"device {wanted!r} was asked for, but {here} CUDA devices are here; use --device auto")
    return found


def device_name(device: torch.device) -> str:
    """The device as a model card names it."""
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    threads = torch.get_num_threads()
    return f"CPU ({threads} thread{'s' if threads > 1 else ''}, {platform.machine()})"


def uses_kernels(model: InterestNetwork, wanted: str, say: Callable[[str], None]) -> bool:
    """Whether training uses compiled kernels: "auto" goes on without them and says why, "on" raises CheckpointError."""
    if wanted == "off":
        return False
    if accelerates(model):
        return True
    on_cpu = next(model.parameters()).device.type == "cpu"
    reason = status() if on_cpu else "there are compiled kernels for a CPU alone"
    if wanted == "on":
        raise CheckpointError(f"--compile on did not work ({reason}); use --compile off")
    say(f"training without compiled layers ({reason})")
    return False
