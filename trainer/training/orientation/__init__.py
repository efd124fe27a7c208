"""Which sign a checkpoint's activation weights have: the one with which they agree with measured effects."""

from trainer.training.orientation.choose import orient
from trainer.training.orientation.words import describe_orientation, with_paragraph

__all__ = ["describe_orientation", "orient", "with_paragraph"]
