"""Shoppers whose interests were planted: which behaviors caused a click is known."""

from trainer.datasets.planted.generate import Planted, generate, write_planted
from trainer.datasets.planted.options import PlantedOptions

__all__ = ["Planted", "PlantedOptions", "generate", "write_planted"]
