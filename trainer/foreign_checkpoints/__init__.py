"""Trained DINs of other libraries, read into checkpoints of this project: weights only, nothing repaired."""
