"""Shoppers whose interests were planted: which behaviors caused a click is known."""

from trainer.planted.generate import Planted, generate, write_planted
from trainer.planted.options import PlantedOptions

__all__ = ["Planted", "PlantedOptions", "generate", "write_planted"]
