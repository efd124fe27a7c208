"""Whether a checkpoint's activation weights may be believed, over the impressions of a split."""

from trainer.evaluation.faithfulness.measure import FaithfulnessOptions, faithfulness

__all__ = ["FaithfulnessOptions", "faithfulness"]
