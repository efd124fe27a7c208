"""What the app needs before it can show anything: a store and the models, opened in the background.

The server answers at once and the page shows how far it is: importing torch takes seconds, and the demo's
store is built at the first start.
"""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from din_core.domain import CheckpointError, DinLensError, Scenario
from din_core.domain.coverage import HeldValues, VocabularyCoverage
from din_core.domain.translatable import Translatable
from din_core.pages.app.demo_store import demo_store
from din_core.pages.app.failure_log import log_failure, reason_of
from din_core.pages.app.loaded_models import LoadedModels, compare_with_store, load_models
from din_core.pages.language.translation_mark import T
from din_core.sharing import Setting, find_opening
from din_core.store import BehaviorStore, StoreSummary, masked_url, open_store

if TYPE_CHECKING:
    from din_core.pages.language.model_texts import ModelWords
    from din_core.scoring import Scorer

ASSETS = Path(__file__).parents[3] / "assets"
DEMO = ASSETS / "demo"
DEMO_CHECKPOINTS = ASSETS / "checkpoints"


@dataclass(frozen=True)
class App:
    """Everything that all sessions share. Nothing in it depends on a user's rows."""

    store: BehaviorStore
    scorers: Mapping[str, Scorer]
    summary: StoreSummary
    setting: Setting
    checkpoints: Path
    """The folder that the models come from."""
    unfit: Mapping[str, Translatable] = field(default_factory=dict)
    """Why a checkpoint of the folder cannot be used, by its folder's name."""
    coverage: Mapping[str, VocabularyCoverage] = field(default_factory=dict)
    """How much of the store each model knew when the app started."""
    category_slots: Mapping[str, int] = field(default_factory=dict)
    """The colour slot of each category of the store, the same whoever is on screen."""
    _words_by_language: dict[str, Mapping[str, ModelWords]] = field(default_factory=dict, repr=False, compare=False)
    """The models in words, by language."""

    @property
    def is_demo(self) -> bool:
        """Whether this is the embedded demo, which neither store nor models of one's own are named for."""
        return self.checkpoints == DEMO_CHECKPOINTS

    @cached_property
    def identity(self) -> str:
        """Equal for two processes that opened the same store, as it was then, and the same models."""
        opened = (
            sorted(self.setting.fingerprints.items()),
            self.setting.opening,
            self.summary,
            sorted(self.unfit),
            self.category_slots,
        )
        return blake2b(repr(opened).encode(), digest_size=16).hexdigest()

    @property
    def models(self) -> Mapping[str, ModelWords]:
        """The models in the visitor's language, by folder name, in the order of the screen."""
        from din_core.pages.language.model_texts import describe_models
        from din_core.pages.language.translate import current

        language = current()
        if language not in self._words_by_language:
            self._words_by_language[language] = describe_models(self.scorers)
        return self._words_by_language[language]


@dataclass(frozen=True)
class Stage:
    """How far the start is."""

    text: str
    """May name `{step}`."""
    share: float | None = None
    """0 to 1, None where it cannot be known."""
    step: str = ""
    """The step of a build."""


BUILD_STEPS = {
    T("checking items"): (0.0, 0.04),
    T("checking users"): (0.04, 0.05),
    T("checking behaviors"): (0.05, 0.14),
    T("checking impressions"): (0.14, 0.15),
    T("loading items"): (0.15, 0.2),
    T("loading users"): (0.2, 0.4),
    T("loading behaviors"): (0.4, 0.74),
    T("loading impressions"): (0.74, 0.78),
    T("building indexes"): (0.78, 1.0),
}
"""Part of the whole build at which each step of an ingest begins and ends, as measured on the demo."""


def build_share(step: str, done: int, total: int | None) -> float:
    """How much of a build is done, 0 to 1; 0 in a step that is not known."""
    begin, end = BUILD_STEPS.get(step, (0.0, 0.0))
    return begin + (end - begin) * min(done / total, 1.0) if total else begin


ROWS_KEPT = 200_000
"""Rows of users kept that were read last, about 100 bytes each: one choice asks for the same ones four times."""


class Startup:
    """Opens store and models in two threads; `wait` tells when the app is there."""

    def __init__(self, store_url: str | None, checkpoints: str | None) -> None:
        self.stage = Stage(T("Opening the behavior store"))
        pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="din-lens-start")
        folder = Path(checkpoints) if checkpoints else DEMO_CHECKPOINTS
        models = pool.submit(load_models, folder)
        self._app: Future[App] = pool.submit(self._open, store_url, folder, models)
        pool.shutdown(wait=False)

    def wait(self, seconds: float) -> App | None:
        """The app, or None when it is not there after `seconds`. Raises what the start raised."""
        try:
            error = self._app.exception(timeout=seconds)
        except TimeoutError:
            return None
        if error is not None:
            raise error.with_traceback(None)  # else each visit would add its own calls to what the one error holds
        return self._app.result()

    def _open(self, store_url: str | None, folder: Path, models: Future[LoadedModels]) -> App:
        try:
            return self._opened(store_url, folder, models)
        except Exception as error:
            log_failure(error)
            if isinstance(error, DinLensError):
                raise
            raise DinLensError(
                "the app cannot start because of an unexpected fault ({reason}); the server's log says more",
                reason=reason_of(error),
            ) from error

    def _opened(self, store_url: str | None, folder: Path, models: Future[LoadedModels]) -> App:
        url = store_url or demo_store(DEMO, self._building)
        self.stage = Stage(T("Opening the behavior store"))
        store = open_store(url, ROWS_KEPT, read_only=True)
        summary, held = store.summary(), store.held_values()
        self.stage = Stage(T("Loading the models"))
        loaded = compare_with_store(models.result(), held, folder)
        fingerprints = {name: scorer.fingerprint for name, scorer in loaded.scorers.items()}
        setting = Setting(fingerprints, summary.context_fields, summary.last_timestamp)
        opening = open_on(store, setting, None if store_url else DEMO / "opening.json")
        setting = Setting(fingerprints, summary.context_fields, summary.last_timestamp, opening)
        # Streamlit collects garbage after every run; what is loaded by now need not be looked at again.
        gc.collect()
        gc.freeze()
        slots = slots_of(summary, held, loaded.scorers)
        return App(store, loaded.scorers, summary, setting, folder, loaded.faults, loaded.coverage, slots)

    def _building(self, step: str, done: int, total: int | None) -> None:
        share = max(build_share(step, done, total), self.stage.share or 0.0)
        self.stage = Stage(T("First start: building the demo's behavior store, {step}"), share, step)


def slots_of(summary: StoreSummary, held: HeldValues, scorers: Mapping[str, Scorer]) -> dict[str, int]:
    """Each category's colour slot, the most frequent ones first: their colours differ whatever is on screen."""
    from din_core.figures.palette import own_slots
    from din_core.pages.language.number_texts import category_name, numeric_fields

    name = category_name(summary.item_fields, numeric_fields(scorers.values()))
    items = held.item.get(name or "", {})
    return own_slots(sorted(items, key=lambda category: (-items[category], category)))


def from_environment() -> tuple[str | None, str | None]:
    """DIN_STORE and DIN_CHECKPOINTS; (None, None) opens the embedded demo. One without the other is refused."""
    store_url, checkpoints = os.environ.get("DIN_STORE") or None, os.environ.get("DIN_CHECKPOINTS") or None
    if checkpoints is None and store_url is not None:
        raise CheckpointError(
            "DIN_STORE is set to {store_url} but DIN_CHECKPOINTS is not set; set it to the folder that holds"
            " the checkpoints, or unset both for the demo",
            store_url=masked_url(store_url),
        )
    return store_url, checkpoints


def open_on(store: BehaviorStore, setting: Setting, stored: Path | None) -> Scenario | None:
    """The opening example: the stored one where it fits this store, else a found one."""
    if stored is not None and stored.is_file():
        try:
            return find_opening(store, setting.models, json.loads(stored.read_text(encoding="utf-8")))
        except (DinLensError, ValueError, KeyError):
            pass  # written for other tables: the page opens on an example all the same
    return find_opening(store, setting.models)
