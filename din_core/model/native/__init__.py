"""What a training step does beside matrix products, in C: fewer passes over memory than PyTorch needs."""

from din_core.model.native.kernels import Kernels, kernels_for, use, used

__all__ = ["Kernels", "kernels_for", "use", "used"]
