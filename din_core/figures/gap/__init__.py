"""The gap between two probabilities."""
