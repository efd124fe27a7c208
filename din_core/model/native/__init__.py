"""What a training step does in C: the activation unit, and what stands beside other matrix products. Fewer passes over
memory than PyTorch needs."""

from din_core.model.native.kernels import Kernels, kernels_for, use, used

__all__ = ["Kernels", "kernels_for", "use", "used"]
