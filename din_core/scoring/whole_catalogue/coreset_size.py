"""How many behaviors stand for a history where likely candidates are sought. No torch."""

from __future__ import annotations

from din_core.model.config import ModelConfig

SHARE, LEAST, MOST = 1 / 12, 8, 28
"""Behaviors of a coreset: a share of all, within bounds."""


def coreset_size(config: ModelConfig, behaviors: int) -> int | None:
    """Of a history of so many; None where scoring by fewer would cost as much as by all."""
    size = min(MOST, max(LEAST, int(behaviors * SHARE)))
    plain = config.architecture in ("base", "tin") or config.attention != "unit"
    return None if plain or behaviors < 2 * size else size
