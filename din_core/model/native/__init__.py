"""What a training step does in C: a DIN from embeddings to logits and back, and of its relatives all but some matrix
products. Fewer passes over memory than PyTorch needs, and no small operations between."""

from din_core.model.native.kernels import Kernels, kernels_for, use, used

__all__ = ["Kernels", "kernels_for", "use", "used"]
