"""What the page Item space stands on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from din_core.domain import History, Scenario
from din_core.pages.app.startup import App

if TYPE_CHECKING:
    from din_core.pages.item_space.catalogue_space import CatalogueSpace


@dataclass(frozen=True)
class SpaceInputs:
    """What this page shows, read once a run."""

    app: App
    scenario: Scenario
    history: History
    model: str
    """Folder name of the model on screen."""
    part: str | None
    """The item field whose embedding is shown; None for all of them."""
    facts: CatalogueSpace
    category: str | None
    """The item field whose values are the categories."""
    repeats: Mapping[int, int]
    """How often the history holds items of an embedding."""
    candidate: int | None
    """Its embedding."""
    focus: str
    """The item whose neighbours are listed."""
