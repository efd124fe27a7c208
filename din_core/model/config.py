"""What a network is made of: one frozen dataclass, readable from and written to `config.json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from din_core.domain import CheckpointError

Architecture = Literal["din", "base"]
Normalisation = Literal["none"]


@dataclass(frozen=True, slots=True)
class FieldConfig:
    """One embedded field."""

    name: str
    rows: int
    """Embedding rows; row 0 stands for every unknown or missing value."""
    width: int
    """Embedding width of this field; the widths of all item fields add up to D."""


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """A Deep Interest Network (Zhou et al., KDD 2018, arXiv:1706.06978) or its base model."""

    architecture: Architecture
    """"din": local activation unit and weighted sum pooling; "base": average pooling, all else the same."""
    item_fields: tuple[FieldConfig, ...]
    """Shared by candidate and behaviors; the first is the item itself."""
    user_fields: tuple[FieldConfig, ...]
    context_fields: tuple[FieldConfig, ...]
    unit_hidden: tuple[int, int] = (80, 40)
    """Hidden widths of the activation unit (official code: 80, 40; the paper's figure: 36)."""
    tower_hidden: tuple[int, int] = (200, 80)
    normalisation: Normalisation = "none"
    """DIN does not normalise its activation weights."""
    max_history: int = 400
    """Most recent distinct items kept, each with its count."""
    tower_dropout: float = 0.0
    """Dropout on the tower's hidden layers, in training only."""

    @property
    def item_width(self) -> int:
        """D, the width of one item's concatenated field embeddings."""
        return sum(field.width for field in self.item_fields)

    @property
    def pooling(self) -> str:
        """How behaviors become the interest vector, in the words of `Scores.pooling`."""
        return "attention" if self.architecture == "din" else "average"

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form, the inverse of `from_dict`."""
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> ModelConfig:
        """Rebuild a config; CheckpointError names what is missing or unknown."""
        try:
            values = dict(raw)
            for name in ("item_fields", "user_fields", "context_fields"):
                values[name] = tuple(FieldConfig(**field) for field in values[name])
            for name in ("unit_hidden", "tower_hidden"):
                values[name] = tuple(values[name])
            config = cls(**values)
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(
                f"config.json does not describe a model ({error}); write it with `python -m trainer train`"
            ) from error
        if config.architecture not in ("din", "base") or config.normalisation != "none":
            raise CheckpointError(
                f"config.json asks for architecture {config.architecture!r} with normalisation "
                f"{config.normalisation!r}, which this version cannot build; update DIN Lens"
            )
        return config
